"""Where a benchmark is run: the folder benchmarks/, the settings and the code as it was when the process started."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trivet.bench.definition import Benchmark
from trivet.bench.provenance import Code, read_code
from trivet.bench.record import record_path
from trivet.bench.service_measure import OfService, load_measure
from trivet.data.dataset import Dataset
from trivet.data.sources import open_dataset
from trivet.errors import TrivetError
from trivet.recipe import Recipe, read_recipe
from trivet.recipe.data import DataRecipe
from trivet.settings import Settings


@dataclass(frozen=True)
class Rows:
    """What a figure is computed on: the name of the set, the sha256 of its test rows, and that of the rows learnt."""

    dataset: str
    judged_sha256: str
    learnt_sha256: str


@dataclass(frozen=True)
class Workbench:
    """`root` holds definitions, recipes, records, peers and, not committed, work."""

    root: Path
    settings: Settings
    code: Code

    def recipe(self, benchmark: Benchmark, *, seed: int | None = None) -> Recipe:
        """The recipe of a benchmark, with a training seed.

        Raises:
            RecipeError: it is missing or not valid.
        """
        seeded: dict[str, Any] = {} if seed is None else {"training.seed": seed}
        return read_recipe(self._recipe_path(benchmark), overrides=seeded)

    def hash_recipe(self, benchmark: Benchmark) -> str:
        """sha256 of the recipe file; with others or options beside it, of all their hashes in their order.

        Raises:
            TrivetError: it is missing.
        """
        names = [name for name in (benchmark.recipe, *benchmark.beside) if name]
        hashes = [self._hash_file(self.root / "recipes" / name, of=benchmark.id) for name in names]
        if benchmark.options:
            hashes.append(hashlib.sha256(json.dumps(benchmark.options, sort_keys=True).encode()).hexdigest())
        return hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()

    def record(self, benchmark: Benchmark, seed: int | None = None) -> Path:
        """The file of a seed's record, or of the mean over seeds."""
        return record_path(self.root, benchmark.id, seed)

    def find_rows(self, benchmark: Benchmark) -> Rows:
        """The rows that a benchmark's figure is computed on and learnt from.

        Raises:
            DataError: a data set is not to be found.
            RecipeError: the recipe is missing or not valid.
        """
        own = self.recipe(benchmark).data if benchmark.recipe else None
        name = benchmark.judge or (own.dataset if own else "")
        if isinstance(benchmark.measure, OfService) and (hash_data := load_measure(benchmark.measure).hash_data):
            return Rows(name, hash_data(benchmark.options, self.settings), "")
        learnt = self.open_data(own) if own else None
        judged = self.open_data(DataRecipe(dataset=benchmark.judge)) if benchmark.judge else learnt
        return Rows(
            name,
            judged.sha256(judged_table(judged)) if judged else "",
            learnt.sha256(learnt_table(learnt)) if learnt else "",
        )

    def open_data(self, recipe: DataRecipe) -> Dataset:
        """The data set that is learnt from and judged on; its files are opened when asked for."""
        return open_dataset(recipe, self.settings)

    def _hash_file(self, path: Path, *, of: str) -> str:
        try:
            return hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise TrivetError(
                f"the recipe of {of} is missing.", where=str(path), todo="Name one that is there."
            ) from error

    def _recipe_path(self, benchmark: Benchmark) -> Path:
        return self.root / "recipes" / benchmark.recipe


def open_workbench(root: Path, settings: Settings) -> Workbench:
    """A workbench over the code as it lies on disk now."""
    return Workbench(root, settings, read_code())


def judged_table(dataset: Dataset) -> str:
    """The table whose rows a figure is computed on: the set's own test, else the rows that the test is cut from."""
    return "test" if "test" in dataset.tables else learnt_table(dataset)


def learnt_table(dataset: Dataset) -> str:
    """The table that is learnt from."""
    return "interactions" if dataset.kind == "interactions" else "train"
