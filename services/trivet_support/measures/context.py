"""What the turns before a message are worth: points gained by a model that reads them over one that does not.

Both learn from the same messages by the same recipe. The figure is accuracy, or micro F1 where a text has several
labels; the interval and the test resample dialogues, as the turns of one are alike. Beside it what the model makes of
messages behind the history of another dialogue, and what either scores. Options: `set`; `turns`, how many are read;
`dropped` and `wrong`, the shares of training rows without a history and with another dialogue's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trivet.bench.service_measure import Asked, Option, ServiceMeasure

if TYPE_CHECKING:
    from collections.abc import Callable

    from trivet.artifact.artifact import Artifact
    from trivet.bench.measures import Measured
    from trivet.recipe import Recipe
    from trivet.settings import Settings
    from trivet_support.dialogues.example import Dialogues, Example
    from trivet_support.history import Reads

# Of each row: labels found that are right, labels found, labels that there are.
Counts = NDArray[np.int64]


def run(asked: Asked) -> Measured:
    """Trains with and without history and judges both on every test turn."""
    from trivet.artifact.artifact import Artifact
    from trivet.bench.measures import Measured
    from trivet.bench.record import Baseline
    from trivet.evaluation.resample import compare_rounds, middle
    from trivet_support.dialogues.sets import open_set
    from trivet_support.dialogues.write import fits_in
    from trivet_support.history import Reads

    assert asked.recipe is not None
    dialogues = open_set(str(asked.options["set"]), asked.settings)
    task = asked.recipe.task
    assert task.kind in ("classification", "multilabel")
    fits = fits_in(asked.recipe.encoder.name, task.max_tokens, asked.settings)
    test = dialogues.parts["test"]
    kept: dict[str, Any] = {"groups": [list(dict.fromkeys(one.group for one in test)).index(one.group) for one in test]}
    with_history = Reads(int(str(asked.options["turns"])), bot=dialogues.bot)
    for name, reads in (("with", with_history), ("without", None)):
        path = asked.train(_over_rows(asked, dialogues, reads, fits=fits))
        with closing(Artifact.load(path, threads=asked.settings.threads)) as artifact:
            kept[name] = _judge(artifact, test, reads, fits).tolist()
            if reads:
                kept["wrong"] = _judge(artifact, _exchange(test, asked.seed), reads, fits).tolist()
                kept["none"] = _judge(artifact, [replace(one, history=()) for one in test], reads, fits).tolist()
        asked.say(f"{asked.options['set']} {name} history: {100 * _f1(np.asarray(kept[name]).sum(axis=0)):.2f}")
    rounds = {name: _resample(kept, name, seed=asked.seed) for name in ("with", "without", "wrong")}
    gain = recompute(kept) / 100
    test_of = {
        "without history": ("without", compare_rounds(rounds["with"], rounds["without"], difference=gain).p),
        "wrong history": ("wrong", None),
        "history left out": ("none", None),
        "with history": ("with", None),
    }
    baselines = {
        said: Baseline(value=100 * float(_f1(np.asarray(kept[name]).sum(axis=0))), paired_p=p)
        for said, (name, p) in test_of.items()
    }
    cost = middle(100 * (rounds["without"] - rounds["wrong"]))
    baselines["wrong history costs at most (97.5 %)"] = Baseline(value=cost.high)
    ends = middle(100 * (rounds["with"] - rounds["without"]))
    return Measured(kept, ends.low, ends.high, baselines)


def recompute(kept: dict[str, Any]) -> float:
    """Points of the model that reads history less those of the one that does not."""
    return 100 * float(_f1(np.asarray(kept["with"]).sum(axis=0)) - _f1(np.asarray(kept["without"]).sum(axis=0)))


def hash_data(options: Mapping[str, Option], settings: Settings) -> str:
    """Of the set's files, as their card has it: what is not this content is refused when it is read."""
    from trivet.data.cards import read_card
    from trivet_support.dialogues.sets import CARDS

    del settings
    card = read_card(str(options["set"]), folder=CARDS)
    joined = "".join(f"{path} {file.sha256}\n" for path, file in sorted(card.files.items()))
    return hashlib.sha256(joined.encode()).hexdigest()


def _over_rows(asked: Asked, dialogues: Dialogues, reads: Reads | None, *, fits: Callable[[str], bool]) -> Recipe:
    """The recipe over the rows of the set, which are written now."""
    from trivet_support.dialogues.write import Spoiling, write_rows

    assert asked.recipe is not None
    folder = (asked.work / ("with" if reads else "without")).resolve()
    shares = {name: float(str(asked.options.get(name, 0.15))) for name in ("dropped", "wrong")}
    for part, written in write_rows(
        dialogues, folder, reads=reads, fits=fits, spoiling=Spoiling(**shares, seed=asked.seed)
    ).items():
        asked.say(f"{part}: {written.rows} rows, {written.unknown} of labels that training lacks")
    data = asked.recipe.data.model_copy(update={"dataset": str(folder)})
    columns = data.columns.model_copy(update={"context": reads.column if reads else ""})
    return asked.recipe.model_copy(update={"data": data.model_copy(update={"columns": columns})})


def _judge(artifact: Artifact, examples: Sequence[Example], reads: Reads | None, fits: Callable[[str], bool]) -> Counts:
    """What a model finds in each example: I64[N, 3]. A label that it does not know counts as missed."""
    from trivet.answers.multilabel import MultilabelAnswer
    from trivet_support.history import compose

    texts = [compose(one.text, one.history, reads=reads, fits=fits)[0] if reads else one.text for one in examples]
    found = []
    for one, answer in zip(examples, artifact.predict(texts), strict=True):
        several = isinstance(answer, MultilabelAnswer)
        # The task of the recipe says which of the two it is.
        given = {label for label, _ in answer.labels} if several else {answer.label}  # type: ignore[union-attr]
        found.append((len(given & set(one.labels)), len(given), len(one.labels)))
    return np.array(found, dtype=np.int64)


def _exchange(examples: Sequence[Example], seed: int) -> list[Example]:
    """Each message behind the history of another turn of another dialogue."""
    order = np.random.default_rng(seed).permutation(len(examples))
    others = [examples[at] for at in order]
    return [
        replace(one, history=other.history if other.group != one.group else ())
        for one, other in zip(examples, others, strict=True)
    ]


def _resample(kept: dict[str, Any], name: str, *, seed: int) -> NDArray[np.float64]:
    """F1 of each round of drawn dialogues; the same dialogues are drawn whatever the name."""
    from trivet.evaluation.intervals import ROUNDS, draw_rows

    groups, counts = np.asarray(kept["groups"]), np.asarray(kept[name])
    sums = np.zeros((groups.max() + 1, 3))
    np.add.at(sums, groups, counts)
    return np.concatenate([_f1(sums[drawn].sum(axis=1)) for drawn in draw_rows(len(sums), seed=seed, rounds=ROUNDS)])


def _f1(sums: NDArray[Any]) -> Any:
    """Micro F1 of sums of counts [..., 3]; of one label a text it is the accuracy."""
    return 2 * sums[..., 0] / np.maximum(sums[..., 1] + sums[..., 2], 1)


measure = ServiceMeasure(run, recompute, hash_data)
