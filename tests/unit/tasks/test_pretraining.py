from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from tokenizers import Tokenizer, models

from trivet.backbone.text import load_encoder
from trivet.encoders.catalogue import EncoderSource
from trivet.errors import RecipeError
from trivet.recipe.task import Pretraining
from trivet.recipe.training import TrainingRecipe
from trivet.runtime.tokens import TextTokenizer
from trivet.tasks.denoising import Denoiser, DenoisingTask
from trivet.tasks.masked_language import MaskedHead, MaskedLanguageModel, MaskedLanguageTask
from trivet.tasks.noise import mask_tokens
from trivet.tasks.pretraining import pretraining_task
from trivet.tasks.vocabulary import draw_weights, word_embeddings
from trivet.tasks.words import draw_chances

FRAME = pd.DataFrame({"text": ["card lost a", "money sent b c", "lost money", "e d card"]})


def task_of(tokenizer: TextTokenizer, objective: str) -> MaskedLanguageTask | DenoisingTask:
    return pretraining_task(Pretraining.model_validate({"objective": objective}), tokenizer, TrainingRecipe())


def test_the_head_is_the_one_of_bert() -> None:
    """transformers' BertLMPredictionHead with the same weights gives the same logits."""
    from transformers import BertConfig
    from transformers.models.bert.modeling_bert import BertLMPredictionHead

    config = BertConfig(vocab_size=11, hidden_size=8, num_attention_heads=2, hidden_act="gelu", layer_norm_eps=1e-12)
    theirs, ours = BertLMPredictionHead(config), MaskedHead(8, 11)
    draw_weights(ours, seed=3)
    table, states = torch.randn(11, 8), torch.randn(5, 8)
    with torch.no_grad():
        ours.bias.copy_(torch.randn(11))
        theirs.transform.dense.weight.copy_(ours.dense.weight)
        theirs.transform.dense.bias.copy_(ours.dense.bias)
        theirs.transform.LayerNorm.weight.copy_(ours.norm.weight)
        theirs.transform.LayerNorm.bias.copy_(ours.norm.bias)
        theirs.decoder.weight.copy_(table)
        theirs.bias.copy_(ours.bias)
        theirs.decoder.bias = theirs.bias
    torch.testing.assert_close(ours(states, table), theirs(states))


def test_the_masked_loss_is_the_mean_of_minus_log_of_the_true_tokens_chance(
    source: EncoderSource, tokenizer: TextTokenizer
) -> None:
    task = task_of(tokenizer, "masked")
    assert isinstance(task, MaskedLanguageTask)
    module = task.module(load_encoder(source, dropout=0.0)).eval()
    task.start(module, task.prepare(FRAME))
    batch = task.batch(task.prepare(FRAME), np.arange(4))
    spoilt, chosen = mask_tokens(
        batch["input_ids"], batch["other_ids"], draw_chances(batch, fresh=False), rate=0.15, mask_id=task.mask_id
    )
    states = module.encoder.states(spoilt, batch["attention_mask"])
    total = 0.0
    for row, column in chosen.nonzero().tolist():
        logits = module.head(states[row, column], word_embeddings(module.encoder))
        total -= torch.log(logits.exp() / logits.exp().sum())[batch["input_ids"][row, column]].item()
    assert task.loss(module, batch).item() == pytest.approx(total / int(chosen.sum()), rel=1e-4)


def test_the_table_of_words_is_shared_with_the_encoder(source: EncoderSource, tokenizer: TextTokenizer) -> None:
    for objective in ("masked", "denoising"):
        task = task_of(tokenizer, objective)
        module = task.module(load_encoder(source, dropout=0.0))
        assert isinstance(module, MaskedLanguageModel | Denoiser)
        table = word_embeddings(module.encoder)
        assert [part for part in module.head.parameters() if part.shape == table.shape] == []
        task.loss(module, task.batch(task.prepare(FRAME), np.arange(4))).backward()
        # Every word of the vocabulary takes part in the softmax, also those that no text holds.
        assert (table.grad.abs().sum(dim=1) > 0).all()


def test_the_writer_sees_no_token_that_follows(source: EncoderSource, tokenizer: TextTokenizer) -> None:
    task = task_of(tokenizer, "denoising")
    module = task.module(load_encoder(source, dropout=0.0)).eval()
    ids, mask = torch.tensor([[2, 5, 6, 3]]), torch.ones(1, 4, dtype=torch.long)
    one = module(ids, mask, torch.tensor([[2, 5, 6]]))[1]
    other = module(ids, mask, torch.tensor([[2, 5, 9]]))[1]
    torch.testing.assert_close(one[0, :2], other[0, :2])
    assert not torch.allclose(one[0, 2], other[0, 2])


def test_the_writer_has_nothing_of_the_text_but_its_embedding(source: EncoderSource, tokenizer: TextTokenizer) -> None:
    task = task_of(tokenizer, "denoising")
    module = task.module(load_encoder(source, dropout=0.0)).eval()
    assert isinstance(module, Denoiser)
    embedding, written = torch.randn(2, 32), torch.tensor([[2, 5], [2, 5]])
    table = word_embeddings(module.encoder)
    logits = module.head(embedding, written, table)
    assert not torch.allclose(logits[0], logits[1])
    torch.testing.assert_close(module.head(embedding[:1], written[:1], table)[0], logits[0])


def test_the_denoising_loss_asks_for_every_token_after_the_first(
    source: EncoderSource, tokenizer: TextTokenizer
) -> None:
    task = task_of(tokenizer, "denoising")
    module = task.module(load_encoder(source, dropout=0.0)).eval()
    assert isinstance(module, Denoiser)
    with torch.no_grad():
        module.head.last.weight.zero_()
        module.head.last.bias.zero_()
        module.head.bias.zero_()
    rows = task.prepare(FRAME)
    # Logits that are all 0: each token costs the logarithm of the vocabulary, whatever it is.
    loss = task.loss(module, task.batch(rows, np.arange(4))).item()
    assert loss == pytest.approx(np.log(len(word_embeddings(module.encoder))), rel=1e-5)


def test_a_tokenizer_without_a_mask_is_refused_for_the_one_and_taken_for_the_other(tmp_path: Path) -> None:
    Tokenizer(models.WordLevel({"a": 0, "b": 1}, unk_token="a")).save(str(tmp_path / "tokenizer.json"))
    plain = TextTokenizer(tmp_path / "tokenizer.json", 8)
    with pytest.raises(RecipeError, match="no mask token"):
        task_of(plain, "masked")
    assert isinstance(task_of(plain, "denoising"), DenoisingTask)
