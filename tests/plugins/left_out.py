"""Skips what a machine cannot run, and says in one line what a run left out, and why; with several processes too."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Generator, Sequence
from typing import Any

import pytest

UNCHOSEN = pytest.StashKey[Counter[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[UNCHOSEN] = Counter()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what this machine cannot run: `real_data` without a mirror, `system("strace")` without that program."""
    for item in items:
        programs = [name for mark in item.iter_markers("system") for name in mark.args]
        reasons = [f"{name} is not on PATH" for name in programs if shutil.which(name) is None]
        if item.get_closest_marker("real_data") and not os.environ.get("TRIVET_DATA"):
            reasons.append("TRIVET_DATA names no mirror of the public sets")
        for reason in reasons:
            item.add_marker(pytest.mark.skip(reason=reason))


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    for item in items:
        slow = item.get_closest_marker("slow") is not None
        item.config.stash[UNCHOSEN]["slow: make test-full" if slow else "not chosen"] += 1


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A process of several tells the first what it has left out; all of them collect the same."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["unchosen"] = dict(session.config.stash[UNCHOSEN])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    node.config.stash[UNCHOSEN] |= Counter(getattr(node, "workeroutput", {}).get("unchosen", {}))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> Generator[None, None, None]:
    """One line at the end that tells what was left out, with the reason."""
    yield
    left = Counter(config.stash[UNCHOSEN])
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        left[reason.removeprefix("Skipped: ")] += 1
    said = "; ".join(f"{count} ({reason})" for reason, count in sorted(left.items()))
    terminalreporter.write_line(f"left out: {said or 'nothing'}")
