"""Writes the OpenAPI file of every installed service: `python -m trivet_service.commands.openapi docs/openapi`."""

from __future__ import annotations

import sys
from pathlib import Path

from trivet_service.app import create_app
from trivet_service.context import open_context
from trivet_service.models import Models
from trivet_service.openapi import openapi_text
from trivet_service.service import find_service, service_names
from trivet_service.settings import ServiceSettings


def describe_service(name: str) -> str:
    """The OpenAPI file of one service; no model is loaded."""
    settings = ServiceSettings()
    service = find_service(name)
    context = open_context(settings, Models(settings, {name: service.reference}), keys=None)
    return openapi_text(create_app([service], context))


def main(folder: Path) -> None:
    """Write NAME.json for every installed service."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in service_names():
        (folder / f"{name}.json").write_text(describe_service(name), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
