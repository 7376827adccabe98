"""A model with one more label: learnt from its examples alone, without the rows of the others."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from trivet.answers.classification import ClassificationFacts
from trivet.artifact.answering import Answering
from trivet.artifact.artifact import Artifact
from trivet.artifact.documents import read_document
from trivet.artifact.golden import Golden
from trivet.artifact.layout import GOLDEN, TOKENIZER, WEIGHTS, graph_folder
from trivet.artifact.parts import Parts
from trivet.artifact.save import save_artifact
from trivet.errors import ArtifactError
from trivet.heads.prototypes import Prototypes


def learn_label(artifact: Artifact, label: str, texts: Sequence[str]) -> Answering:
    """What the artifact answers by once it knows a label by some texts of it: milliseconds, and the others stay.

    What was promised is dropped with the thresholds that rest on rows held out, for nobody knows how many of those the
    new label would take. The temperature stays, and so does the threshold of novelty where prototypes measure it.

    Raises:
        ArtifactError: the artifact has no head of prototypes.
        DataError: the label is known already, or there are no texts.
        InputError: a text is empty or not valid.
    """
    facts, head, prototypes = artifact.facts, artifact.head, artifact.prototypes
    if not isinstance(facts, ClassificationFacts) or not isinstance(head, Prototypes):
        raise ArtifactError(
            "this model cannot learn a label without the rows of the others.",
            where=str(artifact.path),
            todo="Train it with method.head = 'prototypes', or train it again with the new rows.",
        )
    embeddings = artifact.embed(texts)
    grown = head.with_label(label, embeddings)
    by_prototypes = prototypes is not None and artifact.answering.yardstick is None
    return Answering(
        replace(
            facts,
            labels=grown.labels,
            operating_point=None,
            vector=None,
            sets=None,
            novelty_threshold=facts.novelty_threshold if by_prototypes else None,
        ),
        grown,
        None if prototypes is None else prototypes.with_label(label, embeddings),
    )


def save_grown(artifact: Artifact, label: str, texts: Sequence[str], out: Path, *, created: datetime) -> Path:
    """The artifact with one more label in a new folder, the old one as its parent; see `learn_label`.

    Raises:
        ArtifactError: something is at `out` already; else as `learn_label`.
    """
    answering = learn_label(artifact, label, texts)
    learnt = {
        "rows": len(texts),
        "sha256": hashlib.sha256("\n".join(texts).encode()).hexdigest(),
    }
    card = artifact.card
    added = {**card.notes.get("added_labels", {}), label: learnt}
    weights = artifact.path / WEIGHTS
    parts = Parts(
        recipe=artifact.recipe,
        facts=answering.facts,
        card=card.model_copy(
            update={
                "created": created,
                "parent": artifact.identity,
                "parent_reference": "",
                "descent": "new label",
                "scores": {},
                "baselines": {},
                "seconds": 0.0,
                "notes": {**card.notes, "added_labels": added},
            }
        ),
        tokenizer=artifact.path / TOKENIZER,
        graph=graph_folder(artifact.path, artifact.header),
        head=answering.head,
        prototypes=answering.prototypes,
        weights=weights if weights.is_dir() else None,
    )
    return save_artifact(parts, out, golden_texts=read_document(artifact.path / GOLDEN, Golden).texts)
