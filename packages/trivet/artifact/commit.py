"""The commit of the checkout that this code runs from."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


@cache
def describe_commit() -> str:
    """Twelve digits of the commit, with `+` where a file of the package differs from it; empty outside a checkout.

    Read once a process: the code that runs is the code that was there when it started.
    """
    try:
        # An installed copy may lie below somebody else's checkout, whose commit says nothing about it.
        _git("ls-files", "--error-unmatch", "errors.py")
        commit = _git("rev-parse", "--short=12", "HEAD")
        changes = _git("--no-optional-locks", "status", "--porcelain", "--", ".")
    except (OSError, subprocess.CalledProcessError):
        return ""
    return commit + ("+" if changes else "")


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=PACKAGE, capture_output=True, text=True, check=True).stdout.strip()
