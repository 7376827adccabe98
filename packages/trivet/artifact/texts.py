"""Checks texts before they are answered."""

from __future__ import annotations

from collections.abc import Sequence

from trivet.errors import InputError


def check_texts(texts: Sequence[object], *, pointer: str = "") -> list[str]:
    """The texts, each a string with something in it; `pointer` is where the list stands in the request.

    Raises:
        InputError: no list, or a text that is none, is empty or not valid Unicode; `where` points at it, `/texts/3`.
    """
    if isinstance(texts, str | bytes) or not isinstance(texts, Sequence):
        raise InputError(
            f"a list of texts is wanted, not {_kind(texts)}.", where=pointer or "/", todo="Put the text into a list."
        )
    return [_check_text(text, pointer=f"{pointer}/{row}") for row, text in enumerate(texts)]


def refuse_empty(pointer: str) -> InputError:
    """The mistake of a text without a word."""
    return InputError("the text is empty.", where=pointer, todo="Send a text with at least one word.")


def _check_text(text: object, *, pointer: str) -> str:
    if not isinstance(text, str):
        raise InputError(f"a text is wanted, not {_kind(text)}.", where=pointer, todo="Send a string.")
    if not text.strip():
        raise refuse_empty(pointer)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputError(
            f"the text is not valid Unicode (character {error.start}).", where=pointer, todo="Send UTF-8."
        ) from error
    return text


def _kind(value: object) -> str:
    return "nothing" if value is None else type(value).__name__
