"""Trivet turns pretrained language models into domain services; importing it loads no torch."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trivet.api import compare, evaluate, explain, export, load, train

__version__ = "0.1.0"
__all__ = ["compare", "evaluate", "explain", "export", "load", "train"]


class _Verb:
    """A function of `trivet.api`, imported when it is asked for.

    `trivet.train` is a module too, and Python binds a module to its name in the package when somebody imports it. A
    descriptor that lets nothing be set keeps the name with the function; `from trivet.train import ...` still finds the
    module, as it looks for modules by their full name.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, package: object, owner: type | None = None) -> Any:
        return getattr(import_module("trivet.api"), self.name)

    def __set__(self, package: object, value: object) -> None:
        """Nothing: the name belongs to the function."""


class _Package(ModuleType):
    """The package with its few public functions."""

    compare = _Verb()
    evaluate = _Verb()
    explain = _Verb()
    export = _Verb()
    load = _Verb()
    train = _Verb()


sys.modules[__name__].__class__ = _Package
