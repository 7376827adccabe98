"""The public functions are few, found in one place, and cost nothing before they are called."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import trivet
from trivet import api
from trivet.errors import ArtifactError, DataError, LicenceError, RecipeError
from trivet.settings import Settings


@pytest.fixture(name="settings")
def _settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", cache=tmp_path / "cache", threads=1, offline=True)


def run(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_importing_trivet_and_naming_a_function_loads_nothing_heavy() -> None:
    heavy = "{'torch', 'transformers', 'pandas', 'openvino', 'sklearn', 'scipy', 'pydantic'}"
    run(f"import sys, trivet; trivet.train, trivet.load; assert not {heavy} & set(sys.modules), sys.modules.keys()")


@pytest.mark.parametrize("name", trivet.__all__)
def test_a_name_is_the_function_before_and_after_the_module_of_that_name_is_imported(name: str) -> None:
    run(
        "import trivet\n"
        f"from trivet import {name} as before\n"
        "import trivet.train, trivet.evaluate, trivet.compare, trivet.export.golden, trivet.explain\n"
        "from trivet.train import learning_rows\n"
        f"from trivet import {name} as after\n"
        f"import trivet.api\n"
        f"assert before is after is trivet.{name} is trivet.api.{name} and callable(after)\n"
    )


def test_the_package_and_the_module_name_the_same_functions() -> None:
    assert sorted(trivet.__all__) == sorted(api.__all__)
    for name in api.__all__:
        assert getattr(trivet, name) is getattr(api, name)


@pytest.mark.parametrize("name", api.__all__)
def test_every_function_says_what_it_promises_and_what_it_raises(name: str) -> None:
    told = inspect.getdoc(getattr(api, name)) or ""
    assert "Raises:" in told
    assert len(told.splitlines()[0]) > 40


def test_a_model_is_loaded_from_a_folder(tiny_artifact: Path, tiny: Any, settings: Settings) -> None:
    artifact = trivet.load(tiny_artifact, settings=settings)
    assert artifact.predict(tiny.texts[:1])[0].label == "card"
    artifact.close()
    with pytest.raises(ArtifactError, match="closed"):
        artifact.predict(["card"])


def test_what_is_not_there_is_named(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="there is no knob 'epochs'"):
        trivet.train({"name": "x", "data": {"dataset": "y"}, "epochs": 3}, out=tmp_path / "x", settings=settings)
    with pytest.raises(RecipeError, match="cannot read the recipe"):
        trivet.train(tmp_path / "none.toml", out=tmp_path / "x", settings=settings)
    with pytest.raises(DataError, match="no data at"):
        trivet.train({"name": "x", "data": {"dataset": f"{tmp_path}/none.csv"}}, out=tmp_path / "x", settings=settings)


def test_an_export_of_what_is_for_research_only_needs_a_word(
    tiny_parts: Any, tiny: Any, settings: Settings, tmp_path: Path
) -> None:
    from dataclasses import replace

    from trivet.artifact.save import save_artifact

    card = tiny_parts.card.model_copy(update={"licence_commercial": False, "restrictions": ("toy: CC BY-NC 4.0",)})
    path = save_artifact(replace(tiny_parts, card=card), tmp_path / "desk", golden_texts=tiny.texts)
    with pytest.raises(LicenceError, match="toy: CC BY-NC"):
        trivet.export(path, tmp_path / "served", settings=settings)
    assert not (tmp_path / "served").exists()
    assert trivet.export(path, tmp_path / "served", accept_licence=True, settings=settings) > 1000
    served = trivet.load(tmp_path / "served", settings=settings)
    assert served.card.restrictions == card.restrictions
    served.close()
