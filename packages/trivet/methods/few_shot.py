"""A few rows a label: the encoder tuned by contrast between them, then a head over it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, assert_never

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from trivet.backbone.blend import blend_weights
from trivet.backbone.precision import use_bf16
from trivet.backbone.trained import encoder_of, save_weights
from trivet.data.label_names import label_words
from trivet.errors import DataError
from trivet.export.graph import export_graph
from trivet.export.judge import judge_int8
from trivet.heads.head import Head
from trivet.heads.logistic import LogisticHead
from trivet.heads.prototypes import Prototypes
from trivet.methods.candidate import Candidate
from trivet.methods.features import run_graph
from trivet.methods.fitted import Fitted
from trivet.methods.ground import Ground
from trivet.methods.promises import HeldOut, promise
from trivet.methods.tune import tune
from trivet.recipe import Recipe
from trivet.recipe.method import FewShotMethod
from trivet.tasks.outputs import compute_outputs
from trivet.tasks.similarity import Embedder
from trivet.trust.novelty import novelty
from trivet.trust.temperature import fit_temperature, log_loss

if TYPE_CHECKING:
    import pandas as pd

Floats = np.ndarray
# Rows that int8 is compared with fp32 on.
INT8_ROWS = 512


@dataclass(frozen=True)
class Learnt:
    """What a head is fitted on: embeddings F32[N, D] of rows (and of names where they count), labels I64[N]."""

    embeddings: Floats
    truth: Floats


def build_few_shot(recipe: Recipe, rows: pd.DataFrame, ground: Ground) -> Candidate:
    """An encoder and a head from all rows; choices and promises rest on fits that each leave a part of the rows out.

    The set's own validation part is not opened: it is larger than what is learnt from.

    Raises:
        DataError: a label with a single row, or fewer than two labels.
        ArtifactError: int8 loses more than `export.max_int8_loss`.
    """
    method = recipe.method
    assert isinstance(method, FewShotMethod)
    labels = tuple(sorted(str(label) for label in rows["label"].unique()))
    truth = np.searchsorted(np.asarray(labels), rows["label"].to_numpy(dtype=str))
    ground.progress.stage("fit")
    fitted = _fit(recipe, rows, ground.below("fit"))
    ground.progress.stage("export")
    names = [label_words(label) for label in labels] if method.names else []
    texts = [*rows["text"], *names]
    order = np.random.default_rng(recipe.data.seed).permutation(len(texts))
    graph = export_graph(
        fitted.module,
        ground.tokenizer,
        [texts[at] for at in order],
        recipe.export,
        ground.workspace / "graphs",
        outputs=("embedding",),
    )
    ground.progress.stage("promises")
    held_out, penalty = _hold_out(recipe, rows, truth, labels, ground)
    ground.progress.stage("head")
    precision = recipe.export.precision
    embeddings = run_graph(graph, ground.tokenizer, texts, precision, ground.settings)["embedding"]
    learnt = Learnt(embeddings, np.concatenate([truth, np.arange(len(names))]))
    head = _head(method, learnt, labels, penalty)
    compared = order[order < len(rows)][:INT8_ROWS]
    cost = None
    if precision == "int8":
        cost = judge_int8(
            graph,
            ground.tokenizer.encode([texts[at] for at in compared]),
            recipe.export,
            score=lambda outputs: head.scores(outputs["embedding"]),
            truth=truth[compared],
            threads=ground.settings.threads,
        )
    notes: dict[str, Any] = {
        "head": head.describe()["kind"],
        "out_of_fold_accuracy": float((held_out.scores.argmax(axis=1) == held_out.truth).mean()),
        "trainable_share": fitted.trainable_share,
        **fitted.history.to_json(),
    }
    return Candidate(
        source=ground.source,
        graph=graph,
        tokenizer=ground.source.path / "tokenizer.json",
        facts=promise(held_out, labels=labels, max_tokens=recipe.task.max_tokens, trust=recipe.trust),
        head=head,
        prototypes=Prototypes.fit(embeddings[: len(rows)], truth, labels),
        weights=save_weights(fitted.module, ground.workspace / "weights"),
        held_out=len(held_out.truth),
        int8=cost,
        notes=notes,
    )


def deal_folds(truth: Floats, count: int, *, seed: int) -> list[Floats]:
    """Rows I64 of each fold: each label's are dealt out in turn, but so that two of it are left outside every fold.

    A label with only two rows is thus never held out.

    Raises:
        DataError: no label has a third row.
    """
    order = np.random.default_rng(seed).permutation(len(truth))
    folds: list[list[int]] = [[] for _ in range(count)]
    turn = 0
    for label in np.unique(truth):
        own = order[truth[order] == label]
        for row in own[: count * max(0, len(own) - 2)]:
            folds[turn % count].append(int(row))
            turn += 1
    if not turn:
        raise DataError(
            "no label has a third row, so none can be held out to choose and to promise by.",
            where="label",
            todo="Give three rows of a label or more, or use method.kind = 'head'.",
        )
    return [np.sort(np.asarray(fold, dtype=np.int64)) for fold in folds if fold]


def _fit(recipe: Recipe, rows: pd.DataFrame, ground: Ground) -> Fitted:
    """The encoder tuned on the rows and blended with what it was."""
    method = recipe.method
    assert isinstance(method, FewShotMethod)
    fitted = tune(
        recipe,
        rows,
        None,
        settings=ground.settings,
        workspace=ground.workspace,
        progress=ground.progress,
        resume=ground.resume,
    )
    encoder = encoder_of(fitted.module)
    blend_weights(encoder, ground.source, share=method.blend)
    # The linear head that was tuned beside it is dropped: it belongs to the weights before the blend.
    return replace(fitted, module=Embedder(encoder).eval())


def _hold_out(
    recipe: Recipe, rows: pd.DataFrame, truth: Floats, labels: tuple[str, ...], ground: Ground
) -> tuple[HeldOut, float]:
    """Scores and novelties of rows by fits that have not seen them, at the penalty that is best on them; and that one.

    Those fits have fewer rows than the one that is served, so what is promised is rather too little than too much.
    """
    method = recipe.method
    assert isinstance(method, FewShotMethod)
    penalties = method.weight_penalties if method.head == "logistic" else method.weight_penalties[:1]
    names = [label_words(label) for label in labels] if method.names else []
    scores: list[list[Floats]] = [[] for _ in penalties]
    novelties: list[Floats] = []
    folds = deal_folds(truth, method.folds, seed=recipe.data.seed)
    for number, fold in enumerate(folds):
        kept = np.setdiff1d(np.arange(len(truth)), fold)
        fitted = _fit(recipe, rows.iloc[kept], ground.below(f"fold-{number}"))
        texts = [*rows["text"].iloc[kept], *names, *rows["text"].iloc[fold]]
        bf16 = use_bf16(recipe.training.bf16, torch.device("cpu"))
        embeddings = compute_outputs(fitted.module, ground.tokenizer.encode(texts), bf16=bf16)[0].numpy()
        seen, unseen = embeddings[: -len(fold)], embeddings[-len(fold) :]
        learnt = Learnt(seen, np.concatenate([truth[kept], np.arange(len(names))]))
        for at, penalty in enumerate(penalties):
            scores[at].append(_head(method, learnt, labels, penalty).scores(unseen).astype(np.float64))
        means = Prototypes.fit(seen[: len(kept)], truth[kept], labels).means
        novelties.append(novelty(unseen, means))
    held = truth[np.concatenate(folds)]
    tried = [HeldOut(np.concatenate(one), np.concatenate(novelties), held) for one in scores]
    best = max(range(len(tried)), key=lambda at: _merit(tried[at]))
    return tried[best], penalties[best]


def _head(method: FewShotMethod, learnt: Learnt, labels: Sequence[str], penalty: float) -> Head:
    match method.head:
        case "prototypes":
            return Prototypes.fit(learnt.embeddings, learnt.truth, labels)
        case "logistic":
            # Small matrices: a second BLAS thread costs more than it brings, above all on a busy machine.
            with threadpool_limits(1):
                return LogisticHead.fit(learnt.embeddings, learnt.truth, labels, penalties=(penalty,), seed=0)
        case _:
            assert_never(method.head)


def _merit(held_out: HeldOut) -> tuple[float, float]:
    """Accuracy; equal ones are told apart by the log loss after calibration."""
    right = float((held_out.scores.argmax(axis=1) == held_out.truth).mean())
    temperature = fit_temperature(held_out.scores, held_out.truth)
    return right, -log_loss(held_out.scores, held_out.truth, temperature=temperature)
