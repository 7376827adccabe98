"""`trivet suite`: everything that is known to matter of a model of a service, with gates."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_FAILED = 1


def suite(
    service: Annotated[str, typer.Argument(help="Which service, for example support.")],
    model: Annotated[str, typer.Argument(help="name, name/3, name@live, or a folder; default: its live model.")] = "",
    data: Annotated[str, typer.Option(help="A data set by name or path; default: the one it was trained on.")] = "",
    out: Annotated[
        Path | None, typer.Option(help="Write report.html, report.json, tables, pictures and errors here.")
    ] = None,
    sections: Annotated[str, typer.Option(help="Only these, separated by commas.")] = "",
    quick: Annotated[bool, typer.Option("--quick", help="Smaller counts and samples: seconds.")] = False,
    against: Annotated[str, typer.Option(help="A model to test it against; default: the live one.")] = "",
    gates: Annotated[
        Path | None, typer.Option(help="Tolerances to keep; default: the service's own for the data set.")
    ] = None,
    write_gates: Annotated[
        Path | None, typer.Option("--write-gates", help="Write what was found as tolerances to this file.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of draws and intervals.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Judge a model by all sections: `trivet suite support --out report`. Exit code 1 where something fails."""
    from trivet.cli.output import print_json, print_lines
    from trivet.cli.progress import ScreenProgress
    from trivet.errors import TrivetError
    from trivet_service.service import find_service
    from trivet_service.suites.gates import check_gates, read_gates
    from trivet_service.suites.gates import write_gates as put_gates
    from trivet_service.suites.report import SuiteReport
    from trivet_service.suites.suite import Question, run_suite
    from trivet_service.suites.write import check_folder, write_suite

    chosen = find_service(service)
    if chosen.suite is None:
        raise TrivetError(f"{service} has no suite.", where="trivet suite", todo="Use `trivet evaluate`.")
    made = chosen.suite()
    if out is not None:
        check_folder(out)
    tolerances = read_gates(gates) if gates is not None else ()
    question = Question(model or chosen.reference, data, against, quick, seed)
    progress = ScreenProgress()
    try:
        result = run_suite(made, question, names=[name for name in sections.split(",") if name], progress=progress)
    finally:
        progress.close()
    # A file of the service's own: tolerances of one data set say nothing about another.
    path = gates or made.gates / f"{result.subject.dataset}.toml"
    if gates is None and path.exists():
        tolerances = read_gates(path)
    called = str(path) if gates is not None else f"{path.parent.name}/{path.name}"
    checked = check_gates(tolerances, result.outcomes)
    report = SuiteReport(result, checked, called if checked else "")
    page = write_suite(report, out) if out is not None else None
    if write_gates is not None:
        about = f"{result.subject.dataset}, as `trivet suite {service}{' --quick' if quick else ''}` found it."
        put_gates(write_gates, result.outcomes, about=about)
    if as_json:
        print_json(report.to_json())
    else:
        print_lines([*report.lines(), *([f"  report: {page}"] if page else [])])
    if not report.passed:
        raise typer.Exit(_FAILED)
