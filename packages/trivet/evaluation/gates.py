"""What a candidate must show before it goes live, each check with a sentence that says why."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from trivet.evaluation.compare import non_inferior
from trivet.evaluation.metrics.label_sets import micro_f1
from trivet.evaluation.outcomes import pair_outcomes
from trivet.evaluation.report import Report
from trivet.evaluation.resample import non_inferior_by
from trivet.recipe.gates import GatesRecipe


@dataclass(frozen=True)
class Check:
    """One bar: whether it was cleared, and by how much."""

    name: str
    passed: bool
    detail: str


@dataclass(frozen=True)
class GateResult:
    """All checks; passed only if each is."""

    passed: bool
    checks: tuple[Check, ...]

    def refusal(self) -> str:
        """The sentences of the checks that failed, on one line."""
        return " ".join(check.detail for check in self.checks if not check.passed)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def check_gates(report: Report, gates: GatesRecipe, *, live: Report | None) -> GateResult:
    """Checks a candidate's report against the recipe's bars, and row by row against the live version's report."""
    checks = [
        _beat_baseline(report, gates.beat_baseline or next(iter(report.baselines), "")),
        _reach_bar(report, gates),
    ]
    if report.kind == "classification":
        checks.append(_stay_calibrated(report, gates.max_ece))
    if live is not None:
        checks.append(_keep_up(report, live, gates.margin, seed=report.seed))
    return GateResult(all(check.passed for check in checks), tuple(checks))


def _beat_baseline(report: Report, name: str) -> Check:
    if name not in report.baselines:
        known = ", ".join(report.baselines) or "none"
        return Check("baseline", passed=False, detail=f"The report has no baseline {name!r} to beat (it has: {known}).")
    baseline, score = report.baselines[name], report.main_score
    clear = score.high < baseline.score if report.is_lower_better else score.low > baseline.score
    is_superior = baseline.verdict == "superior"
    said = "beats" if clear and is_superior else "does not beat"
    # The report says superior there; a gate asks for the whole interval.
    why = ": the whole interval has to be better" if is_superior and not clear else ""
    return Check(
        "baseline",
        clear and is_superior,
        f"{report.main} {score.value:.4f} [{score.low:.4f}, {score.high:.4f}] {said}"
        f" the baseline {name!r} at {baseline.score:.4f} (paired p {baseline.p:.2g}){why}.",
    )


def _reach_bar(report: Report, gates: GatesRecipe) -> Check:
    value = report.main_score.value
    if report.is_lower_better:
        most = gates.max_error
        if most is None:
            return Check("ceiling", passed=True, detail=f"{report.main} {value:.4f} has no ceiling to stay below.")
        passed = value <= most
        verb = "not above" if passed else "above"
        return Check("ceiling", passed, f"{report.main} {value:.4f} is {verb} the ceiling of {most:g}.")
    floor = gates.min_score
    passed = value >= floor
    return Check(
        "floor", passed, f"{report.main} {value:.4f} is {'not ' if passed else ''}below the floor of {floor:g}."
    )


def _stay_calibrated(report: Report, most: float) -> Check:
    value = report.metrics["ece"].value
    passed = value <= most
    return Check("calibration", passed, f"ECE {value:.4f} is {'not ' if passed else ''}above the limit of {most:g}.")


def _keep_up(report: Report, live: Report, margin: float, *, seed: int) -> Check:
    if (report.main, report.data_sha256, report.split) != (live.main, live.data_sha256, live.split):
        return Check("live", passed=False, detail="The live version was judged on other rows: judge it on these first.")
    pair = pair_outcomes(report, live)
    if pair is None:
        return Check(
            "live",
            passed=False,
            detail="The predictions of both versions on the same rows are not here.",
        )
    if report.kind in ("multilabel", "tagging"):
        test = non_inferior_by(micro_f1, *pair, margin=margin, seed=seed)
    else:
        test = non_inferior(*pair, margin=margin, seed=seed)
    # Errors were compared with their sign turned, so that more is better; they are told as they are.
    sign = -1 if report.is_lower_better else 1
    return Check(
        "live",
        test.holds,
        f"{report.main} differs from the live version's by {sign * test.difference:+.4f},"
        f" at worst {sign * test.low:+.4f}:"
        f" {'within' if test.holds else 'beyond'} the margin of {margin:g}.",
    )
