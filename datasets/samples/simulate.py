"""Rewrites the simulated sample files from the hand-written ones.

    python datasets/samples/simulate.py

- ``finance/prices.csv``: daily bars for every company, from ``companies.csv``, ``headlines.csv`` and ``entities.csv``.
- ``recommend/events.csv``: shop events, from ``items.csv`` and ``tastes.csv``.

Both are wholly synthetic. The seeds are fixed, so the same inputs give the same files byte for byte. Prices follow the
sentiment of the documents only weakly; the moves that single headlines quote ("drops 7%") are not reproduced.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

HERE = Path(__file__).resolve().parent

# --- prices -----------------------------------------------------------------------------------------------------------
PRICE_SEED = 20241001
PRICE_START, PRICE_END = date(2024, 10, 1), date(2025, 7, 10)
CLOSED = {date(2024, 12, 25), date(2025, 1, 1)}
SESSION_OPEN = time(14, 30, tzinfo=UTC)
SIGN = {"positive": 1.0, "neutral": 0.0, "negative": -1.0}
NEWS_WEIGHT = {"news": 1.0, "comment": 0.25}  # how much one document of a kind moves the next session
NEWS_MOVE = 0.0045  # log return of the next session per unit of net sentiment
NEWS_DRIFT = 0.0010  # log return of the session after that one
NEWS_CAP = 2.5  # net sentiment of one session is clipped here
GAP_SHARE = 0.35  # share of a session's return that happens overnight
SECTOR_VOL = {"Industrials": 0.017, "Technology": 0.021, "Healthcare": 0.022, "Consumer": 0.015, "Energy": 0.018}
DEFAULT_VOL = 0.013

# --- events -----------------------------------------------------------------------------------------------------------
EVENT_SEED = 20250101
EVENT_START, EVENT_END = datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 7, 1, tzinfo=UTC)
USERS = 700
SPARSE_SHARE = 0.12  # users with one or two events
DRIFT_SHARE = 0.30  # users whose tastes change during the half-year
ZIPF = 0.65  # exponent of the popularity ranking
EXPLORE = 0.10  # share of views that follow popularity alone
REPEAT = 0.14  # share of views that go back to an item seen before
FRESH_DAYS, FRESH_BOOST = 14, 2.0  # the "new arrivals" shelf
HOUR_WEIGHTS = [1, 1, 0, 0, 0, 1, 2, 4, 5, 5, 5, 5, 7, 6, 5, 5, 6, 7, 9, 11, 13, 12, 8, 4]


def read_rows(path: Path) -> list[dict[str, str]]:
    """All rows of a CSV file with a header."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_rows(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Writes a CSV file with Unix line ends; returns the number of rows."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for row in rows:
            writer.writerow(row)
            count += 1
    return count


def trading_days(start: date, end: date) -> list[date]:
    """Monday to Friday from start to end, without the closed days."""
    days = (start + timedelta(days=offset) for offset in range((end - start).days + 1))
    return [day for day in days if day.weekday() < 5 and day not in CLOSED]


def next_session(published: datetime, days: Sequence[date]) -> int:
    """Index of the first session that opens after the publication time; ``len(days)`` if there is none."""
    for index, day in enumerate(days):
        if datetime.combine(day, SESSION_OPEN) > published:
            return index
    return len(days)


def news_effect(folder: Path, tickers: Sequence[str], days: Sequence[date]) -> tuple[Floats, Floats]:
    """The return that documents add to each session and the attention they raise, both (days, tickers)."""
    column = {ticker: index for index, ticker in enumerate(tickers)}
    documents = {row["id"]: row for row in read_rows(folder / "headlines.csv")}
    net = np.zeros((len(days), len(tickers)))
    attention = np.zeros_like(net)
    for row in read_rows(folder / "entities.csv"):
        document = documents[row["id"]]
        session = next_session(datetime.fromisoformat(document["published_at"]), days)
        if session < len(days):
            weight = NEWS_WEIGHT[document["kind"]]
            net[session, column[row["ticker"]]] += weight * SIGN[row["sentiment"]]
            attention[session, column[row["ticker"]]] += weight
    net = np.clip(net, -NEWS_CAP, NEWS_CAP)
    effect = NEWS_MOVE * net
    effect[1:] += NEWS_DRIFT * net[:-1]
    return effect, attention


