"""A report in a few lines for a person."""

from __future__ import annotations

from trivet.evaluation.report import Report

WORDS, POPULAR = "tfidf-logistic", "popular"


def headline(name: str, report: Report) -> str:
    """Name, what was told apart, the score with its interval and the baseline of words or popularity, on one line."""
    score = report.main_score
    if report.kind == "classification":
        what, metric, baseline, label = f"{len(report.labels)} labels", "accuracy", WORDS, "TF-IDF"
    else:
        what, metric, baseline, label = f"{report.notes['items']} items", report.main.upper(), POPULAR, "popular"
    shown = f"{name:<10} {what:<11} {metric} {_percent(score.value)} [{_percent(score.low)}-{_percent(score.high)}]"
    if baseline in report.baselines:
        shown += f"  {label} {_percent(report.baselines[baseline].score)}"
    return shown


def remarks(report: Report) -> list[str]:
    """What else a person should know about a score: baselines, overlap, truncation, the promise."""
    lines = [
        f"{name}: {_percent(one.score)}, ours is {one.verdict} (paired p {one.p:.2g})"
        for name, one in report.baselines.items()
    ]
    if report.overlap is not None:
        lines.append(report.overlap.line())
    if report.truncated:
        lines.append(f"{report.truncated} of {report.rows} test texts were truncated.")
    lines += _kept(report)
    return lines


def _kept(report: Report) -> list[str]:
    promise = report.promise
    if promise is None:
        return []
    if not promise.held or promise.wrong is None:
        return [f"no promise of at most {_percent(promise.risk)} % wrong could be made on so few held-out rows"]
    return [
        f"promised at most {_percent(promise.risk)} % wrong; on the test rows {_percent(promise.wrong.value)} % of the"
        f" answers were, and {_percent(promise.coverage.value)} % were answered"
    ]


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"
