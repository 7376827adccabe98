from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from trivet.errors import DataError
from trivet.runtime.tokens import TextTokenizer
from trivet.tasks.words import NO_WORD, batch_words, draw_chances, ordinary_ids, read_words


@pytest.fixture
def pieces(tmp_path: Path) -> TextTokenizer:
    """A tokenizer that cuts `playing` in two."""
    vocabulary = {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4, "play": 5, "##ing": 6, "games": 7}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair=None, special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    return TextTokenizer(tmp_path / "tokenizer.json", 6)


def test_every_token_knows_its_word(pieces: TextTokenizer) -> None:
    rows = read_words(["playing games"], pieces, whole_words=True, seed=0)
    assert rows.ids[0].tolist() == [2, 5, 6, 7, 3]
    assert rows.words[0].tolist() == [NO_WORD, 0, 0, 1, NO_WORD]


def test_without_whole_words_each_token_is_one(pieces: TextTokenizer) -> None:
    rows = read_words(["playing games"], pieces, whole_words=False, seed=0)
    assert rows.words[0].tolist() == [NO_WORD, 0, 1, 2, NO_WORD]


def test_texts_are_cut_as_for_serving(pieces: TextTokenizer) -> None:
    text = "games games games games games games"
    assert read_words([text], pieces, whole_words=True, seed=0).ids[0].tolist() == pieces.encode([text])[0].ids.tolist()


def test_the_prefix_is_no_word_of_the_text(pieces: TextTokenizer) -> None:
    prefixed = TextTokenizer(pieces.path, 6, "games ")
    rows = read_words(["playing"], prefixed, whole_words=True, seed=0)
    assert rows.ids[0].tolist() == [2, 7, 5, 6, 3]
    assert rows.words[0].tolist() == [NO_WORD, NO_WORD, 1, 1, NO_WORD]


def test_texts_without_a_word_are_left_out_and_nothing_else_is_refused(pieces: TextTokenizer) -> None:
    assert len(read_words(["", "games"], pieces, whole_words=True, seed=0).ids) == 1
    with pytest.raises(DataError, match="no text has a word"):
        read_words(["", " "], pieces, whole_words=True, seed=0)


def test_only_text_replaces_text(pieces: TextTokenizer) -> None:
    assert ordinary_ids(pieces).tolist() == [5, 6, 7]


def test_the_chances_of_a_row_are_its_own_whatever_batch_it_is_in(pieces: TextTokenizer) -> None:
    rows = read_words(["playing games", "games", "games playing playing"], pieces, whole_words=True, seed=5)
    alone = draw_chances(batch_words(rows, np.array([1]), ordinary_ids(pieces)), fresh=False)
    together = draw_chances(batch_words(rows, np.array([2, 1]), ordinary_ids(pieces)), fresh=False)
    assert torch.equal(alone[0], together[1, : alone.shape[1]])


def test_fresh_chances_come_from_the_generator_that_a_checkpoint_holds(pieces: TextTokenizer) -> None:
    rows = read_words(["playing games"], pieces, whole_words=True, seed=5)
    batch = batch_words(rows, np.array([0]), ordinary_ids(pieces))
    with torch.random.fork_rng():
        torch.manual_seed(1)
        first, second = draw_chances(batch, fresh=True), draw_chances(batch, fresh=True)
        torch.manual_seed(1)
        again = draw_chances(batch, fresh=True)
    assert torch.equal(first, again)
    assert not torch.equal(first, second)
    assert first[0, 1] == first[0, 2]
    assert (first[batch["words"] == NO_WORD] > 1).all()
