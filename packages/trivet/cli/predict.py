"""`trivet predict`: answers texts, or a whole file to a Parquet file that a cut-off run goes on with."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from trivet.cli.output import print_json, print_table, say
from trivet.errors import InputError
from trivet.settings import Settings

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.command()
def predict(
    model: Annotated[str, typer.Argument(help="name, name/3, name@live, or a folder.")],
    texts: Annotated[list[str] | None, typer.Argument(help="Texts; none: one a line from standard input.")] = None,
    file: Annotated[Path | None, typer.Option(help="A file of texts: CSV, JSONL or Parquet.")] = None,
    text: Annotated[str, typer.Option(help="Column of the text.")] = "",
    out: Annotated[Path | None, typer.Option(help="A Parquet file for the answers of --file.")] = None,
    top: Annotated[int, typer.Option(min=1, max=100, help="Labels in the ranking.")] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Answer texts: `trivet predict support "card still not here"`."""
    from trivet.registry.open import open_artifact

    settings = Settings()
    if (file is None) != (out is None):
        raise InputError("--file and --out go together.", where="trivet predict", todo="Give both, or texts.")
    artifact = open_artifact(model, settings)
    if file is not None and out is not None:
        from trivet.predict import predict_file

        done = predict_file(artifact, file, out, column=text, settings=settings, say=say)
        print_json(done.to_json()) if as_json else say(done.line())
        return
    given = texts or [line.rstrip("\n") for line in sys.stdin]
    rows = [_row(asked, answer) for asked, answer in zip(given, artifact.predict(given, top=top), strict=True)]
    columns = [name for name in rows[0] if name not in ("truncated", "spans")] if rows else []
    print_json(rows) if as_json else print_table(rows, columns=columns)


def _row(text: str, answer: Any) -> dict[str, Any]:
    from trivet.answers.multilabel import MultilabelAnswer
    from trivet.answers.multitask import MultitaskAnswer
    from trivet.answers.regression import RegressionAnswer
    from trivet.answers.tagging import TaggingAnswer
    from trivet.data.context import split_context

    if isinstance(answer, TaggingAnswer):
        spans = [{**asdict(span), "confidence": round(span.confidence, 4)} for span in answer.spans]
        told = ", ".join(f"{span.label} {span.text!r} {span.confidence:.2f}" for span in answer.spans)
        return {"text": split_context(text)[1], "spans": spans, "told": told, "truncated": answer.truncated}
    if isinstance(answer, MultitaskAnswer):
        parts = {name: _row(text, part) for name, part in answer.answers.items()}
        told = ", ".join(f"{name} {part['label']} {part['confidence']:.2f}" for name, part in parts.items())
        return {"text": text, "tasks": parts, "told": told, "truncated": answer.truncated}
    if isinstance(answer, RegressionAnswer):
        ends = {
            name: None if end is None else round(end, 4) for name, end in (("low", answer.low), ("high", answer.high))
        }
        value = round(answer.value, 4)
        return {"text": text, "value": value, **ends, "decision": answer.decision, "truncated": answer.truncated}
    ranking = ", ".join(f"{label} {chance:.2f}" for label, chance in answer.ranking)
    if isinstance(answer, MultilabelAnswer):
        return {
            "text": text,
            "labels": [label for label, _ in answer.labels],
            "confidences": [round(chance, 4) for _, chance in answer.labels],
            "decision": answer.decision,
            "ranking": ranking,
            "truncated": answer.truncated,
        }
    return {
        "text": text,
        "label": answer.label,
        "confidence": round(answer.confidence, 4),
        "decision": answer.decision,
        "ranking": ranking,
        "truncated": answer.truncated,
        **({} if answer.conformal_set is None else {"conformal_set": list(answer.conformal_set)}),
    }
