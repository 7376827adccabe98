"""All entities of a tenant, found in a message."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, assert_never, cast

from trivet.errors import InputError
from trivet_support.entities.declaration import (
    BUILT_IN,
    BuiltIn,
    BuiltInDeclaration,
    Declaration,
    ListDeclaration,
    PatternDeclaration,
)
from trivet_support.entities.entity import Entity
from trivet_support.entities.lists import ListSpotter
from trivet_support.entities.patterns import PatternSpotter
from trivet_support.entities.spotter import MOST_CHARACTERS, Message, Spotter

if TYPE_CHECKING:
    from datetime import datetime

# Where two overlap the longer one stays; of equal ones what a tenant said, then what says more.
_RANKS = ("list", "pattern", "model", "money", "date", "email", "phone", "number")


@dataclass(frozen=True)
class Extraction:
    """The entities that a tenant declared, by name, each with what finds it."""

    spotters: Mapping[str, Spotter] = field(default_factory=dict)

    def choose(self, names: Collection[str] | None, *, also: Collection[str] = ()) -> Mapping[str, Spotter]:
        """The declared ones, or those that a request names: declared, else built in; `also` are found by others.

        Raises:
            InputError: one that is neither; `where` is a JSON pointer.
        """
        if names is None:
            return self.spotters
        chosen: dict[str, Spotter] = {}
        for at, name in enumerate(names):
            if name in self.spotters:
                chosen[name] = self.spotters[name]
            elif name in BUILT_IN:
                chosen[name] = make_built_in(name, cast(BuiltIn, name))
            elif name not in also:
                raise InputError(
                    f"there is no entity {name!r}.",
                    where=f"/entities/{at}",
                    todo=f"Declare it, or name a built-in kind: {', '.join(BUILT_IN)}.",
                )
        return chosen


def read_entities(declared: Mapping[str, Declaration]) -> Extraction:
    """The entities of a tenant by name; one that cannot be any more, by another version of a library, is left out."""
    spotters: dict[str, Spotter] = {}
    for name, one in declared.items():
        with suppress(InputError):
            spotters[name] = make_spotter(name, one)
    return Extraction(spotters)


def find_entities(
    text: str, spotters: Mapping[str, Spotter], *, language: str, written: datetime, also: Iterable[Entity] = ()
) -> list[Entity]:
    """What the first 4,096 characters of a text name, in its order, nothing overlapping; `also` what others found."""
    message = Message(text[:MOST_CHARACTERS], language, written)
    found = [one for spotter in spotters.values() for one in spotter.find(message)]
    return keep_longest([*found, *also])


def keep_longest(found: Iterable[Entity]) -> list[Entity]:
    """Of overlapping entities the longest, in the order of the text."""

    def rank(one: Entity) -> tuple[float, ...]:
        return (one.start - one.end, _RANKS.index(one.extractor), -one.confidence, one.start)

    kept: list[Entity] = []
    for one in sorted(found, key=rank):
        if all(one.end <= other.start or other.end <= one.start for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda one: one.start)


def make_spotter(name: str, declared: Declaration) -> Spotter:
    """What finds a declared entity.

    Raises:
        InputError: a list or a pattern that cannot be; `where` is a JSON pointer.
    """
    match declared:
        case ListDeclaration():
            return ListSpotter.make(name, declared)
        case PatternDeclaration():
            return PatternSpotter.make(name, declared)
        case BuiltInDeclaration():
            return make_built_in(name, declared.kind)


def make_built_in(name: str, kind: BuiltIn) -> Spotter:
    """What finds a built-in kind, told under a name."""
    from trivet_support.entities.addresses import EmailSpotter, PhoneSpotter
    from trivet_support.entities.dates import DateSpotter
    from trivet_support.entities.money import MoneySpotter
    from trivet_support.entities.numbers import NumberSpotter

    match kind:
        case "number":
            return NumberSpotter(name)
        case "money":
            return MoneySpotter(name)
        case "date":
            return DateSpotter(name)
        case "email":
            return EmailSpotter(name)
        case "phone":
            return PhoneSpotter(name)
        case _:
            assert_never(kind)
