"""An alarm when what comes in is no longer what was promised for: on errors that are told, or on novelty alone."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from trivet.errors import InputError

# Sizes of the bets, as shares of the largest one that cannot lose everything: small ones win where the shift is small.
STAKES = (0.02, 0.05, 0.1, 0.2, 0.4)


@dataclass(frozen=True)
class RiskAlarm:
    """Bets that the share of wrong answers exceeds `risk`; rings where the winnings reach 1 / `false_alarms`.

    As long as every answer is wrong with probability at most `risk`, whatever came before, the winnings are a
    supermartingale that starts at 1. So over all time the alarm rings falsely in at most the share `false_alarms` of
    streams (Ville 1939; Waudby-Smith and Ramdas 2024, arXiv 2010.09686; Podkopaev and Ramdas 2022, arXiv 2110.06177).

    `wealth` holds the logarithm of what each stake has won. An alarm that `forgets` starts a stake anew whenever it has
    lost: it hears a late shift as soon as an early one, and then the mean time to a false alarm is at least
    1 / `false_alarms` feedbacks (Shin et al. 2024, arXiv 2203.03532). `rang_at` is the feedback at which it rang; 0: it
    has not.

    Raises:
        InputError: a risk or a share of false alarms that does not lie between 0 and 1.
    """

    risk: float
    false_alarms: float
    forgets: bool = False
    wealth: tuple[float, ...] = (0.0,) * len(STAKES)
    feedbacks: int = 0
    rang_at: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.risk < 1 or not 0 < self.false_alarms < 1:
            raise InputError(f"a risk of {self.risk} with {self.false_alarms} false alarms.", where="alarm")

    @property
    def rings(self) -> bool:
        """Whether it has rung; it goes on ringing."""
        return self.rang_at > 0

    def hear(self, wrong: bool) -> Self:
        """The alarm after one more feedback: whether an answer that was given turned out wrong."""
        # A stake s bets s / risk of the wealth: right loses s of it, wrong wins s * (1 - risk) / risk.
        gain = (1 - self.risk) / self.risk if wrong else -1.0
        wealth = tuple(
            (max(0.0, won) if self.forgets else won) + math.log1p(stake * gain)
            for won, stake in zip(self.wealth, STAKES, strict=True)
        )
        feedbacks = self.feedbacks + 1
        top = max(wealth)
        mean = top + math.log(sum(math.exp(won - top) for won in wealth) / len(wealth))
        rang = self.rang_at or (feedbacks if mean >= -math.log(self.false_alarms) else 0)
        return replace(self, wealth=wealth, feedbacks=feedbacks, rang_at=rang)


@dataclass(frozen=True, eq=False)
class NoveltyAlarm:
    """Bets that novelties come from elsewhere than the `reference` F64[N], without any labels.

    It hears how often a new value lies above the `bar` that the share `level` of the reference exceeds, and bets as
    `RiskAlarm` does that this is more often than it should be. The reference is finite, so the true share may differ
    from `level`: it is allowed two standard errors more before the bets win.
    """

    reference: np.ndarray
    level: float
    alarm: RiskAlarm

    @classmethod
    def start(
        cls, reference: ArrayLike, *, false_alarms: float, level: float = 0.05, forgets: bool = False
    ) -> NoveltyAlarm:
        """An alarm over the novelties [N] of rows held out: it hears how often one lies among their highest `level`.

        Raises:
            InputError: too few novelties for the level, or one that is not finite.
        """
        values = np.sort(np.asarray(reference, dtype=np.float64))
        if values.ndim != 1 or not np.isfinite(values).all() or len(values) * level < 1:
            raise InputError(f"{values.shape} finite novelties for a level of {level}.", where="reference")
        risk = level + 2 * math.sqrt(level * (1 - level) / len(values))
        return cls(values, level, RiskAlarm(risk, false_alarms, forgets))

    @property
    def rings(self) -> bool:
        """Whether it has rung; it goes on ringing."""
        return self.alarm.rings

    @property
    def bar(self) -> float:
        """The novelty above which the share `level` of the reference lies."""
        rank = math.ceil((len(self.reference) + 1) * (1 - self.level)) - 1
        return float(self.reference[min(rank, len(self.reference) - 1)])

    def hear(self, novelty: float) -> NoveltyAlarm:
        """The alarm after one more text.

        Raises:
            InputError: a novelty that is not finite.
        """
        if not math.isfinite(novelty):
            raise InputError("a novelty is not a finite number.", where="novelty")
        return replace(self, alarm=self.alarm.hear(novelty > self.bar))


def alarm_delay(alarm: RiskAlarm | NoveltyAlarm, stream: ArrayLike) -> int | None:
    """After how many values [N] of a stream the alarm rings, wrong answers as 1 or novelties; None: never."""
    heard = alarm
    for at, value in enumerate(np.asarray(stream, dtype=np.float64).tolist(), start=1):
        heard = heard.hear(bool(value)) if isinstance(heard, RiskAlarm) else heard.hear(value)
        if heard.rings:
            return at
    return None
