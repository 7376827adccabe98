import pytest
import torch
from torch import nn

from trivet.backbone.adapters import add_lora, merge_lora, trainable_share
from trivet.backbone.text import TextEncoder, load_encoder
from trivet.encoders.catalogue import EncoderSource
from trivet.errors import RecipeError
from trivet.recipe.method import LoraMethod

IDS = torch.tensor([[2, 9, 11, 3], [2, 8, 3, 0]])
MASK = torch.tensor([[1, 1, 1, 1], [1, 1, 1, 0]])


def adapted(source: EncoderSource, method: LoraMethod) -> TextEncoder:
    encoder = load_encoder(source, dropout=0.0)
    add_lora(encoder, method, seed=0)
    return encoder.eval()


def disturb(encoder: TextEncoder) -> None:
    with torch.no_grad():
        for name, parameter in encoder.named_parameters():
            if "lora_" in name:
                parameter.copy_(torch.randn(parameter.shape, generator=torch.Generator().manual_seed(7)) * 0.1)


def test_new_adapters_change_no_embedding(source: EncoderSource) -> None:
    plain = load_encoder(source, dropout=0.0).eval()
    assert torch.equal(adapted(source, LoraMethod())(IDS, MASK), plain(IDS, MASK))


def test_only_adapters_learn(source: EncoderSource) -> None:
    encoder = adapted(source, LoraMethod(rank=4, targets=("query",)))
    learns = [name for name, parameter in encoder.named_parameters() if parameter.requires_grad]
    assert len(learns) == 4
    assert all("query.lora_" in name for name in learns)
    assert 0 < trainable_share(encoder) < 0.1


def test_the_trainable_share_is_counted_in_weights() -> None:
    module = nn.ModuleList([nn.Linear(3, 1, bias=False), nn.Linear(9, 1, bias=False)])
    module[1].weight.requires_grad = False
    assert trainable_share(module) == 0.25


def test_the_scaling_is_rank_stabilised(source: EncoderSource) -> None:
    encoder = adapted(source, LoraMethod(rank=4, alpha=16, targets=("query",)))
    scaling = [
        part.scaling["default"] for part in encoder.modules() if hasattr(part, "scaling") and hasattr(part, "lora_A")
    ]
    assert scaling == [8.0, 8.0]  # alpha / sqrt(rank), where plain LoRA has alpha / rank = 4


def test_merging_changes_no_embedding_and_leaves_a_plain_encoder(source: EncoderSource) -> None:
    encoder = adapted(source, LoraMethod())
    before_training = encoder(IDS, MASK)
    disturb(encoder)
    with torch.no_grad():
        trained = encoder(IDS, MASK)
    assert (trained - before_training).abs().max() > 1e-2
    assert merge_lora(encoder) < 1e-4
    with torch.no_grad():
        assert (encoder(IDS, MASK) - trained).abs().max() < 1e-4
    plain = {name for name, _ in load_encoder(source, dropout=0.0).named_parameters()}
    assert {name for name, _ in encoder.named_parameters()} == plain


def test_a_target_that_matches_no_layer_is_named_with_the_layers_there_are(source: EncoderSource) -> None:
    with pytest.raises(RecipeError, match=r"method.targets: the target 'q_proj' .* dense, key, query, value"):
        adapted(source, LoraMethod(targets=("query", "q_proj")))


def test_the_same_seed_draws_the_same_adapters_and_leaves_the_callers_random_state(source: EncoderSource) -> None:
    torch.manual_seed(3)
    state = torch.get_rng_state()
    first, second = (adapted(source, LoraMethod(targets=("value",))) for _ in range(2))
    assert torch.equal(torch.get_rng_state(), state)
    for one, other in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(one, other)


def test_layer_groups_find_the_layers_under_adapters(source: EncoderSource) -> None:
    groups = adapted(source, LoraMethod()).layer_groups()
    assert len(groups) == 3
    assert not [p for p in groups[0] if p.requires_grad]
    assert len([p for p in groups[1] if p.requires_grad]) == len([p for p in groups[2] if p.requires_grad]) == 12
