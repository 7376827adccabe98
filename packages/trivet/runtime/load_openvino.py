"""Imports OpenVINO without its telemetry."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

TELEMETRY = "openvino_telemetry"


def load_openvino() -> ModuleType:
    """The module `openvino`; its import and all that nncf and its converter do send nothing.

    By default `import openvino` already reports to Google Analytics, through a forked process, unless a file in the
    user's home forbids it. Without the package both use stubs of their own: so to them it is not installed. All imports
    of openvino or nncf in Trivet come after this one.
    """
    if TELEMETRY not in sys.modules:
        sys.modules[TELEMETRY] = None  # type: ignore[assignment]
    return importlib.import_module("openvino")
