"""What was said before a text, put in front of it for the encoder and kept apart from it for the reader."""

from __future__ import annotations

# A group separator between blanks: nobody types it, and tokenizers drop it or take it for one more blank.
CONTEXT_END = " \x1d "


def join_context(context: str, text: str) -> str:
    """Context and text as one string for the encoder; without context the text alone."""
    return f"{context}{CONTEXT_END}{text}" if context else text


def split_context(joined: str) -> tuple[str, str]:
    """Context (empty where there is none) and text of a string that `join_context` made."""
    context, _, text = joined.rpartition(CONTEXT_END)
    return context, text
