"""The page of a report: one file, no script, nothing fetched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from trivet.evaluation.picture import Plot
from trivet.evaluation.report import Report, Score
from trivet.evaluation.style import STYLE

# Tables longer than this are folded.
UNFOLDED = 20

NAMES = {
    "accuracy": "Accuracy",
    "macro_f1": "Macro-F1",
    "ece": "Calibration error (ECE)",
    "brier": "Brier score",
    "log_loss": "Log loss",
    "out_of_scope_recall": "Foreign texts told as such",
    "out_of_scope_answered": "Foreign texts answered",
    "in_scope_refused": "Known texts refused as foreign",
    "micro_f1": "Micro F1",
    "f1": "F1 of spans",
    "precision": "Precision",
    "recall": "Recall",
    "text_accuracy": "Texts wholly right",
    "subset_accuracy": "All labels right",
    "mse": "Mean squared error",
    "r2": "R squared",
    "mae": "Mean absolute error",
    "spearman": "Spearman's correlation",
    "interval_coverage": "True numbers within their interval",
    "ndcg@10": "NDCG@10",
    "hr@10": "Hit rate@10",
}
SHARES = {
    *("f1", "precision", "recall", "text_accuracy"),
    *("accuracy", "micro_f1", "macro_f1", "subset_accuracy", "interval_coverage"),
    *("out_of_scope_recall", "out_of_scope_answered", "in_scope_refused"),
}

Rows = Iterable[Sequence[str]]


def render_html(report: Report, plots: Sequence[Plot]) -> str:
    """The report as an HTML page."""
    title = f"{report.name} on {report.dataset}"
    sections = [
        _head(report),
        _cards(report),
        _section("Scores", _scores(report)),
        _section("Baselines", _baselines(report)),
        _section("The promise", _promise(report)),
        _section("Pictures", _pictures(plots)),
        _section("What is mixed up most", _worst(report)),
        _section("Slices", _slices(report)),
        _section("Each label", _per_class(report)),
        _section("What the figures rest on", _ground(report)),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(section for section in sections if section)
        + "\n</body>\n</html>\n"
    )


def _head(report: Report) -> str:
    version = f", version {report.version}" if report.version else ""
    unit = "users" if report.kind == "similarity" else "texts"
    return (
        f"<header><h1>{escape(report.name)}{version}</h1>\n"
        f'<p class="soft">Judged on {report.rows:,} {unit} of {escape(report.dataset)}, split {escape(report.split)}.'
        " Intervals are 95 % intervals.</p></header>"
    )


def _cards(report: Report) -> str:
    cards = [_card(NAMES.get(name, name), name, report.metrics[name]) for name in list(report.metrics)[:3]]
    if report.promise is not None:
        cards.append(_card("Answered at the operating point", "accuracy", report.promise.coverage))
    return f'<div class="cards">{"".join(cards)}</div>'


def _card(title: str, metric: str, score: Score) -> str:
    low, high = _number(metric, score.low), _number(metric, score.high)
    value = f"<b>{_number(metric, score.value)}</b>"
    return f'<div class="card">{escape(title)}{value}<span class="soft">{low} to {high}</span></div>'


def _scores(report: Report) -> str:
    rows = [
        (escape(NAMES.get(name, name)), _number(name, score.value), _number(name, score.low), _number(name, score.high))
        for name, score in report.metrics.items()
    ]
    return _table("", ("metric", "value", "low", "high"), rows)


def _baselines(report: Report) -> str:
    main = report.main
    rows = [
        (
            escape(name),
            _number(main, one.score),
            f"{_signed(main, one.difference)} [{_signed(main, one.low)}, {_signed(main, one.high)}]",
            f"{one.p:.2g}" if one.p >= 1e-9 else "&lt; 1e-9",
            f'<span class="{one.verdict}">{one.verdict}</span>',
        )
        for name, one in report.baselines.items()
    ]
    caption = f"{NAMES.get(main, main)} on the same rows; the verdict is about {report.name}, by a paired test at 5 %."
    return _table(caption, ("baseline", "score", "difference", "p", "verdict"), rows, numbers=(1, 2, 3))


def _promise(report: Report) -> str:
    promise = report.promise
    if promise is None:
        return ""
    if not promise.held:
        return (
            f"<p>No promise: the rows held out do not show that any threshold keeps wrong answers at or below"
            f" {promise.risk:.0%}. Every answer is marked as unsure.</p>"
        )
    wrong = "Nothing was answered."
    if promise.wrong is not None:
        ends = f"{promise.wrong.low:.2%} to {promise.wrong.high:.2%}"
        wrong = f"Of the answers given here {promise.wrong.value:.2%} are wrong [{ends}]."
    counts = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in report.decisions.items())
    return (
        f"<p>Promised at {promise.confidence:.0%} confidence: at most {promise.risk:.0%} of the answers are wrong."
        f" {wrong} {promise.coverage.value:.1%} of the texts are answered.</p>"
        f'<p class="soft">Threshold {promise.threshold:.4f}. Decisions: {counts}.</p>'
    )


def _pictures(plots: Sequence[Plot]) -> str:
    figures = [f"<figure>{plot.svg}<figcaption>{escape(plot.title)}</figcaption></figure>" for plot in plots]
    return f'<div class="plots">{"".join(figures)}</div>' if figures else ""


def _worst(report: Report) -> str:
    rows = [(escape(one.truth), escape(one.predicted), str(one.rows)) for one in report.worst]
    return _table("", ("true", "answered", "rows"), rows, numbers=(2,))


def _slices(report: Report) -> str:
    rows = [
        (
            escape(one.by),
            escape(one.name),
            f"{one.rows:,}",
            f"{_number(report.main, one.score.value)} [{_number(report.main, one.score.low)},"
            f" {_number(report.main, one.score.high)}]",
        )
        for one in report.slices
    ]
    return _table(
        f"{NAMES.get(report.main, report.main)} on parts of the rows.", ("by", "slice", "rows", "score"), rows
    )


def _per_class(report: Report) -> str:
    rows = [
        (escape(one.label), f"{one.precision:.3f}", f"{one.recall:.3f}", f"{one.f1:.3f}", str(one.support))
        for one in report.per_class
    ]
    return _table("", ("label", "precision", "recall", "F1", "rows"), rows)


def _ground(report: Report) -> str:
    facts = [("sha256 of the test rows", f"<code>{escape(report.data_sha256)}</code>")]
    if report.overlap is not None:
        facts.append(("Overlap with training", escape(report.overlap.line())))
    if report.kind != "similarity":
        facts.append(("Truncated texts", f"{report.truncated:,} of {report.rows:,}"))
    if report.seconds:
        facts.append(("Cost", f"{report.seconds:.2f} s, {report.texts_per_second:,.0f} a second"))
    facts.append(("Seed of the intervals", str(report.seed)))
    facts += [(escape(name), escape(value)) for name, value in report.notes.items()]
    facts.append(("Every figure recomputes from", "<code>predictions.parquet</code> beside this page"))
    return _table("", ("", ""), facts, numbers=())


def _section(title: str, body: str) -> str:
    return f"<section><h2>{title}</h2>\n{body}</section>" if body else ""


def _table(caption: str, columns: Sequence[str], rows: Rows, *, numbers: Sequence[int] | None = None) -> str:
    """Cells are HTML already; `numbers` are the columns to the right, by default all but the first."""
    cells = list(rows)
    if not cells:
        return ""
    right = range(1, len(columns)) if numbers is None else numbers
    kinds = [' class="number"' if at in right else "" for at in range(len(columns))]
    head = "".join(f'<th scope="col"{kind}>{name}</th>' for kind, name in zip(kinds, columns, strict=True))
    body = "".join(
        "<tr>" + "".join(f"<td{kind}>{cell}</td>" for kind, cell in zip(kinds, row, strict=True)) + "</tr>\n"
        for row in cells
    )
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    header = f"<thead><tr>{head}</tr></thead>" if any(columns) else ""
    table = f'<div class="scroll"><table>{title}{header}<tbody>\n{body}</tbody></table></div>'
    return table if len(cells) <= UNFOLDED else f"<details><summary>{len(cells)} rows</summary>{table}</details>"


def _number(metric: str, value: float) -> str:
    return f"{100 * value:.2f} %" if metric in SHARES else f"{value:.4f}"


def _signed(metric: str, value: float) -> str:
    return f"{100 * value:+.2f}" if metric in SHARES else f"{value:+.4f}"
