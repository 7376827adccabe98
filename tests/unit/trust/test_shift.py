"""Alarms ring soon after a shift, and seldom without one."""

from __future__ import annotations

import numpy as np
import pytest

from trivet.errors import InputError
from trivet.trust.shift import NoveltyAlarm, RiskAlarm, alarm_delay

STREAMS = 400


def delays(alarm: RiskAlarm, *, wrong: float, feedbacks: int, seed: int = 0) -> list[int | None]:
    rng = np.random.default_rng(seed)
    return [alarm_delay(alarm, rng.random(feedbacks) < wrong) for _ in range(STREAMS)]


@pytest.mark.parametrize("risk", [0.01, 0.05, 0.2])
def test_without_a_shift_it_rings_in_at_most_the_promised_share_of_streams(risk: float) -> None:
    rang = [delay is not None for delay in delays(RiskAlarm(risk, 0.05), wrong=risk, feedbacks=1000)]
    # Three standard errors of a share of 5 % in 400 streams.
    assert np.mean(rang) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / STREAMS)


def test_errors_that_hang_together_do_not_ring_it_as_long_as_each_is_rare() -> None:
    rng = np.random.default_rng(1)
    rang = []
    for _ in range(STREAMS):
        # The chance of an error depends on the last one, and never exceeds the risk.
        wrong, stream = False, []
        for _ in range(500):
            wrong = bool(rng.random() < (0.05 if wrong else 0.03))
            stream.append(wrong)
        rang.append(alarm_delay(RiskAlarm(0.05, 0.05), stream) is not None)
    assert np.mean(rang) <= 0.08


def test_it_rings_the_sooner_the_worse_it_is() -> None:
    medians = [
        np.median([delay or np.inf for delay in delays(RiskAlarm(0.05, 0.01), wrong=wrong, feedbacks=3000)])
        for wrong in (0.1, 0.2, 0.5)
    ]
    assert medians[0] < 400
    assert medians[1] < 80
    assert medians[2] < 20


def test_an_alarm_that_forgets_hears_a_late_shift_as_soon_as_an_early_one() -> None:
    rng = np.random.default_rng(2)
    late: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(60):
        stream = np.concatenate([rng.random(3000) < 0.02, rng.random(3000) < 0.15])
        for forgets in late:
            delay = alarm_delay(RiskAlarm(0.05, 0.001, forgets), stream)
            late[forgets].append((delay or 6000) - 3000)
    assert np.median(late[True]) < 150
    assert np.median(late[True]) < np.median(late[False])


def test_an_alarm_that_forgets_rings_falsely_seldom_by_feedbacks() -> None:
    heard = [delay or 2000 for delay in delays(RiskAlarm(0.05, 0.002, forgets=True), wrong=0.05, feedbacks=2000)]
    # Cut at 2,000 feedbacks the mean time is only a lower bound on the true one.
    assert np.mean(heard) >= 500


def test_its_winnings_are_those_of_the_bets() -> None:
    alarm = RiskAlarm(0.1, 0.05)
    for wrong in (True, False, True):
        alarm = alarm.hear(wrong)
    assert alarm.feedbacks == 3
    np.testing.assert_allclose(np.exp(alarm.wealth[0]), (1 + 0.02 * 9) ** 2 * (1 - 0.02))


def test_it_goes_on_ringing_and_says_since_when() -> None:
    alarm = RiskAlarm(0.05, 0.05)
    for wrong in [True] * 10 + [False] * 50:
        alarm = alarm.hear(wrong)
    assert alarm.rings
    assert alarm.rang_at <= 10


def test_novelty_alone_rings_it_where_foreign_texts_come_in() -> None:
    rng = np.random.default_rng(3)
    false, delay = [], []
    for _ in range(200):
        alarm = NoveltyAlarm.start(rng.standard_normal(500), false_alarms=0.05)
        false.append(alarm_delay(alarm, rng.standard_normal(800)) is not None)
        foreign = np.where(rng.random(800) < 0.4, 3.0, 0.0)
        delay.append(alarm_delay(alarm, rng.standard_normal(800) + foreign) or np.inf)
    assert np.mean(false) <= 0.08
    assert np.median(delay) < 40


def test_bad_input_is_named() -> None:
    with pytest.raises(InputError, match="risk"):
        RiskAlarm(0.0, 0.05)
    with pytest.raises(InputError, match="level"):
        NoveltyAlarm.start([0.1, 0.2], false_alarms=0.05)
    with pytest.raises(InputError, match="finite"):
        NoveltyAlarm.start(np.arange(50), false_alarms=0.05).hear(float("nan"))
