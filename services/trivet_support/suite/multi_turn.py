"""Messages deep in a dialogue: does what was said before help, and does a wrong history hurt?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trivet.data.context import join_context, split_context
from trivet.data.samples import SAMPLES, read_dialogues
from trivet.errors import DataError
from trivet.evaluation.compare import compare_paired
from trivet.evaluation.measure import score_share
from trivet.evaluation.picture import ACCENT, INK, Plot, draw
from trivet.evaluation.predictions import index_labels
from trivet_service.suites.section import Found, Metric, NothingToJudgeError, Section, Table
from trivet_support.history import read_column
from trivet_support.judging.judged import Judged

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Hits = NDArray[np.bool_]
# Deeper messages are counted together.
DEEPEST = 6


def measure(judged: Judged) -> Found:
    """Accuracy by depth; of a model that reads history also without it, and with that of another dialogue."""
    reads = read_column(judged.artifact.recipe.data.columns.context)
    if reads is None:
        return _alone(judged)
    parts = [split_context(text) for text in judged.texts]
    said = np.array([context for context, _ in parts], dtype=object)
    if not any(said):
        raise NothingToJudgeError("no test row has a history in front of its message.")
    messages = [message for _, message in parts]
    order = np.random.default_rng(judged.seed).permutation(len(said))
    without = _judge(judged, messages)
    shuffled = _judge(judged, [join_context(said[other], message) for other, message in zip(order, messages)])
    gain = compare_paired(judged.right, without, seed=judged.seed)
    hurt = compare_paired(without, shuffled, seed=judged.seed)
    depths = np.array([context.count("\n") if context else 0 for context in said])
    rows = [
        (
            _name(depth),
            int(at.sum()),
            float(judged.right[at].mean()),
            float(without[at].mean()),
            float(shuffled[at].mean()),
        )
        for depth, at in _by_depth(depths)
    ]
    columns = ("turns in front", "messages", "with history", "without", "with another's")
    return Found(
        metrics=(
            Metric.of("accuracy", "Accuracy with history", score_share(judged.right)),
            Metric.of("accuracy_without", "Accuracy without history", score_share(without)),
            Metric.points("gain", "Gained by history", gain, better="higher"),
            Metric.points("hurt", "Lost with another's history, against none", hurt, better="lower"),
        ),
        tables=(Table("depth", "By depth", columns, tuple(rows), shares=columns[2:]),),
        plots=(
            _draw(
                [row[0] for row in rows],
                {"with history": [row[2] for row in rows], "without": [row[3] for row in rows]},
            ),
        ),
        notes=(f"The model reads the last {reads.turns} turns{'' if reads.bot else ' of the customer'}.",),
    )


def _alone(judged: Judged) -> Found:
    """A model that reads no history, on the dialogues of a sample."""
    name = judged.dataset.name
    if name not in SAMPLES:
        raise NothingToJudgeError(
            "the model reads no history, and the rows have none: train it on rows with one to judge what it gains."
        )
    try:
        dialogues = read_dialogues(name)
    except DataError as error:
        raise NothingToJudgeError(f"the sample has no dialogues ({error.what})") from error
    texts, truth, depths = [], [], []
    for dialogue in dialogues:
        for at, turn in enumerate(dialogue.turns):
            if turn.intent in judged.labels:
                texts.append(turn.text)
                truth.append(turn.intent)
                depths.append(at)
    if not texts:
        raise NothingToJudgeError("no message of the dialogues has an intent that the model knows.")
    right = np.array(judged.answer(texts).labels, dtype=object) == np.array(truth, dtype=object)
    rows = [(_name(depth), int(at.sum()), float(right[at].mean())) for depth, at in _by_depth(np.array(depths))]
    return Found(
        metrics=(Metric.of("accuracy", "Accuracy, each message alone", score_share(right)),),
        tables=(
            Table("depth", "By depth", ("turns before", "messages", "each alone"), tuple(rows), shares=("each alone",)),
        ),
        plots=(_draw([row[0] for row in rows], {"each alone": [row[2] for row in rows]}),),
        notes=(
            "The model reads no history: deep messages are judged alone, and nothing is said about what history gains.",
        ),
    )


def _judge(judged: Judged, texts: list[str]) -> Hits:
    found = index_labels(judged.answer(texts).labels, judged.labels)
    return np.asarray(found == judged.truth, dtype=bool)


def _by_depth(depths: NDArray[Any]) -> list[tuple[int, Hits]]:
    capped = np.minimum(depths, DEEPEST)
    return [(int(depth), capped == depth) for depth in np.unique(capped)]


def _name(depth: int) -> str:
    return f"{depth} or more" if depth == DEEPEST else str(depth)


def _draw(depths: list[str], lines: dict[str, list[float]]) -> Plot:
    def paint(axes: Axes) -> None:
        for (name, values), colour in zip(lines.items(), (ACCENT, INK)):
            axes.plot(depths, values, color=colour, marker="o", label=name)
        axes.set(ylim=(0, 1.02), xlabel="turns before", ylabel="accuracy")
        axes.legend(frameon=False, loc="lower left")

    return draw("depth", "Accuracy by depth of the message", paint)


section = Section(
    5, "multi-turn", "In a dialogue", "Does what was said before help, and does a wrong history hurt?", measure
)
