"""How well slots of a MultiDoGO domain are found: F1 of whole spans.

Options: `domain`; `turns`, how many of the customer's last turns are read before each.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any

from trivet.bench.service_measure import Asked, Option, ServiceMeasure
from trivet_support.dialogues.slots import hash_slots, write_slots

if TYPE_CHECKING:
    from trivet.bench.measures import Measured
    from trivet.settings import Settings


def run(asked: Asked) -> Measured:
    """True and predicted spans of every test turn, beside simpler ways; the interval resamples turns."""
    from trivet.artifact.artifact import Artifact
    from trivet.bench.measure_spans import measure_spans

    assert asked.recipe is not None
    domain, turns = str(asked.options["domain"]), int(str(asked.options.get("turns", 0)))
    folder = asked.work / "rows"
    for part, written in write_slots(domain, folder, asked.settings, turns=turns).items():
        asked.say(f"{domain} {part}: {written.rows} turns, {written.skipped} left out")
    recipe = asked.recipe.model_copy(
        update={"data": asked.recipe.data.model_copy(update={"dataset": str(folder.resolve())})}
    )
    with closing(Artifact.load(asked.train(recipe), threads=asked.settings.threads)) as artifact:
        return measure_spans(artifact, recipe, asked.settings, seed=asked.seed, macro=False)


def recompute(kept: dict[str, Any]) -> float:
    """F1 over all spans together, of those that were kept."""
    from trivet.bench.measure_spans import recompute_spans

    return recompute_spans(kept, macro=False)


def hash_data(options: Mapping[str, Option], settings: Settings) -> str:
    """Of the domain's files, as their card has it: what is not this content is refused when it is read."""
    del settings
    return hash_slots(str(options["domain"]))


measure = ServiceMeasure(run, recompute, hash_data)
