"""`trivet support`: what belongs to the support service alone."""

from __future__ import annotations

import json
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from trivet_support.rules.rule import RuleSet

support = typer.Typer(add_completion=False, no_args_is_help=True, help="The support service: its business rules.")
rules = typer.Typer(add_completion=False, no_args_is_help=True, help="Business rules: check a file of them.")
support.add_typer(rules, name="rules")


@support.callback()
def _support() -> None:
    """Keeps `rules` a command of its own."""


@rules.command()
def check(
    file: Annotated[Path, typer.Argument(help="Rules as TOML (.toml) or JSON.")],
    text: Annotated[str, typer.Option(help="A message to try them on.")] = "",
    intent: Annotated[str, typer.Option(help="The intent that the model would see in it.")] = "",
    channel: Annotated[str, typer.Option(help="Where it would come from.")] = "",
    at: Annotated[datetime | None, typer.Option(help="When it would come: 2026-12-24T18:00; none: now.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The rules as PUT /v1/rules takes them.")] = False,
) -> None:
    """Read rules as the server would: contradictions, rules that never fire, patterns, hours; and try a message."""
    from trivet.errors import InputError
    from trivet_support.rules.condition import Situation
    from trivet_support.rules.rule_file import read_rule_file
    from trivet_support.rules.rulebook import read_rules

    found = read_rule_file(file)
    try:
        book = read_rules(found)
    except InputError as error:
        raise InputError(error.what, where=f"{file}{error.where}", todo=error.todo) from error
    if as_json:
        print(json.dumps(found.model_dump(mode="json", exclude_defaults=True)))
        return
    _show(found)
    if text:
        now = at.timestamp() if at else time.time()
        here = Situation(text=text, intent=intent, confidence=1.0, decision="answer", now=now, channel=channel)
        ruling = book.judge(here)
        for fired in ruling.fired:
            print(f"{fired.name}: {fired.effect} ({fired.because})")
        for ban in ruling.bans:
            print(f"{ban.fired.name}: forbids {', '.join(ban.phrases)}")
        if not ruling.fired and not ruling.bans:
            print("No rule applies.")


def _show(found: RuleSet) -> None:
    from trivet.cli.output import print_table

    in_order = sorted(found.rules, key=lambda rule: -rule.priority)
    rows: list[dict[str, Any]] = [
        {"priority": rule.priority, "name": rule.name, "effect": rule.then.do, "because": rule.because}
        for rule in in_order
    ]
    print(f"{len(rows)} rules, in the order in which they are asked:")
    print_table(rows, columns=("priority", "name", "effect", "because"))
