"""A report in a few lines for a person."""

from __future__ import annotations

from trivet.evaluation.report import Report

WORDS, WORDS_RIDGE, WORD_TAGS, POPULAR = "tfidf-logistic", "tfidf-ridge", "word-tags", "popular"


def headline(name: str, report: Report) -> str:
    """Name, what was told apart, the score with its interval and the baseline of words or popularity, on one line."""
    score = report.main_score
    if report.kind == "regression":
        return _headline_of_error(name, report)
    if report.kind == "tagging":
        what, metric, baseline, label = f"{len(report.labels)} types", "F1", WORD_TAGS, "word tags"
    elif report.kind in ("classification", "multilabel"):
        metric = "accuracy" if report.kind == "classification" else "micro F1"
        what, baseline, label = f"{len(report.labels)} label{'s' if len(report.labels) > 1 else ''}", WORDS, "TF-IDF"
    elif report.kind == "multitask":
        what, metric, baseline, label = f"{report.notes['tasks'].count(',') + 1} tasks", "accuracy", WORDS, "TF-IDF"
    else:
        what, metric, baseline, label = f"{report.notes['items']} items", report.main.upper(), POPULAR, "popular"
    shown = f"{name:<10} {what:<11} {metric} {_percent(score.value)} [{_percent(score.low)}-{_percent(score.high)}]"
    if baseline in report.baselines:
        shown += f"  {label} {_percent(report.baselines[baseline].score)}"
    return shown


def _headline_of_error(name: str, report: Report) -> str:
    score = report.main_score
    shown = f"{name:<10} {'number':<11} MSE {_number(score.value)} [{_number(score.low)}-{_number(score.high)}]"
    shown += f"  R2 {_number(report.metrics['r2'].value)}"
    if WORDS_RIDGE in report.baselines:
        shown += f"  TF-IDF {_number(report.baselines[WORDS_RIDGE].score)}"
    return shown


def remarks(report: Report) -> list[str]:
    """What else a person should know about a score: baselines, overlap, truncation, the promise."""
    shown = _number if report.is_lower_better else _percent
    lines = [
        f"{name}: {shown(one.score)}, ours is {one.verdict} (paired p {one.p:.2g})"
        for name, one in report.baselines.items()
    ]
    if "interval_coverage" in report.metrics:
        share = _percent(report.metrics["interval_coverage"].value)
        lines.append(f"interval: {report.notes['interval']}; on the test rows {share} % of the true numbers lie within")
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


def _number(value: float) -> str:
    return f"{value:.4f}" if abs(value) < 10 else f"{value:.4g}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"
