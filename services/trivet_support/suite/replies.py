"""What a bot says: does it find the right passage, refuse what it does not know, and leave no variable open?"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from trivet.data.splits import take_shots
from trivet.evaluation.measure import score_mean, score_share
from trivet.heads.prototypes import normalise
from trivet_service.suites.section import Found, Metric, Section, Table
from trivet_support.judging.foreign import foreign_messages
from trivet_support.judging.judged import Judged
from trivet_support.knowledge.library import Library
from trivet_support.knowledge.passage import Passage

# Questions an intent that its answer is known by, and passages that are looked at.
QUESTIONS, DEPTH = 5, 5
# Intents that get a reply of their own, and messages that are replied to.
INTENTS, ASKED, QUICK_ASKED = 100, 200, 40
REFUSED = {"fall_back", "hand_over", "clarify"}


def measure(judged: Judged) -> Found:
    """Retrieval by the model's own encoder among answers known by training questions; replies over HTTP."""
    ranks = _find(judged)
    reciprocal = np.where(ranks > 0, 1.0 / np.maximum(ranks, 1), 0.0)
    kinds, right, opened, said = _reply(judged)
    foreign, refused = _refuse(judged)
    answered = np.array(right, dtype=bool)
    return Found(
        metrics=(
            Metric.of("mrr@5", "Retrieval MRR@5", score_mean(reciprocal, seed=judged.seed), unit="number"),
            Metric.of("recall@1", "First passage right", score_share(ranks == 1)),
            Metric.of("refused", "Foreign messages not answered", score_share(refused)),
            *((Metric.of("right", "Replies of the right intent", score_share(answered)),) if len(answered) else ()),
            Metric("open_variables", "Replies with a variable open", float(opened), unit="rows", better="lower"),
        ),
        tables=(Table("kinds", "What is said", ("kind", "in scope", "foreign"), _count(kinds, foreign)),),
        notes=(
            f"Every intent has an answer that is known by {QUESTIONS} of its training questions; {said} messages were"
            " replied to over HTTP, the reply of each intent naming a variable that half of them gave.",
        ),
    )


def _find(judged: Judged) -> Any:
    """The place I64[N] of the first passage of the right intent among the nearest; 0: it is not among them."""
    rows = take_shots(judged.train, shots=QUESTIONS, seed=judged.seed)
    passages = [
        Passage(str(label), "", at, str(text), f"The answer to {label}.", 0, 1, is_answer=True)
        for at, (text, label) in enumerate(zip(rows["text"], rows["label"], strict=True))
    ]
    vectors = normalise(judged.artifact.embed([passage.read for passage in passages]))
    library = Library(passages, {one.digest: row for one, row in zip(passages, vectors)}, encoder="judged")
    asked = normalise(judged.artifact.embed(judged.texts))
    found = np.zeros(len(asked), dtype=np.int64)
    for at, (text, vector, label) in enumerate(zip(judged.texts, asked, judged.rows["label"], strict=True)):
        # Several questions lead to one answer: answers are counted, not questions.
        answers = list(dict.fromkeys(hit.passage.document for hit in library.search(text, vector, count=40)))[:DEPTH]
        found[at] = answers.index(str(label)) + 1 if str(label) in answers else 0
    return found


def _reply(judged: Judged) -> tuple[list[str], list[bool], int, int]:
    """Kinds of the replies in scope, whether each template is of the right intent, and those with a variable open."""
    client, known = judged.service.client, judged.labels[:INTENTS]
    for label in known:
        variants = [{"text": f"About {label}, under {{reference}}."}, {"text": f"About {label}."}]
        client.put(f"/v1/replies/{label}", json={"variants": variants}).raise_for_status()
    rows = list(zip(judged.texts, judged.rows["label"], strict=True))[: QUICK_ASKED if judged.is_quick else ASKED]
    kinds, right, opened = [], [], 0
    for at, (text, label) in enumerate(rows):
        asked = {"text": text, "variables": {"reference": "R-1842"} if at % 2 else {}}
        reply = client.post("/v1/respond", json=asked).raise_for_status().json()["reply"]
        kinds.append(str(reply["kind"]))
        opened += "{" in reply["text"]
        if reply["kind"] == "template" and label in known:
            right.append(reply["text"].startswith((f"About {label},", f"About {label}.")))
    return kinds, right, opened, len(rows)


def _refuse(judged: Judged) -> tuple[list[str], Any]:
    texts = [text for texts in foreign_messages(judged).values() for text in texts]
    step = max(1, len(texts) // (QUICK_ASKED if judged.is_quick else ASKED))
    kinds = [
        str(judged.service.client.post("/v1/respond", json={"text": text}).raise_for_status().json()["reply"]["kind"])
        for text in texts[::step]
    ]
    return kinds, np.array([kind in REFUSED for kind in kinds], dtype=bool)


def _count(kinds: list[str], foreign: list[str]) -> tuple[tuple[str, int, int], ...]:
    ours, theirs = Counter(kinds), Counter(foreign)
    return tuple((kind, ours[kind], theirs[kind]) for kind in sorted({*ours, *theirs}))


section = Section(
    11,
    "replies",
    "Replies",
    "Is the right passage found, what is not known refused, and no reply sent with a variable open?",
    measure,
)
