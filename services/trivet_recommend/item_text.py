"""What the encoder reads of an item."""

from __future__ import annotations


def compose_text(title: str, description: str, category: str) -> str:
    """Title, description and category as sentences, as they are put together for training."""
    parts = (part.strip().rstrip(".") for part in (title, description, category))
    return ". ".join(part for part in parts if part)


def categories_of(category: str) -> frozenset[str]:
    """The single categories of `Crime, Drama`, in small letters."""
    return frozenset(part.strip().casefold() for part in category.split(",") if part.strip())
