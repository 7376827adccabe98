"""Nearest vectors by inner product, under string ids that stay the same."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

F32: TypeAlias = npt.NDArray[np.float32]
Neighbours: TypeAlias = "list[tuple[str, float]]"

# Up to here exact search is fast enough and nothing is lost.
EXACT_BELOW = 50_000
# Share of the exact neighbours that the approximate index must find before it is put to use.
RECALL = 0.995
# Vectors that are added or removed before everything is put into one new index.
STALE_LIMIT = 1_000


@dataclass(frozen=True, eq=False)
class _Shelf:
    """Everything that one search reads; never changed, only replaced.

    `ids`, `row_of` and `is_alive` describe the index; `fresh` names the rows of `fresh_vectors`, which it does not
    hold yet.
    """

    index: Any
    kind: Literal["exact", "ivf"]
    ids: tuple[str, ...]
    row_of: dict[str, int]
    is_alive: npt.NDArray[np.bool_]
    fresh: dict[str, int]
    fresh_vectors: F32

    def __len__(self) -> int:
        return int(self.is_alive.sum()) + len(self.fresh)

    def is_indexed(self, name: str) -> bool:
        row = self.row_of.get(name)
        return row is not None and bool(self.is_alive[row])

    def has(self, name: str) -> bool:
        return name in self.fresh or self.is_indexed(name)

    def vectors(self, names: Sequence[str]) -> F32:
        found = np.empty((len(names), self.fresh_vectors.shape[1]), dtype=np.float32)
        old = [at for at, name in enumerate(names) if name not in self.fresh]
        new = [at for at, name in enumerate(names) if name in self.fresh]
        if old:
            found[old] = self.index.reconstruct_batch(
                np.asarray([self.row_of[names[at]] for at in old], dtype=np.int64)
            )
        if new:
            found[new] = self.fresh_vectors[[self.fresh[names[at]] for at in new]]
        return found

    def names(self) -> tuple[str, ...]:
        return (*(self.ids[row] for row in np.flatnonzero(self.is_alive)), *self.fresh)

    def without(self, names: Collection[str]) -> _Shelf:
        """The same shelf with ids taken out of the index and out of what is fresh."""
        is_alive = self._alive_without(names)
        kept = [name for name in self.fresh if name not in names]
        fresh = {name: row for row, name in enumerate(kept)}
        vectors = self.fresh_vectors[[self.fresh[name] for name in kept]]
        return replace(self, is_alive=is_alive, fresh=fresh, fresh_vectors=vectors)

    def with_fresh(self, names: Sequence[str], vectors: F32) -> _Shelf:
        """The same shelf with vectors beside the index; none of the names is on it yet."""
        rows = {name: len(self.fresh) + row for row, name in enumerate(names)}
        return replace(self, fresh={**self.fresh, **rows}, fresh_vectors=np.concatenate([self.fresh_vectors, vectors]))

    def is_stale(self) -> bool:
        """Whether so much has changed that a new index is worth its time."""
        changed = len(self.fresh) + len(self.ids) - int(self.is_alive.sum())
        return changed > max(STALE_LIMIT, len(self.ids) // 10)

    def search(self, queries: F32, k: int, barred: Collection[str]) -> list[Neighbours]:
        found = self._search_index(queries, k, barred)
        names = [name for name in self.fresh if name not in barred]
        if names:
            scores = queries @ self.fresh_vectors[[self.fresh[name] for name in names]].T
            for row, neighbours in enumerate(found):
                neighbours.extend(zip(names, map(float, scores[row]), strict=True))
        return [sorted(neighbours, key=lambda pair: -pair[1])[:k] for neighbours in found]

    def search_among(self, queries: F32, k: int, names: Sequence[str]) -> list[Neighbours]:
        """Exact, whatever the kind: an index that skips most of its lists would find too few of the allowed ids."""
        scores = queries @ self.vectors(names).T
        best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        return [[(names[at], float(scores[row, at])) for at in best[row]] for row in range(len(queries))]

    def _alive_without(self, names: Collection[str]) -> npt.NDArray[np.bool_]:
        rows = [self.row_of[name] for name in names if name in self.row_of]
        if not rows:
            return self.is_alive
        is_alive = self.is_alive.copy()
        is_alive[rows] = False
        return is_alive

    def _search_index(self, queries: F32, k: int, barred: Collection[str]) -> list[Neighbours]:
        import faiss

        usable = self._alive_without(barred)
        count = min(k, int(usable.sum()))
        if count == 0:
            return [[] for _ in queries]
        # The selector only points at the bits: they have to outlive the search.
        bits = np.packbits(usable, bitorder="little")
        selector = None if usable.all() else faiss.IDSelectorBitmap(len(usable), faiss.swig_ptr(bits))
        is_exact = self.kind == "exact"
        parameters: Any = faiss.SearchParameters if is_exact else faiss.SearchParametersIVF
        options = {"sel": selector} if is_exact else {"sel": selector, "nprobe": self.index.nprobe}
        scores, keys = self.index.search(queries, count, params=parameters(**options))
        return [
            [(self.ids[key], float(score)) for key, score in zip(keys[row], scores[row], strict=True) if key >= 0]
            for row in range(len(queries))
        ]


class VectorIndex:
    """FAISS behind string ids: exact below `exact_below` vectors, inverted lists (IVF) above.

    Searches take no lock: a writer builds a new shelf and puts it in place of the old one, so a search that runs
    during a change or a rebuild sees the old vectors or the new ones, never a mixture.
    """

    def __init__(self, dim: int, *, exact_below: int = EXACT_BELOW, seed: int = 0) -> None:
        self.dim = dim
        self.exact_below = exact_below
        self.seed = seed
        self._writing = threading.Lock()
        self._shelf = self._build((), np.empty((0, dim), dtype=np.float32))

    def __len__(self) -> int:
        return len(self._shelf)

    def __contains__(self, name: str) -> bool:
        return self._shelf.has(name)

    @property
    def kind(self) -> Literal["exact", "ivf"]:
        """How vectors are searched at present."""
        return self._shelf.kind

    def add(self, ids: Sequence[str], vectors: F32) -> None:
        """Put vectors F32[N,D] under ids; an id that is there gets the new vector, of equal ids the last counts."""
        assert vectors.shape == (len(ids), self.dim), f"vectors are F32[{len(ids)},{self.dim}]"
        last = {name: row for row, name in enumerate(ids)}
        chosen = np.asarray(vectors, dtype=np.float32)[list(last.values())]
        with self._writing:
            self._shelf = self._refresh(self._shelf.without(last).with_fresh(list(last), chosen))

    def remove(self, ids: Collection[str]) -> int:
        """Take ids out; returns how many were there."""
        with self._writing:
            gone = {name for name in ids if self._shelf.has(name)}
            self._shelf = self._refresh(self._shelf.without(gone))
        return len(gone)

    def rebuild(self) -> None:
        """Put everything into one new index; searches go on meanwhile."""
        with self._writing:
            names = self._shelf.names()
            self._shelf = self._build(names, self._shelf.vectors(names))

    def ids(self) -> tuple[str, ...]:
        """All ids."""
        return self._shelf.names()

    def vectors(self, ids: Sequence[str]) -> F32:
        """The vectors F32[N,D] under ids. Raises KeyError for an id that is not there."""
        shelf = self._shelf
        for name in ids:
            if not shelf.has(name):
                raise KeyError(name)
        return shelf.vectors(ids)

    def search(
        self, queries: F32, k: int, *, allowed: Collection[str] | None = None, excluded: Collection[str] = ()
    ) -> list[Neighbours]:
        """The `k` nearest ids of each query F32[Q,D] with inner products, best first; fewer where fewer are allowed."""
        shelf = self._shelf
        queries = np.ascontiguousarray(queries, dtype=np.float32)
        barred = set(excluded)
        if allowed is None:
            return shelf.search(queries, k, barred)
        names = [name for name in dict.fromkeys(allowed) if name not in barred and shelf.has(name)]
        return shelf.search_among(queries, k, names)

    def _refresh(self, shelf: _Shelf) -> _Shelf:
        if not shelf.is_stale():
            return shelf
        names = shelf.names()
        return self._build(names, shelf.vectors(names))

    def _build(self, ids: tuple[str, ...], vectors: F32) -> _Shelf:
        import faiss

        is_exact = len(ids) < self.exact_below
        index = faiss.IndexFlatIP(self.dim) if is_exact else _build_lists(vectors, seed=self.seed)
        if is_exact and len(ids):
            index.add(vectors)
        return _Shelf(
            index=index,
            kind="exact" if is_exact else "ivf",
            ids=ids,
            row_of={name: row for row, name in enumerate(ids)},
            is_alive=np.ones(len(ids), dtype=bool),
            fresh={},
            fresh_vectors=np.empty((0, self.dim), dtype=np.float32),
        )


def _build_lists(vectors: F32, *, seed: int) -> Any:
    """An IVF index over the vectors; as many lists are probed as it takes to find what exact search finds.

    That is measured with means of two vectors: a profile lies between what it was made of, where lists are hardest to
    choose.
    """
    import faiss

    count, dim = vectors.shape
    lists = max(1, min(int(2 * count**0.5), count // 39))
    index = faiss.IndexIVFFlat(faiss.IndexFlatIP(dim), dim, lists, faiss.METRIC_INNER_PRODUCT)
    index.cp.seed = seed
    index.train(vectors)
    index.add(vectors)
    # Without the map a vector cannot be read back by its row.
    index.make_direct_map()
    sample = vectors[np.random.default_rng(seed).integers(0, count, size=(256, 2))].mean(axis=1)
    _, truth = faiss.knn(sample, vectors, min(10, count), metric=faiss.METRIC_INNER_PRODUCT)
    index.nprobe = 1
    while index.nprobe < lists:
        _, found = index.search(sample, truth.shape[1])
        hits = sum(len(set(exact) & set(near)) for exact, near in zip(truth, found, strict=True))
        if hits >= RECALL * truth.size:
            break
        index.nprobe = min(2 * index.nprobe, lists)
    return index
