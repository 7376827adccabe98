"""The OpenAPI file of every installed service.

python -m trivet_service.commands.openapi docs/openapi              writes them
python -m trivet_service.commands.openapi docs/openapi --check      lists what they break of docs/openapi/released
python -m trivet_service.commands.openapi docs/openapi --release    makes today's files the promise from now on
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path

from trivet_service.app import create_app
from trivet_service.breaking import Break, find_breaks
from trivet_service.context import open_context
from trivet_service.models import Models
from trivet_service.openapi import openapi_text
from trivet_service.service import find_service, service_names
from trivet_service.settings import ServiceSettings

RELEASED = "released"


def describe_service(name: str) -> str:
    """The OpenAPI file of one service; no model is loaded."""
    settings = ServiceSettings()
    service = find_service(name)
    context = open_context(settings, Models(settings, {name: service.reference}), keys=False)
    return openapi_text(create_app([service], context))


def write_files(folder: Path) -> None:
    """Write NAME.json for every installed service."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in service_names():
        (folder / f"{name}.json").write_text(describe_service(name), encoding="utf-8")


def check_files(folder: Path) -> dict[str, list[Break]]:
    """What today's services break of the files that were released, by service; one without a file promises nothing."""
    found: dict[str, list[Break]] = {}
    for path in sorted((folder / RELEASED).glob("*.json")):
        old = json.loads(path.read_text(encoding="utf-8"))
        is_there = path.stem in service_names()
        new = json.loads(describe_service(path.stem)) if is_there else {"paths": {}}
        found[path.stem] = find_breaks(old, new)
    return found


def release_files(folder: Path) -> None:
    """Copy the files to where they are promised."""
    (folder / RELEASED).mkdir(exist_ok=True)
    for path in folder.glob("*.json"):
        shutil.copy(path, folder / RELEASED / path.name)


def main(arguments: list[str]) -> int:
    """Exit code 1 where a check finds something."""
    parser = argparse.ArgumentParser(prog="python -m trivet_service.commands.openapi", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--check", action="store_true", help="list what today's services break of the released files")
    parser.add_argument("--release", action="store_true", help="make today's files the released ones")
    asked = parser.parse_args(arguments)
    if asked.check:
        lines = [f"{name}{one}" for name, breaks in check_files(asked.folder).items() for one in breaks]
        print("\n".join(lines) or "Nothing that was released is broken.")
        return 1 if lines else 0
    write_files(asked.folder)
    if asked.release:
        release_files(asked.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
