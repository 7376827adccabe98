import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from trivet.backbone.text import load_encoder
from trivet.encoders.catalogue import EncoderSource, find_encoder
from trivet.errors import ArtifactError, DataError, RecipeError
from trivet.pretrain import Pretrained, pretrain
from trivet.recipe import Recipe, build_recipe
from trivet.runtime.tokens import TextTokenizer, pad
from trivet.settings import Settings
from trivet.train import train


def write_texts(folder: Path) -> Path:
    random = np.random.default_rng(4)
    texts = [f"card {filler} money {filler}" for filler in (f"filler{at}" for at in random.integers(0, 30, size=80))]
    path = folder / "texts.csv"
    pd.DataFrame({"text": [*texts, *(f"thing{at} thing{at}s" for at in range(12))]}).to_csv(path, index=False)
    return path


def recipe_of(source: EncoderSource, data: Path, **knobs: Any) -> Recipe:
    return build_recipe(
        {
            "name": "further",
            "data": {"dataset": str(data)},
            "task": {"kind": "pretraining", "rows": "texts", "max_tokens": 16, **knobs},
            "encoder": {"name": str(source.path), "prefix": "card "},
            "method": {"kind": "full"},
            "training": {"epochs": 4, "batch_size": 16, "learning_rate": 2e-3, "bf16": "off"},
        }
    )


@pytest.fixture(params=["masked", "denoising"])
def done(request: Any, source: EncoderSource, tmp_path: Path, settings: Settings) -> Pretrained:
    recipe = recipe_of(source, write_texts(tmp_path), objective=request.param)
    return pretrain(recipe, out=tmp_path / "encoder", settings=settings)


def test_an_encoder_learns_and_is_found_by_its_path(
    done: Pretrained, source: EncoderSource, settings: Settings
) -> None:
    found = find_encoder(str(done.path), settings)
    assert (found.dim, found.layers, found.pooling, found.prefix) == (source.dim, source.layers, "mean", "card ")
    assert found.sha256 != source.sha256
    assert found.parameters == source.parameters
    assert done.card.notes["losses"][-1] < done.card.notes["losses"][0]
    assert done.card.notes["told"][-1] > 1 / 60
    assert set(done.card.data.sha256) == {"texts"}
    written = json.loads((done.path / "card.json").read_text())
    assert (written["encoder"]["name"], written["encoder"]["sha256"]) == (source.path.name, source.sha256)
    # A folder that says nothing of its licence gives none to what starts from it.
    assert "license: unknown" in (done.path / "README.md").read_text()


def test_transformers_and_sentence_transformers_read_the_folder_as_we_do(done: Pretrained, settings: Settings) -> None:
    from sentence_transformers import SentenceTransformer
    from transformers import AutoModel, AutoTokenizer

    text = "card filler3 money"
    found = find_encoder(str(done.path), settings)
    tokenizer = TextTokenizer(found.path / "tokenizer.json", 16, found.prefix)
    ids, mask = (torch.from_numpy(part) for part in pad(tokenizer.encode([text])))
    with torch.no_grad():
        ours = load_encoder(found, dropout=0.0).eval()(ids, mask)[0]
        plain = AutoModel.from_pretrained(done.path, local_files_only=True).eval()
        states = plain(**AutoTokenizer.from_pretrained(done.path)(f"card {text}", return_tensors="pt"))
    pooled = torch.nn.functional.normalize(states.last_hidden_state[0].mean(dim=0), dim=0)
    torch.testing.assert_close(pooled, ours, atol=1e-5, rtol=0)
    theirs = SentenceTransformer(str(done.path), device="cpu").encode([text], convert_to_tensor=True)[0]
    torch.testing.assert_close(theirs, ours, atol=1e-5, rtol=0)


