"""A small classifier of known quality, its answers and its report."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from trivet.answers.classification import ClassificationAnswer, ClassificationFacts, decode
from trivet.data.overlap import Overlap
from trivet.evaluation.baselines import majority
from trivet.evaluation.build import build_ranking_report, build_report
from trivet.evaluation.report import Report, Subject
from trivet.evaluation.rows import JudgedRows
from trivet.trust.risk import OperatingPoint

LABELS = ("card <lost>", "loan", "transfer", "rates")
POINT = OperatingPoint(risk=0.1, confidence=0.95, threshold=0.6, coverage=0.8, rows=500, held=True)
FACTS = ClassificationFacts(LABELS, max_tokens=16, operating_point=POINT, novelty_threshold=0.8)
SUBJECT = Subject(name="support", version=3, dataset="toy", split="test", data_sha256="ab" * 32)

Answer = Callable[..., list[ClassificationAnswer]]


@pytest.fixture(name="truth")
def _truth() -> list[str]:
    return [LABELS[at] for at in np.random.default_rng(0).choice(4, p=[0.4, 0.3, 0.2, 0.1], size=200)]


@pytest.fixture(name="answer")
def _answer() -> Answer:
    def answer(truth: list[str], *, skill: float, seed: int = 1, top: int = 4) -> list[ClassificationAnswer]:
        """Answers whose logit of the true label is raised by `skill` on average; 0 is pure chance."""
        rng = np.random.default_rng(seed)
        scores = rng.standard_normal((len(truth), 4))
        scores[np.arange(len(truth)), [LABELS.index(label) for label in truth]] += skill
        tokens = rng.integers(3, 40, size=len(truth))
        return decode(
            scores,
            FACTS,
            novelty=rng.uniform(0, 0.85, size=len(truth)),
            tokens=tokens.tolist(),
            truncated=(tokens > 16).tolist(),
            top=top,
        )

    return answer


@pytest.fixture(name="judge")
def _judge(truth: list[str], answer: Answer) -> Callable[..., Report]:
    def judge(*, skill: float = 3.0, seed: int = 1) -> Report:
        rows = JudgedRows(
            truth=truth,
            columns={"kind": ["typed" if at % 2 else "spoken" for at in range(len(truth))]},
            train_labels=["card <lost>"] * 90 + ["loan"] * 40 + ["transfer"] * 20 + ["rates"] * 5,
            overlap=Overlap(exact=2, normalised=3, tests=len(truth)),
        )
        return build_report(
            SUBJECT,
            rows,
            answer(truth, skill=skill, seed=seed),
            FACTS,
            baselines={
                "majority": majority(rows.train_labels, len(truth)),
                "chance": list(np.random.default_rng(9).choice(LABELS, size=len(truth))),
            },
            out_of_scope=answer(truth[:30], skill=0.0, seed=7),
            seconds=0.5,
            notes={"Engine": "int8"},
        )

    return judge


@pytest.fixture(name="report")
def _report(judge: Callable[..., Report]) -> Report:
    return judge()


@pytest.fixture(name="ranking_report")
def _ranking_report() -> Report:
    rng = np.random.default_rng(2)
    ndcg = rng.random(300)
    return build_ranking_report(
        SUBJECT,
        [f"user-{at}" for at in range(300)],
        {"ndcg@10": ndcg.tolist(), "hr@10": (ndcg > 0.5).astype(float).tolist()},
        baselines={"popular": (ndcg - 0.1 + 0.05 * rng.standard_normal(300)).tolist()},
        columns={"history": ["short" if at < 100 else "long" for at in range(300)]},
        seconds=1.0,
    )
