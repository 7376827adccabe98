"""Promotes a version in a process of its own, so that the one that serves needs neither pandas nor the time of gates.

`python -m trivet_service.commands.promote` reads what is asked from standard input and writes what came of it, in JSON.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from trivet.errors import TrivetError
from trivet.settings import Settings


def promote(asked: dict[str, Any]) -> dict[str, Any]:
    """The promotion as plain values, or the mistake under `error`."""
    from trivet.pipeline import promote_version

    settings = Settings(**asked.pop("settings"))
    try:
        return promote_version(settings=settings, **asked).to_json()
    except TrivetError as error:
        return {"error": type(error).__name__, "what": error.what, "todo": error.todo}


if __name__ == "__main__":
    json.dump(promote(json.load(sys.stdin)), sys.stdout)
