from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trivet.errors import EncoderError
from trivet.runtime.tokens import Encoded, TextTokenizer, pad


def encoded(length: int) -> Encoded:
    return Encoded(np.arange(1, length + 1), length, truncated=False)


@pytest.mark.parametrize(("length", "width"), [(1, 8), (8, 8), (9, 16), (17, 24)])
def test_a_batch_is_padded_to_a_multiple_of_eight(length: int, width: int) -> None:
    ids, mask = pad([encoded(length), encoded(1)])
    assert ids.shape == mask.shape == (2, width)
    assert ids.dtype == mask.dtype == np.int64


def test_the_mask_is_one_over_tokens_and_zero_over_padding() -> None:
    ids, mask = pad([encoded(3), encoded(5)], multiple=5)
    assert ids.tolist() == [[1, 2, 3, 0, 0], [1, 2, 3, 4, 5]]
    assert mask.tolist() == [[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]]


def test_a_text_over_the_limit_keeps_its_start_and_counts_what_it_lost(tiny: Any) -> None:
    whole = TextTokenizer(tiny.source.path / "tokenizer.json", 64).encode(["my card is lost " * 5])[0]
    cut = TextTokenizer(tiny.source.path / "tokenizer.json", 10).encode(["my card is lost " * 5])[0]
    assert (whole.tokens, whole.truncated, len(whole.ids)) == (22, False, 22)
    assert (cut.tokens, cut.truncated, len(cut.ids)) == (22, True, 10)
    assert cut.ids[:9].tolist() == whole.ids[:9].tolist()
    assert cut.ids[-1] == whole.ids[-1]


def test_a_text_at_the_limit_is_not_truncated(tiny: Any) -> None:
    found = TextTokenizer(tiny.source.path / "tokenizer.json", 6).encode(["my card is lost"])[0]
    assert (found.tokens, found.truncated) == (6, False)


def test_a_text_has_the_same_ids_alone_and_among_others(tiny: Any) -> None:
    tokenizer = tiny.tokenizer()
    together = tokenizer.encode(tiny.texts)
    alone = [tokenizer.encode([text])[0] for text in tiny.texts]
    assert [text.ids.tolist() for text in together] == [text.ids.tolist() for text in alone]


def test_a_prefix_stands_before_every_text(tiny: Any) -> None:
    path = tiny.source.path / "tokenizer.json"
    prefixed = TextTokenizer(path, 24, "send money ").encode(["thank you", "my card"])
    plain = TextTokenizer(path, 24).encode(["send money thank you", "send money my card"])
    assert [text.ids.tolist() for text in prefixed] == [text.ids.tolist() for text in plain]


def test_a_text_without_a_word_has_as_many_tokens_as_none(tiny: Any) -> None:
    for prefix in ("", "send money "):
        tokenizer = TextTokenizer(tiny.source.path / "tokenizer.json", 24, prefix)
        assert tokenizer.encode(["\u200b"])[0].tokens == tokenizer.bare
        assert tokenizer.encode(["card"])[0].tokens == tokenizer.bare + 1


@pytest.mark.parametrize("content", ["", "{}", "no json"])
def test_a_damaged_tokenizer_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(EncoderError, match=r"tokenizer\.json: cannot read the tokenizer"):
        TextTokenizer(path, 24)


def test_a_limit_without_room_for_a_word_is_refused(tiny: Any) -> None:
    with pytest.raises(EncoderError, match="2 tokens leave no room"):
        TextTokenizer(tiny.source.path / "tokenizer.json", 2)
