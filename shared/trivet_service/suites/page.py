"""The page of a suite: one file, no script, nothing fetched."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from trivet.evaluation.style import STYLE
from trivet_service.suites.numbers import show, show_cell, show_interval
from trivet_service.suites.report import SuiteReport
from trivet_service.suites.section import Cell, Metric, Outcome, Table

# A card shows the first figures of the first sections.
_CARDS = 4

_OWN = """
nav { display: flex; flex-wrap: wrap; gap: .35rem 1rem; margin: 1.5rem 0 0; }
nav a { color: var(--accent); text-decoration: none; } nav a.skipped { color: var(--soft); }
h3 { margin: 1.5rem 0 .4rem; font-size: 1rem; } section { scroll-margin-top: 1rem; }
.verdict { font-weight: 600; } .kept { color: var(--good); } .failed { color: var(--bad); }
td.text { max-width: 34rem; overflow-wrap: anywhere; }
"""


def render_page(report: SuiteReport) -> str:
    """The report as an HTML page."""
    subject, outcomes = report.result.subject, report.result.outcomes
    title = f"{subject.model} on {subject.dataset}"
    parts = [_head(report), _cards(outcomes), _contents(outcomes), _gates(report)]
    parts += [_section(outcome) for outcome in outcomes]
    parts.append(_ground(report))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}{_OWN}</style>\n</head>\n<body>\n"
        + "\n".join(part for part in parts if part)
        + "\n</body>\n</html>\n"
    )


def _head(report: SuiteReport) -> str:
    subject, failed = report.result.subject, sum(not gate.passed for gate in report.gates)
    verdict = ""
    if report.gates_file:
        told = f"{failed} of {len(report.gates)} gates failed" if failed else f"All {len(report.gates)} gates are kept"
        verdict = f'<p class="verdict {"failed" if failed else "kept"}">{told}.</p>'
    short = " Measured in short (<code>--quick</code>)." if report.result.question.is_quick else ""
    beside = f" Compared with {escape(subject.against)}." if subject.against else ""
    return (
        f"<header><h1>{escape(subject.model)}</h1>\n"
        f'<p class="soft">Judged on {escape(subject.dataset)}.{beside} Intervals are 95 % intervals.{short}</p>'
        f"{verdict}</header>"
    )


def _cards(outcomes: Sequence[Outcome]) -> str:
    first = [outcome.found.metrics[0] for outcome in outcomes if outcome.found.metrics][:_CARDS]
    cards = [
        f'<div class="card">{escape(metric.title)}<b>{show(metric.value, metric.unit)}</b>'
        f'<span class="soft">{show_interval(metric)}</span></div>'
        for metric in first
    ]
    return f'<div class="cards">{"".join(cards)}</div>' if cards else ""


def _contents(outcomes: Sequence[Outcome]) -> str:
    links = [f'<a href="#{outcome.name}"{_skipped(outcome)}>{escape(outcome.title)}</a>' for outcome in outcomes]
    return f"<nav>{''.join(links)}</nav>"


def _skipped(outcome: Outcome) -> str:
    return ' class="skipped"' if outcome.skipped else ""


def _gates(report: SuiteReport) -> str:
    if not report.gates_file:
        return ""
    rows = "".join(
        f'<tr><td class="{"kept" if gate.passed else "failed"}">{"kept" if gate.passed else "failed"}</td>'
        f'<td class="text">{escape(gate.detail)}</td></tr>\n'
        for gate in sorted(report.gates, key=lambda one: one.passed)
    )
    table = f'<div class="scroll"><table><tbody>\n{rows}</tbody></table></div>'
    opened = "" if all(gate.passed for gate in report.gates) else " open"
    return (
        f'<section id="gates"><h2>Gates</h2><p class="soft">From <code>{escape(report.gates_file)}</code>.</p>'
        f"<details{opened}><summary>{len(report.gates)} gates</summary>{table}</details></section>"
    )


def _section(outcome: Outcome) -> str:
    head = f'<h2>{escape(outcome.title)}</h2>\n<p class="soft">{escape(outcome.about)}</p>'
    if outcome.skipped:
        return f'<section id="{outcome.name}">{head}<p>Not judged: {escape(outcome.skipped)}</p></section>'
    found = outcome.found
    notes = "".join(f"<p>{escape(note)}</p>" for note in found.notes)
    plots = "".join(f"<figure>{plot.svg}<figcaption>{escape(plot.title)}</figcaption></figure>" for plot in found.plots)
    pictures = f'<div class="plots">{plots}</div>' if plots else ""
    tables = "".join(_table(table) for table in found.tables)
    return f'<section id="{outcome.name}">{head}{_metrics(found.metrics)}{notes}{pictures}{tables}</section>'


def _metrics(metrics: Sequence[Metric]) -> str:
    if not metrics:
        return ""
    rows = "".join(
        f'<tr><td>{escape(metric.title)}</td><td class="number">{show(metric.value, metric.unit)}</td>'
        f'<td class="number soft">{show_interval(metric)}</td></tr>\n'
        for metric in metrics
    )
    return (
        '<div class="scroll"><table><thead><tr><th scope="col">figure</th><th scope="col" class="number">value</th>'
        f'<th scope="col" class="number">95 % interval</th></tr></thead><tbody>\n{rows}</tbody></table></div>'
    )


def _table(table: Table) -> str:
    if not table.rows:
        return ""
    kinds = [_kind([row[at] for row in table.rows]) for at in range(len(table.columns))]
    head = "".join(
        f'<th scope="col"{kind}>{escape(name)}</th>' for kind, name in zip(kinds, table.columns, strict=True)
    )
    body = "".join(f"<tr>{''.join(_cells(table, kinds, row))}</tr>\n" for row in table.rows)
    note = f'<p class="soft">{escape(table.note)}</p>' if table.note else ""
    shown = f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table></div>'
    if table.folded:
        return f"{note}<details><summary>{escape(table.title)}, {len(table.rows)} rows</summary>{shown}</details>"
    return f"<h3>{escape(table.title)}</h3>{note}{shown}"


def _cells(table: Table, kinds: Sequence[str], row: Sequence[Cell]) -> list[str]:
    return [
        f"<td{kind}>{escape(show_cell(cell, is_share=name in table.shares))}</td>"
        for name, kind, cell in zip(table.columns, kinds, row, strict=True)
    ]


def _kind(cells: Sequence[Cell]) -> str:
    return ' class="text"' if any(isinstance(cell, str) for cell in cells) else ' class="number"'


def _ground(report: SuiteReport) -> str:
    subject, result = report.result.subject, report.result
    facts = [
        ("Model", f"<code>{subject.identity}</code>"),
        ("sha256 of the rows", f"<code>{subject.data_sha256}</code>"),
        ("Seed of draws and intervals", str(result.question.seed)),
        ("Seconds", f"{sum(outcome.seconds for outcome in result.outcomes):.1f}"),
        *(("", escape(note)) for note in subject.notes),
        ("Beside this page", "<code>report.json</code>, a CSV a table, <code>errors.jsonl</code>, a PNG a picture"),
    ]
    rows = "".join(f"<tr><td>{name}</td><td>{value}</td></tr>\n" for name, value in facts)
    return f'<section id="ground"><h2>What the figures rest on</h2><table><tbody>\n{rows}</tbody></table></section>'
