"""The language of a message: English, Chinese or another."""

from __future__ import annotations

import unicodedata
from typing import Literal, TypeAlias

Language: TypeAlias = Literal["en", "zh", "other", ""]
Script: TypeAlias = Literal["latin", "han", "other", ""]

# What lies beyond says nothing new.
_READ = 1000
# A Chinese word is written with one or two signs, an English one with about five letters.
_LETTERS_A_SIGN = 4
# Letters of which the library has to be sure: shorter texts in Latin letters are English, if it does not know better.
_LEAST_LETTERS = 12
_OTHER_SCRIPTS = ("HIRAGANA", "KATAKANA", "HANGUL")


def tell_language(text: str) -> Language:
    """The language of a text by its script first, as that tells even of a single word; empty: it has no letters.

    Chinese in which a name is written in Latin letters stays Chinese. Text in Latin letters is told by CLD2.
    """
    counts = {"latin": 0, "han": 0, "other": 0, "": 0}
    has_eastern_letters = False
    for character in text[:_READ]:
        script = _script_of(character)
        counts[script] += 1
        has_eastern_letters |= script == "other" and unicodedata.name(character, "").startswith(_OTHER_SCRIPTS)
    if not counts["latin"] + counts["han"] + counts["other"]:
        return ""
    if counts["other"] > counts["latin"] + _LETTERS_A_SIGN * counts["han"] or (has_eastern_letters and counts["han"]):
        return "other"
    if _LETTERS_A_SIGN * counts["han"] >= counts["latin"]:
        return "zh"
    return _tell_latin(text[:_READ], letters=counts["latin"])


def _script_of(character: str) -> Script:
    if character.isascii():
        return "latin" if character.isalpha() else ""
    if "\u3400" <= character <= "\u9fff" or "\U00020000" <= character <= "\U0003ffff":
        return "han"
    if not character.isalpha():
        return ""
    return "latin" if unicodedata.name(character, "").startswith("LATIN") else "other"


def _tell_latin(text: str, *, letters: int) -> Language:
    import pycld2

    readable = "".join(character for character in text if character.isprintable() or character.isspace())
    try:
        is_reliable, _, found = pycld2.detect(readable.encode(errors="ignore"), bestEffort=True)
    except pycld2.error:
        return "en"
    code = found[0][1]
    if code == "en" or (code == "un" and letters < _LEAST_LETTERS):
        return "en"
    return "other" if is_reliable or letters >= _LEAST_LETTERS else "en"
