"""A model from research-only sources is promoted and exported only with a person's word."""

from __future__ import annotations

import getpass

from trivet.artifact.card import Card
from trivet.errors import LicenceError


def check_licence(card: Card, *, accepted: str, where: str) -> None:
    """Passes a card that may be used commercially, or one that somebody accepts (`accepted` says who).

    Raises:
        LicenceError: it is for research only, and nobody accepts it; names each source with its licence.
    """
    if card.licence_commercial or accepted.strip():
        return
    raise LicenceError(
        f"{card.name} may be used for research only ({'; '.join(card.restrictions)}).",
        where=where,
        todo="Add --accept-licence where your use is allowed.",
    )


def acceptance(*, reason: str = "") -> str:
    """Who accepts at this keyboard, and why: what the log keeps."""
    try:
        who = getpass.getuser()
    except (OSError, KeyError):
        # A container may know no name for its user.
        who = "somebody"
    return f"{who}: {reason.strip()}" if reason.strip() else who