def simulate_prices(folder: Path) -> int:
    """Writes prices.csv: a geometric random walk with GARCH-like volatility, a market factor and a weak news effect."""
    rng = np.random.default_rng(PRICE_SEED)
    companies = read_rows(folder / "companies.csv")
    tickers = [row["ticker"] for row in companies]
    days = trading_days(PRICE_START, PRICE_END)
    effect, attention = news_effect(folder, tickers, days)
    count = len(tickers)

    base_vol = np.array([SECTOR_VOL.get(row["sector"], DEFAULT_VOL) for row in companies])
    base_vol *= rng.uniform(0.85, 1.2, count)
    beta = rng.uniform(0.6, 1.3, count)
    close = np.exp(rng.uniform(np.log(18.0), np.log(140.0), count))
    base_volume = np.exp(rng.uniform(np.log(6e5), np.log(7e6), count))
    variance = base_vol**2
    market_variance = 0.007**2

    rows: list[tuple[object, ...]] = []
    for index, day in enumerate(days):
        market = np.sqrt(market_variance) * rng.standard_normal()
        market_variance = 0.06 * 0.007**2 + 0.10 * market**2 + 0.84 * market_variance
        shock = np.sqrt(variance) * rng.standard_t(5, count) * np.sqrt(3 / 5)
        shock = np.clip(shock, -7 * base_vol, 7 * base_vol)
        variance = np.clip(0.07 * base_vol**2 + 0.18 * shock**2 + 0.75 * variance, 0.0, (4 * base_vol) ** 2)
        total = 0.0002 + beta * market + shock + effect[index]

        noise = 0.3 * base_vol * rng.standard_normal(count)
        opening = close * np.exp(GAP_SHARE * total + noise)
        previous, close = close, close * np.exp(total)
        spread = np.sqrt(variance) * np.abs(rng.normal(0.0, 0.45, (2, count)))
        high = np.maximum(opening, close) * np.exp(spread[0])
        low = np.minimum(opening, close) * np.exp(-spread[1])
        surprise = np.abs(np.log(close / previous)) / base_vol
        interest = 0.22 * surprise + 0.12 * np.minimum(attention[index], 4)
        volume = base_volume * np.exp(interest + rng.normal(0.0, 0.2, count))
        for column, ticker in enumerate(tickers):
            bar = (opening[column], high[column], low[column], close[column])
            lots = round(float(volume[column]) / 100) * 100
            rows.append((day.isoformat(), ticker, *(f"{value:.2f}" for value in bar), lots))
    return write_rows(folder / "prices.csv", ("date", "ticker", "open", "high", "low", "close", "volume"), rows)


def read_tastes(path: Path, items: Sequence[str]) -> tuple[list[str], Floats]:
    """Names of the tastes and the (tastes, items) weights that the hand-made tags give."""
    tags: dict[str, dict[str, float]] = {}
    for row in read_rows(path):
        pairs = (tag.split(":") for tag in row["tastes"].split("|"))
        tags[row["item"]] = {name: float(weight) for name, weight in pairs}
    names = sorted({name for weights in tags.values() for name in weights})
    return names, np.array([[tags[item].get(name, 0.0) for item in items] for name in names])


def taste_mix(rng: np.random.Generator, prior: Floats) -> Floats:
    """One user's weights over the tastes: one to three tastes, the first one the strongest."""
    kinds = int(rng.choice([1, 2, 3], p=[0.35, 0.45, 0.20]))
    mix = np.zeros(len(prior))
    for taste, share in zip(rng.choice(len(prior), kinds, replace=False, p=prior), (1.0, 0.5, 0.25), strict=False):
        mix[taste] = share * rng.uniform(0.7, 1.3)
    mix /= mix.sum()
    return mix


