"""Regular expressions of a tenant, matched in linear time whatever they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from trivet.errors import InputError
from trivet_support.entities.declaration import PatternDeclaration
from trivet_support.entities.entity import Entity

if TYPE_CHECKING:
    from trivet_support.entities.spotter import Message

# What an expression may take when it is compiled; `(a{500}){500}` would take more.
_MEMORY = 1 << 20


@dataclass(frozen=True)
class PatternSpotter:
    """Compiled expressions, in the order in which they were declared."""

    name: str
    compiled: tuple[Any, ...]

    @classmethod
    def make(cls, name: str, declared: PatternDeclaration) -> Self:
        """That of a declaration.

        Raises:
            InputError: an expression that RE2 does not take, or that matches nothing at all; `where` points at it.
        """
        import re2

        options = re2.Options()
        options.case_sensitive = not declared.ignore_case
        options.log_errors = False
        options.max_mem = _MEMORY
        compiled = []
        for at, pattern in enumerate(declared.patterns):
            where = f"/patterns/{at}"
            try:
                expression = re2.compile(pattern, options)
            except re2.error as error:
                reason = error.args[0] if error.args else error
                said = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
                raise InputError(f"{pattern!r} is no pattern: {said}.", where=where, todo="Mend it.") from error
            if expression.search(""):
                raise InputError(f"{pattern!r} matches where nothing stands.", where=where, todo="Ask for one sign.")
            compiled.append(expression)
        return cls(name, tuple(compiled))

    def find(self, message: Message) -> Iterator[Entity]:
        """Every match; the first group is the value, else the whole match."""
        for expression in self.compiled:
            for match in expression.finditer(message.text):
                start, end = match.span()
                if start == end:
                    continue
                group = match.group(1) if expression.groups and match.group(1) else match.group()
                yield Entity(
                    entity=self.name,
                    value=group,
                    text=message.text[start:end],
                    start=start,
                    end=end,
                    confidence=1.0,
                    extractor="pattern",
                )
