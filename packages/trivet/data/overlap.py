"""How many test texts were already seen in training."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

NO_LETTER = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Overlap:
    """How many of `tests` test texts also stand in training: letter for letter, and after normalising."""

    exact: int
    normalised: int
    tests: int

    def line(self) -> str:
        """For printing beside a score: `6 of 3080 test texts are in train, 29 when normalised`."""
        return f"{self.exact} of {self.tests} test texts are in train, {self.normalised} when normalised"


def measure_overlap(train: Sequence[str], test: Sequence[str]) -> Overlap:
    """Counts test rows (repeats count again) whose text occurs in training; the exact ones count as normalised too."""
    seen = set(train)
    seen_normal = {normalise(text) for text in seen}
    exact = sum(text in seen for text in test)
    return Overlap(exact, sum(normalise(text) in seen_normal for text in test), len(test))


def normalise(text: str) -> str:
    """Letters and digits only, casefolded: `Top-up?` and `topup` are the same; a text without any stays as it is."""
    return NO_LETTER.sub("", text.casefold()) or text.strip()
