"""What a tenant knows, as documents of plain text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Format: TypeAlias = Literal["text", "markdown", "html", "faq"]


@dataclass(frozen=True)
class Section:
    """The characters `start` to `end` (without) of a document's text, under a heading; of a FAQ, under a question."""

    heading: str
    start: int
    end: int


@dataclass(frozen=True)
class Content:
    """What was read of a file: its title, empty where it has none, its text, and its sections in order."""

    title: str
    text: str
    sections: tuple[Section, ...]


@dataclass(frozen=True)
class Document:
    """A document as it is kept; times are seconds since 1970."""

    document: str
    title: str
    format: Format
    text: str
    sections: tuple[Section, ...]
    created_at: float
    updated_at: float


class Composer:
    """Puts a text together, section by section."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._sections: list[Section] = []
        self._heading = ""
        self._paragraphs: list[str] = []

    def begin(self, heading: str) -> None:
        """Close the section before, and begin one under a heading."""
        self._close()
        self._heading = heading
        if heading:
            self._write(f"{heading}\n")

    def say(self, paragraph: str) -> None:
        """Add a paragraph to the section."""
        if paragraph:
            self._paragraphs.append(paragraph)

    def finish(self, title: str) -> Content:
        """All of it."""
        self._close()
        return Content(title, "".join(self._pieces).rstrip("\n"), tuple(self._sections))

    def _close(self) -> None:
        body = "\n".join(self._paragraphs)
        if body:
            self._sections.append(Section(self._heading, self._length, self._length + len(body)))
            self._write(f"{body}\n\n")
        self._paragraphs, self._heading = [], ""

    def _write(self, text: str) -> None:
        self._pieces.append(text)
        self._length += len(text)
