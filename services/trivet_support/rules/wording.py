"""Words and phrases found in a text: whole ones, whatever their case and width."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable


def fold(text: str) -> str:
    """A text as words are looked for in it: composed, of one case, with single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def has_phrase(folded: str, phrase: str) -> bool:
    """Whether a folded phrase stands in a folded text, and no letter or digit goes on with it.

    Scripts that write no spaces have no such borders: there it may stand anywhere.
    """
    at = folded.find(phrase)
    while at >= 0:
        end = at + len(phrase)
        if not _goes_on(folded[at - 1 : at], phrase[0]) and not _goes_on(folded[end : end + 1], phrase[-1]):
            return True
        at = folded.find(phrase, at + 1)
    return False


def first_phrase(folded: str, phrases: Iterable[str]) -> str | None:
    """The first of the folded phrases that stands in a folded text."""
    return next((phrase for phrase in phrases if has_phrase(folded, phrase)), None)


def _goes_on(beside: str, edge: str) -> bool:
    return bool(beside) and beside.isalnum() and edge.isalnum() and not (_has_no_spaces(beside) or _has_no_spaces(edge))


def _has_no_spaces(letter: str) -> bool:
    """Whether a letter is of a script without spaces: Chinese, Japanese, Thai, Lao, Khmer, Burmese."""
    return (
        "\u3040" <= letter <= "\u30ff"
        or "\u3400" <= letter <= "\u9fff"
        or "\uf900" <= letter <= "\ufaff"
        or "\U00020000" <= letter <= "\U0003ffff"
        or "\u0e00" <= letter <= "\u0eff"
        or "\u1000" <= letter <= "\u109f"
        or "\u1780" <= letter <= "\u17ff"
    )