def test_another_recipe_starts_from_it(done: Pretrained, tmp_path: Path, settings: Settings) -> None:
    rows = pd.DataFrame({"text": [f"{word} filler{at}" for at in range(20) for word in ("card", "money")]})
    rows.assign(label=[text.split()[0] for text in rows["text"]]).to_csv(tmp_path / "rows.csv", index=False)
    values = {
        "name": "next",
        "data": {"dataset": str(tmp_path / "rows.csv")},
        "encoder": {"name": str(done.path)},
        "export": {"precision": "fp32"},
    }
    artifact = train(build_recipe(values), out=tmp_path / "next", settings=settings)
    assert artifact.predict(["money filler7"])[0].label == "money"
    assert artifact.card.encoder.sha256 == find_encoder(str(done.path), settings).sha256


def test_nothing_is_left_of_a_run_that_failed(source: EncoderSource, tmp_path: Path, settings: Settings) -> None:
    recipe = recipe_of(source, write_texts(tmp_path))
    broken = recipe.model_copy(
        update={"training": recipe.training.model_copy(update={"learning_rate": 1e30, "max_gradient_norm": 1e30})}
    )
    with pytest.raises(Exception, match="no longer a number"):
        pretrain(broken, out=tmp_path / "encoder", settings=settings)
    assert sorted(path.name for path in tmp_path.iterdir() if "encoder" in path.name) == []


class CutOff:
    """A listener that ends the run after so many steps."""

    def __init__(self, at: int) -> None:
        self.at = at

    def stage(self, name: str) -> None:
        """Nothing."""

    def step(self, done: int, total: int, note: str) -> None:
        if done == self.at:
            raise KeyboardInterrupt


def test_a_run_that_was_cut_off_hides_the_same_words_again(
    source: EncoderSource, tmp_path: Path, settings: Settings
) -> None:
    recipe = recipe_of(source, write_texts(tmp_path))
    recipe = recipe.model_copy(update={"training": recipe.training.model_copy(update={"checkpoint_steps": 2})})
    whole = pretrain(recipe, out=tmp_path / "whole", settings=settings)
    place = tmp_path / "work"
    with pytest.raises(KeyboardInterrupt):
        pretrain(recipe, out=tmp_path / "cut", settings=settings, workspace=place, progress=CutOff(9))
    resumed = pretrain(recipe, out=tmp_path / "cut", settings=settings, workspace=place, resume=True)
    weights = [(one.path / "model.safetensors").read_bytes() for one in (whole, resumed)]
    assert weights[0] == weights[1]


def test_a_place_that_is_taken_is_refused_before_any_work(
    source: EncoderSource, tmp_path: Path, settings: Settings
) -> None:
    (tmp_path / "encoder").mkdir()
    (tmp_path / "encoder" / "mine").touch()
    with pytest.raises(ArtifactError, match="something is there already"):
        pretrain(recipe_of(source, write_texts(tmp_path)), out=tmp_path / "encoder", settings=settings)


def test_test_rows_are_not_learnt_from(source: EncoderSource, tmp_path: Path, settings: Settings) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    rows = pd.read_csv(write_texts(tmp_path)).assign(label="a")
    rows.to_csv(folder / "train.csv", index=False)
    (folder / "test.csv").write_text("this is no table of rows and would be refused\n")
    done = pretrain(recipe_of(source, folder, rows="training"), out=tmp_path / "encoder", settings=settings)
    # A tenth is held out to judge on, of texts that differ.
    assert done.card.data.rows == rows["text"].nunique() - round(0.1 * rows["text"].nunique())


def test_a_model_is_not_made_of_pre_training(source: EncoderSource, tmp_path: Path, settings: Settings) -> None:
    with pytest.raises(RecipeError, match="gives an encoder"):
        train(recipe_of(source, write_texts(tmp_path)), out=tmp_path / "model", settings=settings)


def test_a_named_set_is_no_file_of_texts(source: EncoderSource, tmp_path: Path, settings: Settings) -> None:
    recipe = recipe_of(source, Path("sample-bank"))
    with pytest.raises(DataError, match="no file of texts"):
        pretrain(recipe, out=tmp_path / "encoder", settings=settings)
