"""Points of accuracy that are lost where every test message has one small change, read as the service reads them.

Options: `change`, one of `trivet_support.judging.changes`. Beside it what is lost where messages are read as typed.
"""

from __future__ import annotations

import string
from contextlib import closing
from typing import TYPE_CHECKING, Any

from trivet.bench.service_measure import Asked, ServiceMeasure

if TYPE_CHECKING:
    from trivet.bench.measures import Measured


def run(asked: Asked) -> Measured:
    """Right or wrong of every test message, without and with the change; the interval is a paired bootstrap's."""
    assert asked.recipe is not None
    # Before anything else is imported: what was trained then rests on no module that reads messages.
    trained = asked.train(asked.recipe)
    import numpy as np

    from trivet.artifact.artifact import Artifact
    from trivet.bench.measures import Measured
    from trivet.bench.record import Baseline
    from trivet.data.sources import open_dataset
    from trivet.data.splits import test_rows, training_rows
    from trivet.evaluation.compare import compare_paired
    from trivet_support.hearing.learnt import spelling_of
    from trivet_support.hearing.plain import make_plain
    from trivet_support.judging.changes import change_all

    data = asked.recipe.data
    dataset = open_dataset(data, asked.settings)
    rows = test_rows(dataset, data)
    texts, truth = list(rows["text"]), np.asarray(rows["label"], dtype=object)
    changed = change_all(texts, str(asked.options["change"]), seed=asked.seed)
    with closing(Artifact.load(trained, threads=asked.settings.threads)) as artifact:
        spelling = spelling_of(artifact, list(training_rows(dataset, data)["text"]))

        def judge(messages: list[str], *, is_plain: bool) -> Any:
            heard = [make_plain(text, spelling) for text in messages] if is_plain else messages
            found = [answer.label for answer in artifact.classify(heard, top=1)]
            return np.asarray(np.asarray(found, dtype=object) == truth, dtype=bool)

        kept = {
            "unchanged": judge(texts, is_plain=True).tolist(),
            "changed": judge(changed, is_plain=True).tolist(),
            "typed_unchanged": judge(texts, is_plain=False).tolist(),
            "typed_changed": judge(changed, is_plain=False).tolist(),
            "letters_answered": [
                answer.decision == "answer" for answer in artifact.classify(list(string.ascii_letters), top=1)
            ],
        }
    lost = compare_paired(kept["unchanged"], kept["changed"], seed=asked.seed)
    beside = {
        "read as typed": Baseline(value=_lost(kept["typed_unchanged"], kept["typed_changed"])),
        "accuracy unchanged": Baseline(value=float(np.mean(kept["unchanged"]))),
        "accuracy unchanged, read as typed": Baseline(value=float(np.mean(kept["typed_unchanged"]))),
        "messages of one letter answered": Baseline(value=float(np.mean(kept["letters_answered"]))),
    }
    return Measured(kept, 100 * lost.low, 100 * lost.high, beside)


def recompute(kept: dict[str, Any]) -> float:
    """Points lost, of what was kept."""
    return _lost(kept["unchanged"], kept["changed"])


def _lost(unchanged: list[bool], changed: list[bool]) -> float:
    return 100 * (sum(unchanged) - sum(changed)) / len(unchanged)


measure = ServiceMeasure(run, recompute)
