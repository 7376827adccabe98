"""Entities as a tenant declares them."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias, get_args

from pydantic import BaseModel, ConfigDict, Discriminator, Field, StringConstraints, Tag

BuiltIn: TypeAlias = Literal["number", "money", "date", "email", "phone"]
BUILT_IN: tuple[str, ...] = get_args(BuiltIn)

# What one entity may hold.
MOST_VALUES = 1_000
MOST_SYNONYMS = 50
MOST_SPELLINGS = 5_000
MOST_PATTERNS = 20

Spelling = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]


class _Declaration(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    description: str = Field("", max_length=500)


class Value(BaseModel):
    """A value with the other words for it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: Spelling
    synonyms: tuple[Spelling, ...] = Field((), max_length=MOST_SYNONYMS)


class ListDeclaration(_Declaration):
    """Names that are known: products, branches, colours. Case and spaces do not count.

    `fuzzy` is how alike a misspelt name must be, 1: only what is spelt right.
    """

    kind: Literal["list"]
    values: tuple[Value, ...] = Field(min_length=1, max_length=MOST_VALUES)
    fuzzy: float = Field(
        0.83,
        ge=0.7,
        le=1,
        description="How alike a misspelt name is: .83 is a slip in six letters, 1 none.",
    )


class PatternDeclaration(_Declaration):
    """Regular expressions of the RE2 kind; the first group, where there is one, is the value."""

    kind: Literal["pattern"]
    patterns: tuple[Annotated[str, StringConstraints(min_length=1, max_length=500)], ...] = Field(
        min_length=1, max_length=MOST_PATTERNS, examples=[["ORD-(\\d{4,10})"]]
    )
    ignore_case: bool = True


class BuiltInDeclaration(_Declaration):
    """A kind that needs no words of yours, under the name that you give it."""

    kind: BuiltIn


def _tag(declared: Any) -> str:
    kind = declared.get("kind") if isinstance(declared, dict) else getattr(declared, "kind", "")
    return f"<{kind}>" if kind in ("list", "pattern") else "<built-in>"


# In angle brackets, so that a pointer to what is wrong leaves them out.
Declaration = Annotated[
    Annotated[ListDeclaration, Tag("<list>")]
    | Annotated[PatternDeclaration, Tag("<pattern>")]
    | Annotated[BuiltInDeclaration, Tag("<built-in>")],
    Discriminator(_tag),
]
