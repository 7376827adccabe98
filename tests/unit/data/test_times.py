"""Times as files write them."""

import pandas as pd
import pytest

from trivet.data.times import parse_times


@pytest.mark.parametrize(
    ("value", "time"),
    [
        ("2026-11-24", "2026-11-24"),
        ("2026-11-24 08:30", "2026-11-24 08:30"),
        ("2026-11-24T08:30:00Z", "2026-11-24 08:30"),
        ("2026-11-24T08:30:00+02:00", "2026-11-24 06:30"),
        ("20261124", "2026-11-24"),
        ("964982703", "2000-07-30 18:45:03"),
        (964982703.0, "2000-07-30 18:45:03"),
        ("964982703123", "2000-07-30 18:45:03.123"),
        ("1", "1970-01-01 00:00:01"),
        (pd.Timestamp("2026-11-24 08:30"), "2026-11-24 08:30"),
    ],
)
def test_a_time_is_read(value: object, time: str) -> None:
    assert parse_times([value])[0] == pd.Timestamp(time, tz="UTC")


@pytest.mark.parametrize("value", ["", "yesterday", "24.11.2026", "11/24/2026", "2026-13-01", None])
def test_what_is_no_time_is_not_guessed(value: object) -> None:
    assert pd.isna(parse_times([value])[0])


def test_one_bad_value_spoils_no_other() -> None:
    times = parse_times(["1356998400", "soon", "1356998401"])
    assert list(times.isna()) == [False, True, False]
    assert list(parse_times(["2026-01-01", "soon", "2026-01-02T01:00:00+01:00"]).isna()) == [False, True, False]


def test_the_unit_is_one_for_the_column() -> None:
    times = parse_times(["0", "964982703123"])
    assert list(times.dt.year) == [1970, 2000]
