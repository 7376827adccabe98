"""No rows at all: labels told apart by their names, or by descriptions of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from trivet.answers.classification import ClassificationFacts
from trivet.data.descriptions import read_descriptions
from trivet.data.label_names import label_words
from trivet.errors import DataError, RecipeError
from trivet.export.frozen import frozen_graph
from trivet.export.judge import judge_int8
from trivet.heads.prototypes import Prototypes
from trivet.methods.candidate import Candidate
from trivet.methods.features import run_graph
from trivet.methods.ground import Ground
from trivet.recipe import Recipe
from trivet.recipe.method import ZeroShotMethod

if TYPE_CHECKING:
    import pandas as pd

# Without rows nothing can be calibrated: cosines become probabilities at the temperature that sentence encoders are
# trained with.
TEMPERATURE = 0.05


def build_zero_shot(recipe: Recipe, rows: pd.DataFrame, ground: Ground) -> Candidate:
    """Prototypes from what is said of each label; of the rows only the names of their labels are looked at.

    Nothing is held out, so nothing is promised: every text is answered.

    Raises:
        RecipeError: a template without `{}`.
        DataError: fewer than two labels, or one without a description where a file describes them.
    """
    method, precision = recipe.method, recipe.export.precision
    assert isinstance(method, ZeroShotMethod)
    said = describe_labels(method, tuple(sorted(str(label) for label in rows["label"].unique())))
    labels = tuple(said)
    if len(labels) < 2:
        raise DataError("a choice needs at least two labels.", where="label", todo="Describe another one.")
    ground.progress.stage("graph")
    graph = frozen_graph(ground.source, ground.settings, recipe.export)
    ground.progress.stage("head")
    texts = [text for several in said.values() for text in several]
    truth = np.repeat(np.arange(len(labels)), [len(several) for several in said.values()])
    embeddings = run_graph(graph, ground.tokenizer, texts, precision, ground.settings)["embedding"]
    head = Prototypes.fit(embeddings, truth, labels)
    cost = None
    if precision == "int8":
        cost = judge_int8(
            graph,
            ground.tokenizer.encode(texts),
            recipe.export,
            score=lambda outputs: head.scores(outputs["embedding"]),
            threads=ground.settings.threads,
        )
    return Candidate(
        source=ground.source,
        graph=graph,
        tokenizer=ground.source.path / "tokenizer.json",
        facts=ClassificationFacts(labels, recipe.task.max_tokens, temperature=TEMPERATURE),
        head=head,
        prototypes=head,
        weights=None,
        held_out=0,
        int8=cost,
        notes={"head": "prototypes", "texts_a_label": len(texts) / len(labels), "said": said, "rows_learnt": 0},
    )


def describe_labels(method: ZeroShotMethod, labels: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """The texts that stand for each label: its name in each template, and its description where there is a file.

    Raises:
        RecipeError, DataError: see `build_zero_shot`.
    """
    for template in method.templates:
        if "{}" not in template:
            raise RecipeError(
                f"the template {template!r} has no place for a name.", where="method.templates", todo="Write {} there."
            )
    described = dict.fromkeys(labels, "")
    if method.descriptions:
        described = read_descriptions(Path(method.descriptions).expanduser(), labels)
    return {
        label: (*(template.replace("{}", label_words(label)) for template in method.templates), *filter(None, [words]))
        for label, words in described.items()
    }
