"""Texts that belong together lie close: facts, the nearest items, and how good a ranking is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trivet.answers.reading import check_names, read_count, read_number
from trivet.errors import ArtifactError, InputError

BLOCK = 256


@dataclass(frozen=True)
class Shares:
    """What a ranking is made of: what the same people touched, the texts, and popularity."""

    together: float
    alike: float
    popular: float


@dataclass(frozen=True)
class SimilarityFacts:
    """Width of the embedding, the longest text that it reads, and the widths that it may be cut to, the least first.

    `shares` are those of a ranking that uses behaviour as well.
    """

    dim: int
    max_tokens: int
    dims: tuple[int, ...] = ()
    shares: Shares = Shares(1.0, 0.3, 0.5)
    kind: Literal["similarity"] = field(default="similarity", init=False)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The facts that these plain values state.

        Raises:
            ArtifactError: a fact is missing, unknown, of another type or out of range.
        """
        check_names(values, ("kind", "dim", "max_tokens"), ("dims", "shares"))
        dim, dims = read_count(values, "dim"), values.get("dims", [])
        if not isinstance(dims, list) or not all(type(one) is int and 0 < one <= dim for one in dims):
            raise ArtifactError(f"{dims!r} is not a list of counts up to {dim}.", where="facts.dims")
        facts = cls(dim=dim, max_tokens=read_count(values, "max_tokens"), dims=tuple(dims))
        return replace(facts, shares=_read_shares(values["shares"])) if "shares" in values else facts

    def cut(self, embeddings: NDArray[np.float32], dim: int) -> NDArray[np.float32]:
        """The first `dim` numbers of embeddings F32[N, D], brought to unit length again.

        Raises:
            InputError: the model was not trained to be cut there.
        """
        if dim == self.dim:
            return embeddings
        if dim not in self.dims:
            able = ", ".join(map(str, sorted({*self.dims, self.dim})))
            raise InputError(f"an embedding cannot be cut to {dim}.", where="dim", todo=f"Use {able}.")
        return _unit(embeddings[:, :dim], where="embeddings")


def _read_shares(values: Any) -> Shares:
    if not isinstance(values, Mapping):
        raise ArtifactError("it is a JSON object.", where="facts.shares")
    names = ("together", "alike", "popular")
    check_names(values, names)
    return Shares(*(read_number(values, name, low=-1e-9) for name in names))


def rank_nearest(
    queries: ArrayLike, items: ArrayLike, k: int, *, excluded: Sequence[Collection[int]] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The `k` items nearest to each query by cosine: indices I64[Q, k] and cosines F32[Q, k], best first.

    queries [Q, D], items [M, D]. Equal cosines stand in the order of the items. `excluded` are items a query may not
    get; where fewer than `k` remain, the rest is index -1 with cosine -inf.

    Raises:
        InputError: shapes that do not go together, values that are not finite, or an item that does not exist.
    """
    rows, columns = _unit(queries, where="queries"), _unit(items, where="items")
    if rows.shape[1] != columns.shape[1] or k < 1:
        raise InputError(f"queries {list(rows.shape)}, items {list(columns.shape)}, k = {k}.", where="queries")
    if excluded is not None and len(excluded) != len(rows):
        raise InputError(f"{len(rows)} queries but {len(excluded)} sets of excluded items.", where="excluded")
    indices = np.full((len(rows), k), -1, dtype=np.int64)
    cosines = np.full((len(rows), k), -np.inf, dtype=np.float32)
    for start in range(0, len(rows), BLOCK):
        scores = rows[start : start + BLOCK] @ columns.T
        for at, row in enumerate(scores, start=start):
            if excluded is not None:
                row[_check_items(excluded[at], len(columns))] = -np.inf
            best = _top(row, k)
            indices[at, : len(best)] = best
            cosines[at, : len(best)] = row[best]
    return indices, cosines


def ndcg(ranking: ArrayLike, relevant: Sequence[Collection[int]], k: int) -> NDArray[np.float64]:
    """NDCG@k F64[Q] with binary gains of rankings I64[Q, >=k] of item indices, best first.

    Järvelin and Kekäläinen 2002, doi 10.1145/582415.582418. `relevant` are the right items a query; a query without
    any has NDCG 0.

    Raises:
        InputError: a ranking shorter than k, or another number of queries than of sets of relevant items.
    """
    hits = _hits(ranking, relevant, k)
    discounts = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.concatenate([[0.0], discounts.cumsum()])
    best = ideal[[min(len(set(one)), k) for one in relevant]]
    gained = np.asarray((hits * discounts).sum(axis=1), dtype=np.float64)
    gained[best > 0] /= best[best > 0]
    return gained


def hit_rate(ranking: ArrayLike, relevant: Sequence[Collection[int]], k: int) -> NDArray[np.float64]:
    """HR@k F64[Q]: 1 where any relevant item stands among the first k, else 0; arguments and errors as for `ndcg`."""
    return np.asarray(_hits(ranking, relevant, k).any(axis=1), dtype=np.float64)


def _hits(ranking: ArrayLike, relevant: Sequence[Collection[int]], k: int) -> NDArray[np.float64]:
    ranks = np.asarray(ranking, dtype=np.int64)
    if ranks.ndim != 2 or ranks.shape[1] < k or k < 1:
        raise InputError(f"a ranking of shape {list(ranks.shape)} has no first {k}.", where="ranking")
    if len(ranks) != len(relevant):
        raise InputError(f"{len(ranks)} rankings but {len(relevant)} sets of relevant items.", where="relevant")
    hits = [np.isin(row, list(set(right))) for row, right in zip(ranks[:, :k], relevant, strict=True)]
    return np.array(hits, dtype=np.float64).reshape(len(ranks), k)


def _top(scores: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """Indices of the k highest scores above -inf, equal ones by index."""
    candidates = np.flatnonzero(scores > -np.inf)
    if len(candidates) > k:
        bar = np.partition(scores[candidates], -k)[-k]
        candidates = candidates[scores[candidates] >= bar]
    return candidates[np.argsort(-scores[candidates], kind="stable")[:k]]


def _check_items(items: Collection[int], count: int) -> NDArray[np.int64]:
    indices = np.fromiter(items, dtype=np.int64, count=len(items))
    if len(indices) and (indices.min() < 0 or indices.max() >= count):
        raise InputError(f"an excluded item is not one of the {count}.", where="excluded")
    return indices


def _unit(rows: ArrayLike, *, where: str) -> NDArray[np.float32]:
    plain = np.asarray(rows, dtype=np.float32)
    if plain.ndim != 2 or not np.isfinite(plain).all():
        raise InputError("embeddings must be finite numbers of shape [rows, width].", where=where)
    lengths = np.linalg.norm(plain, axis=1, keepdims=True)
    return (plain / np.where(lengths == 0, 1.0, lengths)).astype(np.float32)
