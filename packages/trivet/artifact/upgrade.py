"""Reads what an older Trivet wrote: the documents of an older format as the newest has them, in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from trivet.artifact.card import Card
from trivet.artifact.documents import check_document, parse_json
from trivet.artifact.layout import CARD, FORMAT, HEADER
from trivet.errors import ArtifactError

OLDEST: Final = 1


def check_format(version: object, *, where: str) -> int:
    """The format of an artifact that this Trivet can read.

    Raises:
        ArtifactError: a newer format, or none.
    """
    if isinstance(version, int) and not isinstance(version, bool) and OLDEST <= version <= FORMAT:
        return version
    known = f"format {FORMAT}" if OLDEST == FORMAT else f"formats {OLDEST} to {FORMAT}"
    raise ArtifactError(
        f"the artifact has format {version!r}, this Trivet reads {known}.",
        where=where,
        todo="Update Trivet, or train again.",
    )


def upgrade_document(name: str, values: Any, *, version: int) -> Any:
    """The plain values of a document (`card.json`) as format `FORMAT` has them; the newest come back as they are."""
    if version == FORMAT or not isinstance(values, dict):
        return values
    if name == HEADER:
        return {**values, "format": FORMAT}
    return _card_from_1(values) if name == CARD else values


def read_card(folder: Path) -> Card:
    """The card of an artifact in a folder, whatever its format; no other file is checked.

    Raises:
        ArtifactError: the folder is no artifact, or of a newer format, or its card is damaged.
    """
    try:
        header, card = (folder / HEADER).read_bytes(), (folder / CARD).read_bytes()
    except OSError as error:
        raise ArtifactError(
            "the folder is no artifact.", where=str(folder), todo="Give the folder of a trained model."
        ) from error
    return parse_card(header, card, where=str(folder))


def parse_card(header: bytes, card: bytes, *, where: str) -> Card:
    """The card in the bytes of `artifact.json` and `card.json`, whatever their format.

    Raises:
        ArtifactError: one is damaged, or the format is newer.
    """
    first = parse_json(header, where=f"{where}/{HEADER}")
    version = check_format(first.get("format") if isinstance(first, dict) else None, where=f"{where}/{HEADER}")
    place = f"{where}/{CARD}"
    return check_document(upgrade_document(CARD, parse_json(card, where=place), version=version), Card, where=place)


def _card_from_1(values: dict[str, Any]) -> dict[str, Any]:
    """Format 1 said only whether data and encoder are free; it knew neither a commit nor how a parent was used."""
    sources = (values.get("data"), values.get("encoder"))
    restrictions = [
        f"{source.get('name')}: {source.get('licence')}"
        for source in sources
        if isinstance(source, dict) and not source.get("commercial", True)
    ]
    return {**values, "restrictions": restrictions}
