"""A warm start from what was trained before."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from trivet.artifact.save import save_artifact
from trivet.backbone.text import load_encoder
from trivet.encoders.catalogue import find_encoder
from trivet.errors import ArtifactError, EncoderError, RegistryError
from trivet.recipe.encoder import EncoderRecipe
from trivet.registry.registry import open_registry
from trivet.registry.start import choose_encoder
from trivet.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", cache=tmp_path / "cache", offline=True)


def test_the_folder_of_an_artifact_is_an_encoder(tiny: Any, tiny_artifact: Path, settings: Settings) -> None:
    source = choose_encoder(EncoderRecipe(name=str(tiny_artifact)), settings)
    assert source.artifact == tiny_artifact
    assert source.origin == "artifact"
    assert (source.dim, source.pooling, source.licence) == (tiny.source.dim, "mean", "Apache-2.0")
    assert (source.path / "tokenizer.json").read_bytes() == (tiny.source.path / "tokenizer.json").read_bytes()
    load_encoder(source, dropout=0.0)


def test_a_version_in_the_registry_is_an_encoder(tiny_artifact: Path, settings: Settings) -> None:
    registry = open_registry(settings)
    version = registry.add(tiny_artifact, "desk")
    registry.set_alias("desk", "candidate", version)
    by_number = choose_encoder(EncoderRecipe(name="desk/1"), settings)
    by_alias = choose_encoder(EncoderRecipe(name="desk@candidate"), settings)
    assert by_number.artifact == registry.fetch("desk/1")
    assert by_number.path == by_alias.path


def test_what_is_no_artifact_is_looked_for_as_before(tiny: Any, settings: Settings) -> None:
    source = choose_encoder(EncoderRecipe(name=str(tiny.source.path), prefix="query: "), settings)
    assert source.artifact is None
    assert source.prefix == "query: "
    assert source.path == find_encoder(str(tiny.source.path), settings).path


def test_an_artifact_without_weights_names_the_encoder_that_it_stands_on(
    tiny_parts: Any, tmp_path: Path, tiny: Any, settings: Settings
) -> None:
    path = save_artifact(replace(tiny_parts, weights=None), tmp_path / "frozen", golden_texts=tiny.texts)
    with pytest.raises(EncoderError, match=r"no tuned weights to start from\. Its encoder is 'tiny'"):
        choose_encoder(EncoderRecipe(name=str(path)), settings)


def test_weights_of_another_architecture_are_refused(
    tiny_parts: Any, tmp_path: Path, tiny: Any, settings: Settings
) -> None:
    weights = tmp_path / "weights"
    weights.mkdir()
    shutil.copy(tiny_parts.weights / "model.safetensors", weights)
    path = save_artifact(replace(tiny_parts, weights=weights), tmp_path / "odd", golden_texts=tiny.texts)
    with pytest.raises(EncoderError, match=r"not those of a text encoder \(no weights/config.json\)"):
        choose_encoder(EncoderRecipe(name=str(path)), settings)


def test_damaged_weights_are_refused(tiny_artifact: Path, tmp_path: Path, settings: Settings) -> None:
    path = tmp_path / "damaged"
    shutil.copytree(tiny_artifact, path)
    file = path / "weights" / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(ArtifactError, match=r"model\.safetensors"):
        choose_encoder(EncoderRecipe(name=str(path)), settings)


def test_a_version_that_is_not_there_is_named(tiny_artifact: Path, settings: Settings) -> None:
    open_registry(settings).add(tiny_artifact, "desk")
    with pytest.raises(RegistryError, match="desk has no version 7"):
        choose_encoder(EncoderRecipe(name="desk/7"), settings)
    with pytest.raises(RegistryError, match="no live version"):
        choose_encoder(EncoderRecipe(name="desk@live"), settings)