def session_starts(rng: np.random.Generator, count: int) -> list[datetime]:
    """Sorted session starts: a window of activity per user, more in the evening and towards summer."""
    span = (EVENT_END - EVENT_START).days
    joined = rng.uniform(0.0, 0.75) if rng.random() < 0.5 else 0.0
    days = (span * (joined + (1.0 - joined) * rng.random(count))).astype(int)
    hours = rng.choice(24, count, p=np.array(HOUR_WEIGHTS) / sum(HOUR_WEIGHTS))
    seconds = rng.integers(0, 3600, count)
    return sorted(
        EVENT_START + timedelta(days=int(day), hours=int(hour), seconds=int(second))
        for day, hour, second in zip(days, hours, seconds, strict=True)
    )


def simulate_events(folder: Path) -> int:
    """Writes events.csv: users with latent tastes browse in sessions, put things in the cart and buy some of them."""
    rng = np.random.default_rng(EVENT_SEED)
    catalogue = read_rows(folder / "items.csv")
    items = [row["item"] for row in catalogue]
    added = np.array([datetime.fromisoformat(row["added_at"]).timestamp() for row in catalogue])
    price = np.array([float(row["price"]) for row in catalogue])
    names, weights = read_tastes(folder / "tastes.csv", items)

    popularity = np.power(1.0 + rng.permutation(len(items)).astype(np.float64), -ZIPF)
    prior = rng.dirichlet(np.full(len(names), 8.0))
    buy_chance = 0.42 / (1.0 + np.log1p(price / 60.0))

    events: list[tuple[datetime, str, str, str]] = []
    for number in range(1, USERS + 1):
        user = f"u{number:04d}"
        mix = taste_mix(rng, prior)
        later = taste_mix(rng, prior) if rng.random() < DRIFT_SHARE else mix
        sparse = rng.random() < SPARSE_SHARE
        limit = int(rng.integers(1, 3)) if sparse else 10_000
        seen: dict[int, float] = defaultdict(float)
        bought: set[int] = set()
        made = 0
        for start in session_starts(rng, 1 if sparse else 1 + min(int(rng.lognormal(0.68, 0.72)), 16)):
            progress = (start - EVENT_START) / (EVENT_END - EVENT_START)
            now_mix = mix if progress < 0.5 else 0.3 * mix + 0.7 * later
            taste = int(rng.choice(len(names), p=now_mix))
            moment = start
            for _ in range(1 + int(rng.geometric(0.38))):
                if made >= limit:
                    break
                item = choose_item(rng, weights[taste], popularity, added, moment, seen)
                for kind in shopping_steps(rng, buy_chance[item], item in bought)[: limit - made]:
                    events.append((moment, user, items[item], kind))
                    made += 1
                    moment += timedelta(seconds=int(rng.integers(15, 240)))
                    if kind == "purchase":
                        bought.add(item)
                seen[item] += 1.0
    events.sort(key=lambda event: (event[0], event[1]))
    rows = ((user, item, kind, moment.isoformat()) for moment, user, item, kind in events)
    return write_rows(folder / "events.csv", ("user", "item", "event", "timestamp"), rows)


def choose_item(
    rng: np.random.Generator, taste: Floats, popularity: Floats, added: Floats, moment: datetime, seen: dict[int, float]
) -> int:
    """The next item a user looks at: something seen before, something popular, or something that fits the taste."""
    if seen and rng.random() < REPEAT:
        keys = list(seen)
        shares = np.array([seen[key] for key in keys])
        return keys[int(rng.choice(len(keys), p=shares / shares.sum()))]
    age = moment.timestamp() - added
    scores = np.where(age > 0, popularity, 0.0)
    if rng.random() >= EXPLORE:
        scores = scores * taste
    scores = np.where((age > 0) & (age < FRESH_DAYS * 86400), scores * FRESH_BOOST, scores)
    return int(rng.choice(len(scores), p=scores / scores.sum()))


def shopping_steps(rng: np.random.Generator, chance: float, owned: bool) -> list[str]:
    """A view, perhaps a cart, perhaps a purchase; things already owned are rarely bought again."""
    steps = ["view"]
    if rng.random() < chance * (0.3 if owned else 1.0):
        steps.append("cart")
        if rng.random() < 0.55:
            steps.append("purchase")
    return steps


def main() -> None:
    """Rewrites both simulated files and prints their sizes."""
    print(f"prices.csv: {simulate_prices(HERE / 'finance')} rows")
    print(f"events.csv: {simulate_events(HERE / 'recommend')} rows")


if __name__ == "__main__":
    main()
