"""The outcome of a suite as plain values and as lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from trivet_service.suites.gates import GateOutcome
from trivet_service.suites.numbers import show, show_interval
from trivet_service.suites.section import Outcome
from trivet_service.suites.suite import SuiteResult

FORMAT = 1


@dataclass(frozen=True)
class SuiteReport:
    """What the sections said, and whether the gates of a file are kept; `gates_file` empty: there were none."""

    result: SuiteResult
    gates: tuple[GateOutcome, ...] = ()
    gates_file: str = ""

    @property
    def passed(self) -> bool:
        """Whether no gate failed, and every section that had rows was measured."""
        return all(gate.passed for gate in self.gates) and not any(one.is_failed for one in self.result.outcomes)

    def to_json(self) -> dict[str, Any]:
        """Plain values; pictures are named, and errors counted: they lie beside."""
        question = self.result.question
        return {
            "format": FORMAT,
            "service": self.result.service,
            **asdict(self.result.subject),
            "quick": question.is_quick,
            "seed": question.seed,
            "passed": self.passed,
            "gates_file": self.gates_file,
            "gates": [asdict(gate) for gate in self.gates],
            "sections": [_plain(outcome) for outcome in self.result.outcomes],
        }

    def lines(self) -> list[str]:
        """For a screen: the first figures of each section, what was left out, and the gates that failed."""
        subject = self.result.subject
        told = [f"{subject.model} on {subject.dataset}"]
        for outcome in self.result.outcomes:
            told.append(f"  {outcome.name:<16} {_headline(outcome)}")
        failed = [gate for gate in self.gates if not gate.passed]
        if self.gates_file:
            told.append(
                f"  gates            {len(self.gates) - len(failed)} of {len(self.gates)} kept ({self.gates_file})"
            )
        told += [f"    failed: {gate.detail}" for gate in failed]
        return told


def all_errors(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """Answers that went wrong, each with its section."""
    return [{"section": outcome.name, **error} for outcome in outcomes for error in outcome.found.errors]


def _headline(outcome: Outcome) -> str:
    if outcome.skipped:
        return f"{'failed' if outcome.is_failed else 'skipped'}: {outcome.skipped}"
    told = []
    for metric in outcome.found.metrics[:3]:
        ends = show_interval(metric)
        told.append(f"{metric.title} {show(metric.value, metric.unit)}" + (f" [{ends}]" if ends else ""))
    return "; ".join(told) or "; ".join(outcome.found.notes)


def _plain(outcome: Outcome) -> dict[str, Any]:
    found = outcome.found
    return {
        "name": outcome.name,
        "title": outcome.title,
        "about": outcome.about,
        "skipped": outcome.skipped,
        "failed": outcome.is_failed,
        "seconds": round(outcome.seconds, 3),
        "metrics": {metric.name: asdict(metric) for metric in found.metrics},
        "tables": [asdict(table) for table in found.tables],
        "plots": [f"{plot.name}.png" for plot in found.plots],
        "notes": list(found.notes),
        "errors": len(found.errors),
    }
