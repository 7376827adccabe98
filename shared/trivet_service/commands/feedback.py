"""`trivet feedback`: what was said of answers, and rows to train on from it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

feedback = typer.Typer(add_completion=False, no_args_is_help=True, help="Feedback on answers: summary, export.")
ServiceName = Annotated[str, typer.Argument(help="The service that answered.")]
TenantName = Annotated[str, typer.Option("--tenant", help="Whose feedback.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document.")]


@feedback.command()
def summary(
    service: Annotated[str, typer.Argument(help="Only this service.")] = "",
    tenant: TenantName = "default",
    as_json: Json = False,
) -> None:
    """How many answers were told right, by version, and whether more are wrong than the model promised."""
    from trivet_service.commands.opened import opened_database
    from trivet_service.predictions.schemas import show_counts
    from trivet_service.predictions.watch import alarms_by_version, alarms_of, count_feedback, select_told

    with opened_database() as database, database.of(tenant).reading() as rows:
        alarms = alarms_of(select_told(rows, service))
        counted = count_feedback(rows, service)
    shown = [show_counts(one, alarms_by_version(alarms, one.served)).model_dump() for one in counted]
    if as_json:
        print(json.dumps(shown))
        return
    from trivet.cli.output import print_table

    said = {None: "", False: "quiet", True: "RINGS"}
    rows_shown = [{**one, "alarm": said[one["alarm"] and one["alarm"]["rings"]]} for one in shown]
    print_table(rows_shown, columns=("service", "model", "version", "right", "wrong", "unknown", "alarm"))


@feedback.command()
def export(
    service: ServiceName,
    out: Annotated[Path, typer.Option(help="The CSV file to write, with the columns text and label.")],
    tenant: TenantName = "default",
    as_json: Json = False,
) -> None:
    """Redacted texts with the labels that people gave or confirmed: `trivet train SERVICE FILE` reads them."""
    from functools import partial

    from trivet.errors import DataError
    from trivet_service.audit import operator, record_now
    from trivet_service.commands.opened import opened_database
    from trivet_service.predictions.training_rows import training_rows, write_rows

    with opened_database() as database:
        found = database.of(tenant).read(partial(training_rows, service=service))
        if not found:
            raise DataError(
                f"no text of {service} was told right or corrected.",
                where=f"tenant {tenant}",
                todo="Serve with TRIVET_PREDICTION_TEXTS=true, and send feedback to POST /v1/feedback.",
            )
        if not out.parent.is_dir():
            raise DataError("there is no such folder.", where=str(out.parent), todo="Make it, or give another --out.")
        write_rows(found, out)
        record_now(database, tenant, operator(), "data.exported", f"feedback of {service}", {"rows": len(found)})
    labels = len({label for _, label in found})
    if as_json:
        print(json.dumps({"path": str(out), "rows": len(found), "labels": labels}))
    else:
        print(f"{out}: {len(found)} texts with {labels} labels. Train on them: trivet train {service} {out}")
