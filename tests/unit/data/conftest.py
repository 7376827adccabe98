"""Settings that know no mirror and forbid the network, and recipes in a line."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trivet.recipe.data import DataRecipe
from trivet.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=None, models=None, home=tmp_path / "home", cache=tmp_path / "cache", offline=True)


@pytest.fixture
def recipe() -> Callable[..., DataRecipe]:
    def build(dataset: Any, **knobs: Any) -> DataRecipe:
        return DataRecipe.model_validate({"dataset": str(dataset), **knobs})

    return build
