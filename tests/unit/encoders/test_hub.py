"""An encoder from a hub is whole, or not there at all; against a real server on the loopback."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trivet.encoders.catalogue import find_encoder
from trivet.encoders.hub import fetch_encoder, is_hub_id
from trivet.errors import EncoderError
from trivet.settings import Settings

Write = Callable[..., Path]


def publish(origin: Any, folder: Path, *, name: str = "owner/toy") -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            origin.files[f"/{name}/resolve/main/{path.relative_to(folder)}"] = path.read_bytes()


def left_in(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file()]


def test_a_hub_id_is_fetched_once_and_then_found_here(origin: Any, tmp_path: Path, write_encoder: Write) -> None:
    publish(origin, write_encoder(tmp_path / "there", licence="mit", cls=True))
    settings = Settings(models=None, cache=tmp_path / "cache", offline=False)
    source = find_encoder("owner/toy", settings, hub=origin.address)
    assert (source.name, source.origin, source.pooling, source.commercial) == ("owner/toy", "hub", "cls", True)
    asked = len(origin.asked)
    offline = Settings(models=None, cache=tmp_path / "cache", offline=True)
    assert find_encoder("owner/toy", offline).path == source.path
    assert len(origin.asked) == asked


def test_an_encoder_without_pooling_and_model_card_is_fetched_too(
    origin: Any, tmp_path: Path, write_encoder: Write
) -> None:
    publish(origin, write_encoder(tmp_path / "there"))
    for file in ("README.md", "1_Pooling/config.json"):
        del origin.files[f"/owner/toy/resolve/main/{file}"]
    settings = Settings(models=None, cache=tmp_path / "cache", offline=False)
    source = find_encoder("owner/toy", settings, hub=origin.address)
    assert (source.pooling, source.licence, source.commercial) == ("mean", "unknown", False)


@pytest.mark.parametrize("file", ["config.json", "tokenizer.json", "model.safetensors"])
@pytest.mark.parametrize("trouble", ["missing", "interrupted"])
def test_a_download_that_fails_leaves_nothing(
    file: str, trouble: str, origin: Any, tmp_path: Path, write_encoder: Write
) -> None:
    publish(origin, write_encoder(tmp_path / "there"))
    path = f"/owner/toy/resolve/main/{file}"
    if trouble == "missing":
        del origin.files[path]
    else:
        origin.broken.add(path)
    settings = Settings(models=None, cache=tmp_path / "cache", offline=False)
    with pytest.raises(EncoderError, match=r"'owner/toy' could not be fetched"):
        find_encoder("owner/toy", settings, hub=origin.address)
    assert left_in(tmp_path / "cache") == []


def test_a_pooling_that_breaks_off_is_not_taken_for_none(origin: Any, tmp_path: Path, write_encoder: Write) -> None:
    publish(origin, write_encoder(tmp_path / "there", cls=True))
    origin.broken.add("/owner/toy/resolve/main/1_Pooling/config.json")
    with pytest.raises(EncoderError, match="could not be fetched"):
        fetch_encoder("owner/toy", tmp_path / "cache" / "toy", hub=origin.address)


def test_other_weights_than_the_catalogue_s_are_refused(origin: Any, tmp_path: Path, write_encoder: Write) -> None:
    folder = write_encoder(tmp_path / "there")
    publish(origin, folder)
    right = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    fetch_encoder("owner/toy", tmp_path / "cache" / "right", sha256=right, hub=origin.address)
    with pytest.raises(EncoderError, match="is damaged"):
        fetch_encoder("owner/toy", tmp_path / "cache" / "wrong", sha256="0" * 64, hub=origin.address)
    assert not (tmp_path / "cache" / "wrong").exists()


@pytest.mark.parametrize("name", ["minilm-l6", "a/b/c", "../b", "/abs", "owner/..", "owner/"])
def test_what_is_no_hub_id_is_not_asked_for(name: str) -> None:
    assert not is_hub_id(name)
