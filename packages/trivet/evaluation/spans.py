"""The report of a model that finds spans; every figure comes from its table of predictions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trivet.answers.tagging import SpanKey, TaggingAnswer
from trivet.errors import InputError
from trivet.evaluation.measure import score_share
from trivet.evaluation.metrics.label_sets import macro_f1, micro_f1
from trivet.evaluation.metrics.spans import count_spans, count_types, score_types
from trivet.evaluation.predictions import BASELINE
from trivet.evaluation.report import Baseline, Report, Score, Slice, Subject
from trivet.evaluation.resample import compare_rounds, middle, resample_sums
from trivet.evaluation.slices import by_length

Rows = Sequence[Sequence[SpanKey]]
Doubles = NDArray[np.float64]


def build_span_report(
    subject: Subject,
    truth: Rows,
    answers: Sequence[TaggingAnswer],
    types: tuple[str, ...],
    *,
    baselines: Mapping[str, Rows],
    columns: Mapping[str, Sequence[str]] | None = None,
    seconds: float = 0.0,
    seed: int = 0,
) -> Report:
    """The report on test texts with these true spans; `baselines` are spans by simpler ways, `columns` slices.

    The main figure is micro F1 of whole spans; intervals and paired tests resample texts. A type that only the test has
    counts as missed. The same answers and seed give the same report.

    Raises:
        InputError: no texts, or another number of answers than texts.
    """
    table = tabulate_spans(truth, answers, baselines)
    known = (*types, *sorted({label for row in truth for _, _, label in row} - set(types)))
    hits = row_hits(table)
    return Report(
        kind="tagging",
        name=subject.name,
        version=subject.version,
        dataset=subject.dataset,
        split=subject.split,
        data_sha256=subject.data_sha256,
        rows=len(table),
        main="f1",
        metrics=measure_spans(table, known, seed=seed),
        baselines=measure_span_baselines(table, seed=seed),
        slices=_slice(table, hits, columns or {}, seed=seed),
        labels=known,
        per_class=score_types(count_types(read_spans(table["truth"]), read_spans(table["predicted"]), known), known),
        truncated=int(table["truncated"].sum()),
        seconds=float(seconds),
        seed=seed,
        notes={"spans": f"{int(hits[:, [0, 2]].sum())} true, {int(hits[:, :2].sum())} given"},
        predictions=table,
    )


def tabulate_spans(truth: Rows, answers: Sequence[TaggingAnswer], baselines: Mapping[str, Rows]) -> pd.DataFrame:
    """A row a text: true, predicted and baselines' spans, each as a JSON list of [start, end, type].

    Raises:
        InputError: no texts, or another number of answers or of predictions than texts.
    """
    if not len(truth) or len(truth) != len(answers):
        raise InputError(f"{len(truth)} texts but {len(answers)} answers.", where="answers")
    table = pd.DataFrame(
        {
            "row": pd.array([str(row) for row in range(len(truth))], dtype="str"),
            "truth": pd.array([_write(spans) for spans in truth], dtype="str"),
            "predicted": pd.array([_write(answer.keys) for answer in answers], dtype="str"),
            "confidences": pd.array(
                [json.dumps([round(span.confidence, 6) for span in answer.spans]) for answer in answers], dtype="str"
            ),
            "tokens": np.array([answer.tokens for answer in answers], dtype=np.int64),
            "truncated": np.array([answer.truncated for answer in answers], dtype=bool),
        }
    )
    for name, rows in baselines.items():
        if len(rows) != len(truth):
            raise InputError(f"{len(rows)} predictions for {len(truth)} texts.", where=f"baseline {name}")
        table[BASELINE + name] = pd.array([_write(spans) for spans in rows], dtype="str")
    return table


def measure_spans(table: pd.DataFrame, types: Sequence[str], *, seed: int) -> dict[str, Score]:
    """F1, precision and recall of spans, macro F1 over types, and the share of texts that are wholly right (Wilson)."""
    truth, given = read_spans(table["truth"]), read_spans(table["predicted"])
    hits, by_type = count_spans(truth, given), count_types(truth, given, types)
    drawn, whole = resample_sums(hits, seed=seed), hits.sum(axis=0)
    macro = middle(macro_f1(resample_sums(by_type, seed=seed)))
    return {
        "f1": _score(micro_f1(whole), micro_f1(drawn)),
        "precision": _score(_share(whole, 1), _share(drawn, 1)),
        "recall": _score(_share(whole, 2), _share(drawn, 2)),
        "macro_f1": Score(float(macro_f1(by_type.sum(axis=0))), macro.low, macro.high),
        "text_accuracy": score_share((hits[:, 1] == 0) & (hits[:, 2] == 0)),
    }


def measure_span_baselines(table: pd.DataFrame, *, seed: int) -> dict[str, Baseline]:
    """Each baseline's F1, and the paired bootstrap over texts of the model against it."""
    truth, ours = read_spans(table["truth"]), row_hits(table)
    found = {}
    for column in [name for name in table.columns if name.startswith(BASELINE)]:
        theirs = count_spans(truth, read_spans(table[column]))
        score = float(micro_f1(theirs.sum(axis=0)))
        test = compare_rounds(
            micro_f1(resample_sums(ours, seed=seed)),
            micro_f1(resample_sums(theirs, seed=seed)),
            difference=float(micro_f1(ours.sum(axis=0))) - score,
        )
        found[column.removeprefix(BASELINE)] = Baseline(
            score, test.difference, test.low, test.high, test.p, test.verdict
        )
    return found


def row_hits(table: pd.DataFrame) -> Doubles:
    """Rightly given, wrongly given and missed spans a text, F64[N,3]."""
    return count_spans(read_spans(table["truth"]), read_spans(table["predicted"]))


def read_spans(cells: pd.Series) -> list[list[SpanKey]]:
    """The spans of each JSON list."""
    return [[(start, end, label) for start, end, label in json.loads(cell)] for cell in cells]


def _write(spans: Sequence[SpanKey]) -> str:
    return json.dumps([list(span) for span in spans], ensure_ascii=False)


def _share(sums: Doubles, other: int) -> Doubles:
    """Right ones among all of right and the other column of sums [..., 3]; 0 where there is none."""
    return np.asarray(sums[..., 0] / np.maximum(sums[..., 0] + sums[..., other], 1), dtype=np.float64)


def _score(value: Doubles, drawn: Doubles) -> Score:
    ends = middle(drawn)
    return Score(float(value), ends.low, ends.high)


def _slice(table: pd.DataFrame, hits: Doubles, columns: Mapping[str, Sequence[str]], *, seed: int) -> tuple[Slice, ...]:
    """F1 by length and by each column."""
    groups = {"length": by_length(table["tokens"].to_numpy())}
    for name, values in columns.items():
        plain = np.array([str(value) for value in values], dtype=object)
        groups[name] = {kind: plain == kind for kind in sorted(set(plain))}
    found = []
    for by, members in groups.items():
        for name, chosen in members.items():
            if chosen.any():
                score = _score(micro_f1(hits[chosen].sum(axis=0)), micro_f1(resample_sums(hits[chosen], seed=seed)))
                found.append(Slice(by, name, int(chosen.sum()), score))
    return tuple(found)
