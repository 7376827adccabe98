from pathlib import Path

import pytest

from trivet.backbone.tiny import write_tiny_encoder
from trivet.encoders.catalogue import EncoderSource
from trivet.runtime.tokens import TextTokenizer

WORDS = ("card", "lost", "money", "sent", "a", "b", "c", "d", "e")


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> EncoderSource:
    folder: Path = tmp_path_factory.mktemp("tiny")
    return write_tiny_encoder(folder, WORDS)


@pytest.fixture(scope="session")
def tokenizer(source: EncoderSource) -> TextTokenizer:
    return TextTokenizer(source.path / "tokenizer.json", 16, "")
