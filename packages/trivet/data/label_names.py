"""The words of a label's name."""

from __future__ import annotations

import re


def label_words(label: str) -> str:
    """A name as a person would say it: `reverted_payment?` is "reverted payment", `cardArrival` "card arrival".

    A name without letters or digits in it stays as it is.
    """
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", label)
    words = re.sub(r"[\W_]+", " ", parted).strip().lower()
    return words or label
