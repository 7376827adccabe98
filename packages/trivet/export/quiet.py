"""Keeps the exporters' own talk off the user's screen."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout

from trivet.runtime.load_openvino import load_openvino


@contextmanager
def quieten() -> Iterator[None]:
    """Within it openvino, nncf, transformers and torch neither print nor log nor warn about our graphs."""
    load_openvino()
    import nncf

    loggers = [logging.getLogger(name) for name in (nncf.__name__, "transformers", "torch.onnx")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
