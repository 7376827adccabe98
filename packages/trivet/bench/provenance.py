"""What a figure rests on: the code that was imported, the commit and the machine."""

from __future__ import annotations

import hashlib
import platform
import subprocess
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

# Changes in these cannot change a figure: they print, list or record it.
NOT_COUNTED = ("trivet.cli", "trivet.bench", "trivet.errors")


def imported_modules() -> tuple[str, ...]:
    """Names of our own modules that this process has imported, those that only print left out."""
    return tuple(
        sorted(
            name for name in sys.modules if name.split(".")[0].startswith("trivet") and not name.startswith(NOT_COUNTED)
        )
    )


def hash_modules(names: Iterable[str]) -> str:
    """sha256 over the source of the modules, in order of name; a module that is gone counts as empty."""
    digest = hashlib.sha256()
    for name in sorted(names):
        digest.update(name.encode())
        spec = _find(name)
        if spec is not None:
            digest.update(Path(spec).read_bytes())
    return digest.hexdigest()


def _find(name: str) -> str | None:
    try:
        spec = find_spec(name)
    except ModuleNotFoundError:
        return None
    return spec.origin if spec is not None and spec.origin and spec.origin.endswith(".py") else None


def current_commit(root: Path) -> str:
    """The commit of the checkout, with `+` where the tree has changes; empty outside a checkout."""
    try:
        commit = _git(root, "rev-parse", "--short=12", "HEAD")
    except (OSError, subprocess.CalledProcessError):
        return ""
    return commit + ("+" if _git(root, "status", "--porcelain", "--untracked-files=no") else "")


def _git(root: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=True).stdout.strip()


def describe_machine() -> str:
    """Processor, cores and Python, on one line."""
    import os

    model = (
        next(
            (
                line.split(":", 1)[1].strip()
                for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
                if line.startswith("model name")
            ),
            platform.processor(),
        )
        if Path("/proc/cpuinfo").exists()
        else platform.processor()
    )
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}"
