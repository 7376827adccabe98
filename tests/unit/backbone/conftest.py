from pathlib import Path

import pytest

from trivet.backbone.tiny import write_tiny_encoder
from trivet.encoders.catalogue import EncoderSource


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> EncoderSource:
    folder: Path = tmp_path_factory.mktemp("tiny")
    return write_tiny_encoder(folder, [f"word{at}" for at in range(40)])
