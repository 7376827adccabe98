"""Names that a tenant has listed, also misspelt ones."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

from trivet.errors import InputError
from trivet_service.privacy.folding import fold
from trivet_support.entities.declaration import MOST_SPELLINGS, ListDeclaration
from trivet_support.entities.entity import Entity

if TYPE_CHECKING:
    from trivet_support.entities.spotter import Message

_WORD = re.compile(r"\w+", re.UNICODE)
# Written without spaces between words.
_DENSE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
# A shorter name has too many neighbours that mean something else.
_LEAST_FUZZY = 4
# In longer texts names are found only as they are spelt: comparing costs words times names.
_MOST_FUZZY_WORDS = 64


@dataclass(frozen=True)
class ListSpotter:
    """`spelt` maps names between spaces to values, by their words; `dense` those of scripts without spaces."""

    name: str
    spelt: Mapping[tuple[str, ...], str]
    dense: Mapping[str, str]
    fuzzy: float

    @classmethod
    def make(cls, name: str, declared: ListDeclaration) -> Self:
        """That of a declaration.

        Raises:
            InputError: a name that stands for two values, that has no letter, or too many; `where` is a JSON pointer.
        """
        spelt: dict[tuple[str, ...], str] = {}
        dense: dict[str, str] = {}
        places: dict[str, str] = {}
        for at, one in enumerate(declared.values):
            spellings = [("value", one.value), *((f"synonyms/{n}", word) for n, word in enumerate(one.synonyms))]
            for part, spelling in spellings:
                where, words = f"/values/{at}/{part}", _words(spelling)
                if not words:
                    raise InputError(f"{spelling!r} has no letter or digit.", where=where)
                key = " ".join(words)
                if places.setdefault(key, one.value) != one.value:
                    raise InputError(
                        f"{spelling!r} stands for {places[key]!r} and for {one.value!r}.",
                        where=where,
                        todo="Leave it with one of them.",
                    )
                if _DENSE.search(key):
                    dense[_lower(fold(spelling))] = one.value
                else:
                    spelt[words] = one.value
        if len(places) > MOST_SPELLINGS:
            raise InputError(f"{len(places)} spellings; at most {MOST_SPELLINGS} in a list.", where="/values")
        return cls(name, spelt, dense, declared.fuzzy)

    def find(self, message: Message) -> Iterator[Entity]:
        """Names as they are spelt, then those that are nearly spelt so."""
        folded = _lower(fold(message.text))
        for spelling, value in self.dense.items():
            start = folded.find(spelling)
            while start >= 0:
                yield self._entity(message, start, start + len(spelling), value, 1.0)
                start = folded.find(spelling, start + len(spelling))
        words = [(match.group(), match.start(), match.end()) for match in _WORD.finditer(folded)]
        yield from self._find_spelt(message, words)

    @cached_property
    def _by_size(self) -> Mapping[int, Mapping[str, str]]:
        """Names between spaces to values by how many words they have, most first."""
        sizes: dict[int, dict[str, str]] = {}
        for words, value in self.spelt.items():
            sizes.setdefault(len(words), {})[" ".join(words)] = value
        return dict(sorted(sizes.items(), reverse=True))

    def _find_spelt(self, message: Message, words: list[tuple[str, int, int]]) -> Iterator[Entity]:
        unknown: dict[int, list[tuple[str, int, int]]] = {}
        for size in self._by_size:
            for at in range(len(words) - size + 1):
                window = words[at : at + size]
                key, start, end = tuple(word for word, _, _ in window), window[0][1], window[-1][2]
                value = self.spelt.get(key)
                if value is not None:
                    yield self._entity(message, start, end, value, 1.0)
                elif sum(map(len, key)) >= _LEAST_FUZZY:
                    unknown.setdefault(size, []).append((" ".join(key), start, end))
        if self.fuzzy < 1 and len(words) <= _MOST_FUZZY_WORDS:
            for size, windows in unknown.items():
                yield from self._find_misspelt(message, size, windows)

    def _find_misspelt(self, message: Message, size: int, windows: list[tuple[str, int, int]]) -> Iterator[Entity]:
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        names = self._by_size[size]
        known = [name for name in names if len(name) >= _LEAST_FUZZY]
        for text, start, end in windows if known else ():
            found = process.extractOne(text, known, scorer=OSA.normalized_similarity, score_cutoff=self.fuzzy)
            if found is not None:
                yield self._entity(message, start, end, names[found[0]], round(float(found[1]), 4))

    def _entity(self, message: Message, start: int, end: int, value: str, confidence: float) -> Entity:
        text = message.text[start:end]
        return Entity(
            entity=self.name, value=value, text=text, start=start, end=end, confidence=confidence, extractor="list"
        )


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(_lower(fold(text))))


def _lower(text: str) -> str:
    """The text in small letters, with as many characters."""
    small = text.lower()
    return small if len(small) == len(text) else "".join(one.lower() if len(one.lower()) == 1 else one for one in text)
