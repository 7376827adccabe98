import torch
from torch import nn

from trivet.backbone.text import load_encoder
from trivet.encoders.catalogue import EncoderSource
from trivet.runtime.tokens import TextTokenizer
from trivet.tasks.outputs import compute_outputs
from trivet.tasks.similarity import Embedder


def test_outputs_come_in_the_order_of_the_texts(source: EncoderSource, tokenizer: TextTokenizer) -> None:
    module = Embedder(load_encoder(source, dropout=0.5))
    encoded = tokenizer.encode(["a b c d e", "card", "money sent", "lost"])
    (together,) = compute_outputs(module, encoded, batch_size=2)
    alone = torch.cat([compute_outputs(module, [text])[0] for text in encoded])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=0)


def test_the_module_is_left_in_the_mode_it_was_in(source: EncoderSource, tokenizer: TextTokenizer) -> None:
    module = Embedder(load_encoder(source, dropout=0.5))
    for is_training in (True, False):
        nn.Module.train(module, is_training)
        compute_outputs(module, tokenizer.encode(["a"]))
        assert module.training == is_training


def test_bf16_is_asked_for_and_near(source: EncoderSource, tokenizer: TextTokenizer) -> None:
    module = Embedder(load_encoder(source, dropout=0.5))
    encoded = tokenizer.encode(["a b c d e", "card"])
    (exact,), (rough,) = compute_outputs(module, encoded), compute_outputs(module, encoded, bf16=True)
    assert rough.dtype == torch.float32
    assert not torch.equal(exact, rough)
    torch.testing.assert_close(exact, rough, atol=0.02, rtol=0)
