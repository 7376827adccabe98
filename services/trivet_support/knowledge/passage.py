"""Passages: as much of a document as answers one question."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from trivet_support.knowledge.document import Document, Section

# Characters of a passage: what a customer reads at once, and an encoder as a whole. An answer stays together longer.
_MOST = 400
_MOST_OF_ANSWER = 1600
# Behind a sentence: its mark and what closes it, then a space; scripts without spaces need none. A line ends one too.
_END = re.compile(r"(?<![.!?…])[.!?…]++[\"'”’)\]]*\s+|[。\uff01\uff1f]+[”」』)]*\s*|\n+")


@dataclass(frozen=True)
class Passage:
    """The characters `start` to `end` (without) of a document's text; `heading` is what stands above them.

    `is_answer`: the heading is a question, which it answers.
    """

    document: str
    title: str
    position: int
    heading: str
    text: str
    start: int
    end: int
    is_answer: bool

    @property
    def read(self) -> str:
        """What an encoder reads for it: a question that is answered is what customers ask in other words."""
        if self.is_answer:
            return self.heading
        return ". ".join(part for part in (self.heading or self.title, self.text) if part)

    @property
    def words(self) -> str:
        """What is looked through for the words of a question."""
        return f"{self.title}\n{self.heading}\n{self.text}"

    @cached_property
    def digest(self) -> str:
        """The name of what an encoder reads."""
        return hashlib.sha256(self.read.encode()).hexdigest()[:32]


def cut_passages(document: Document) -> tuple[Passage, ...]:
    """Every passage of a document: whole sentences of one section, as many as fit."""
    found: list[Passage] = []
    for section in document.sections:
        is_answer = bool(section.heading) and (document.format == "faq" or section.heading.endswith(("?", "\uff1f")))
        for start, end in _pack(document.text, section, most=_MOST_OF_ANSWER if is_answer else _MOST):
            if not any(map(str.isalnum, document.text[start:end])):
                continue
            passage = Passage(
                document=document.document,
                title=document.title,
                position=len(found),
                heading=section.heading,
                text=document.text[start:end],
                start=start,
                end=end,
                is_answer=is_answer,
            )
            found.append(passage)
    return tuple(found)


def _pack(text: str, section: Section, *, most: int) -> Iterator[tuple[int, int]]:
    start = end = section.start
    for first, last in _sentences(text, section):
        if end > start and last - start > most:
            yield start, end
            start = first
        end = last
    if end > start:
        yield start, end


def _sentences(text: str, section: Section) -> Iterator[tuple[int, int]]:
    """Where sentences stand, without the space between them; one that is too long is cut between words."""
    at = section.start
    for found in _END.finditer(text, section.start, section.end):
        yield from _cut(text, at, found.end())
        at = found.end()
    yield from _cut(text, at, section.end)


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > _MOST:
        space = text.rfind(" ", start + 1, start + _MOST)
        border = space if space > start else start + _MOST
        yield start, border
        start = border + (space > start)
    stripped = start + len(text[start:end].rstrip())
    if stripped > start:
        yield start, stripped


def count_vectors(document: Document) -> int:
    """How many vectors a document has once it is embedded: passages that read the same share one."""
    return len({passage.digest for passage in cut_passages(document)})
