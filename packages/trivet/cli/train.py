"""`trivet train`: a domain and a data set in, a registered model with its scores out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from trivet.cli.memory import spare_memory
from trivet.cli.output import print_json, print_lines, say
from trivet.cli.overrides import read_overrides
from trivet.cli.progress import ScreenProgress
from trivet.cli.services import recipe_of
from trivet.errors import RecipeError
from trivet.recipe import Recipe, knobs, read_recipe
from trivet.recipe.task import Pretraining
from trivet.settings import Settings

app = typer.Typer(add_completion=False, no_args_is_help=False)
# Steps between two checkpoints where a workspace is named and the recipe says nothing.
CHECKPOINT_STEPS = 50


@app.command()
def train(
    domain: Annotated[str, typer.Argument(help="A service (support, finance, recommend) or a recipe file.")] = "",
    dataset: Annotated[str, typer.Argument(help="A data set by name or path; default: the recipe's.")] = "",
    recipe: Annotated[str, typer.Option(help="Which recipe of the service.")] = "default",
    text: Annotated[str, typer.Option(help="Column of the text.")] = "",
    label: Annotated[str, typer.Option(help="Column of the label.")] = "",
    group: Annotated[str, typer.Option(help="Column whose values are never split between train and test.")] = "",
    test: Annotated[str, typer.Option(help="A file of test rows.")] = "",
    items: Annotated[str, typer.Option(help="The catalogue of a set of interactions.")] = "",
    method: Annotated[str, typer.Option(help="head, full, lora, few_shot or zero_shot.")] = "",
    encoder: Annotated[str, typer.Option(help="Catalogue name, hub id, path, or what was trained: name/3.")] = "",
    seed: Annotated[int | None, typer.Option(help="Seed of training.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="Any knob: --set training.epochs=3.")] = None,
    name: Annotated[str, typer.Option(help="Name in the registry; default: the domain's.")] = "",
    out: Annotated[Path | None, typer.Option(help="Save here instead of in the registry.")] = None,
    workspace: Annotated[Path | None, typer.Option(help="Keep checkpoints here.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where a run in the workspace was cut off.")] = False,
    plan: Annotated[bool, typer.Option("--plan", help="Only print rows, steps, minutes and memory.")] = False,
    no_evaluate: Annotated[bool, typer.Option("--no-evaluate", help="Do not open the test rows afterwards.")] = False,
    no_promote: Annotated[bool, typer.Option("--no-promote", help="Register, but do not make it live.")] = False,
    accept_licence: Annotated[
        bool, typer.Option("--accept-licence", help="It may go live though it is for research only; goes into the log.")
    ] = False,
    list_knobs: Annotated[bool, typer.Option("--knobs", help="List all knobs with their defaults.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Train a model: `trivet train support my.csv --text question --label intent`."""
    if list_knobs:
        print_json(knobs()) if as_json else print_lines([f"{knob:<32} {about}" for knob, about in knobs().items()])
        return
    if not domain:
        raise RecipeError("no domain given.", where="trivet train", todo="Say, for one, `trivet train support my.csv`.")
    flags = {
        "data.dataset": dataset,
        "data.columns.text": text,
        "data.columns.label": label,
        "data.columns.group": group,
        "data.test": test,
        "data.items": items,
        "method.kind": method,
        "encoder.name": encoder,
        "training.seed": seed,
        "name": name,
    }
    overrides = read_overrides(set_ or []) | {knob: value for knob, value in flags.items() if value not in ("", None)}
    if group:
        overrides.setdefault("data.split", "grouped")
    wanted = read_recipe(recipe_of(domain, recipe), overrides=overrides)
    if resume and workspace is None:
        raise RecipeError(
            "--resume needs the workspace of the run that was cut off.", where="--resume", todo="Add --workspace."
        )
    from trivet.artifact.licence import acceptance

    if workspace is not None and not wanted.training.checkpoint_steps:
        # Whoever names a workspace wants to go on from it.
        every = wanted.training.model_copy(update={"checkpoint_steps": CHECKPOINT_STEPS})
        wanted = wanted.model_copy(update={"training": every})
    settings = Settings()
    if plan:
        _print_plan(wanted, settings, as_json=as_json)
        return
    if isinstance(wanted.task, Pretraining):
        _pretrain(wanted, settings, out=out, workspace=workspace, resume=resume, as_json=as_json)
        return
    result = _train(
        wanted,
        settings,
        out=out,
        workspace=workspace,
        resume=resume,
        judge=not no_evaluate,
        go_live=not no_promote,
        accepted=acceptance() if accept_licence else "",
    )
    print_json(result) if as_json else print_lines(_summary(result))


def _train(
    recipe: Recipe,
    settings: Settings,
    *,
    out: Path | None,
    workspace: Path | None,
    resume: bool,
    judge: bool,
    go_live: bool,
    accepted: str,
) -> dict[str, Any]:
    from trivet.pipeline import train_and_register

    spare_memory()
    progress = ScreenProgress()
    try:
        return train_and_register(
            recipe,
            settings=settings,
            out=out,
            workspace=workspace,
            resume=resume,
            judge=judge,
            go_live=go_live,
            accepted=accepted,
            progress=progress,
        ).to_json()
    except KeyboardInterrupt:
        if workspace is not None:
            say(f"trivet: the last checkpoint is kept in {workspace}: add --resume to go on from it.")
        raise
    finally:
        progress.close()


def _pretrain(
    recipe: Recipe, settings: Settings, *, out: Path | None, workspace: Path | None, resume: bool, as_json: bool
) -> None:
    from trivet.pretrain import pretrain

    if out is None:
        raise RecipeError(
            "pre-training writes an encoder, not a version of a model.", where="--out", todo="Add --out DIR."
        )
    spare_memory()
    progress = ScreenProgress()
    try:
        done = pretrain(recipe, out=out, settings=settings, workspace=workspace, progress=progress, resume=resume)
    finally:
        progress.close()
    print_json(done.to_json()) if as_json else print_lines(done.lines())


def _print_plan(recipe: Recipe, settings: Settings, *, as_json: bool) -> None:
    from trivet.plan import plan_training

    plan = plan_training(recipe, settings=settings)
    print_json(plan.to_json()) if as_json else print_lines(plan.lines())


def _summary(result: dict[str, Any]) -> list[str]:
    """What a person wants to read after training: the score, the promise, where it is and what to do next."""
    lines = [result["headline"]]
    lines += [f"  {line}" for line in result["remarks"]]
    lines.append(f"  saved: {result['path']}" + (f" ({result['reference']})" if result["reference"] else ""))
    if result["aliases"]:
        lines.append(f"  alias: {', '.join(result['aliases'])}")
    if result["refused"]:
        say(f"trivet: not made live: {result['refused']}")
    if result["next"]:
        lines.append(f"  next:  {result['next']}")
    return lines
