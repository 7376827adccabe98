from typing import Any

import pytest

from trivet.backbone.adapters import add_lora
from trivet.backbone.text import load_encoder
from trivet.encoders.catalogue import EncoderSource
from trivet.recipe.method import LoraMethod
from trivet.recipe.training import TrainingRecipe
from trivet.tasks.classification import Classifier
from trivet.training.rates import parameter_groups

RECIPE = TrainingRecipe(learning_rate=1e-4, head_learning_rate=1e-3, weight_decay=0.01)


def by_name(module: Classifier, groups: list[dict[str, Any]]) -> dict[str, tuple[float, float]]:
    names = {id(parameter): name for name, parameter in module.named_parameters()}
    return {names[id(p)]: (group["lr"], group["weight_decay"]) for group in groups for p in group["params"]}


@pytest.fixture
def module(source: EncoderSource) -> Classifier:
    return Classifier(load_encoder(source, dropout=0.1), 2)


def test_every_parameter_learns_in_one_group(module: Classifier) -> None:
    groups = parameter_groups(module, RECIPE)
    assert (
        sum(len(group["params"]) for group in groups) == len(list(module.parameters())) == len(by_name(module, groups))
    )


def test_the_head_has_its_own_rate(module: Classifier) -> None:
    found = by_name(module, parameter_groups(module, RECIPE))
    assert {rate for name, (rate, _) in found.items() if name.startswith("head.")} == {1e-3}
    assert {rate for name, (rate, _) in found.items() if name.startswith("encoder.")} == {1e-4}


def test_biases_and_norms_do_not_decay(module: Classifier) -> None:
    for name, (_, decay) in by_name(module, parameter_groups(module, RECIPE)).items():
        assert decay == (0.0 if name.endswith("bias") or "LayerNorm" in name else 0.01), name


def test_lower_layers_learn_slower(module: Classifier) -> None:
    found = by_name(module, parameter_groups(module, RECIPE, layer_decay=0.5))
    rates = {name: rate for name, (rate, _) in found.items()}
    assert rates["encoder.model.encoder.layer.1.output.dense.weight"] == pytest.approx(1e-4)
    assert rates["encoder.model.encoder.layer.0.output.dense.weight"] == pytest.approx(0.5e-4)
    assert rates["encoder.model.embeddings.word_embeddings.weight"] == pytest.approx(0.25e-4)
    assert rates["head.weight"] == 1e-3


def test_frozen_parameters_are_in_no_group(source: EncoderSource) -> None:
    encoder = load_encoder(source, dropout=0.1)
    add_lora(encoder, LoraMethod(rank=2), seed=0)
    module = Classifier(encoder, 2)
    found = by_name(module, parameter_groups(module, RECIPE))
    assert all("lora_" in name or name.startswith("head.") for name in found)
    assert len(found) == len([p for p in module.parameters() if p.requires_grad])
