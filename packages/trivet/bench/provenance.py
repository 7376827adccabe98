"""What a figure rests on: the code that was imported, the commit and the machine."""

from __future__ import annotations

import hashlib
import os
import pkgutil
import platform
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from trivet.bench.digest import digest_code

# Changes in these cannot change a figure: they print, list or record it.
NOT_COUNTED = ("trivet.cli", "trivet.bench", "trivet.errors")
# What changes the code that runs or what it reads, from the root of a checkout; not the records themselves, nor texts.
COUNTED_FOLDERS = (":/packages", ":/shared", ":/services", ":/datasets", ":/benchmarks/recipes")


@dataclass(frozen=True)
class Code:
    """The source of our own packages as it was read, by module; a package goes by `NAME.__init__`.

    Read once as a process starts: where a file is edited while a benchmark runs, the figure belongs to the code before
    the edit, and its record is stale from the day it is written.
    """

    sources: Mapping[str, bytes]

    def hash(self, modules: Iterable[str]) -> str:
        """sha256 over name and `digest_code` of modules, in order of name; a module that is gone counts as empty."""
        digest = hashlib.sha256()
        for name in sorted(modules):
            source = self.sources.get(name) or self.sources.get(f"{name}.__init__") or b""
            digest.update(f"{name} {digest_code(source)}\n".encode())
        return digest.hexdigest()

    def core(self) -> tuple[str, ...]:
        """Every module of the core that a training run can import."""
        apart = ("trivet.cli.", "trivet.bench.")
        return tuple(sorted(name for name in self.sources if name.startswith("trivet.") and not name.startswith(apart)))


def read_code() -> Code:
    """The source of every package called `trivet...` that can be imported here, services too; imports none of them."""
    sources = {}
    for package in pkgutil.iter_modules():
        spec = find_spec(package.name) if package.name.startswith("trivet") else None
        for folder in spec.submodule_search_locations or () if spec else ():
            for path in Path(folder).rglob("*.py"):
                inside = path.relative_to(folder).with_suffix("").parts
                sources[".".join((package.name, *inside))] = path.read_bytes()
    return Code(sources)


def counted(names: Iterable[str]) -> tuple[str, ...]:
    """Our own modules among the names, sorted; those that only print or record left out."""
    ours = (name for name in names if name.split(".")[0].startswith("trivet"))
    return tuple(sorted(name for name in ours if not any(f"{name}.".startswith(f"{one}.") for one in NOT_COUNTED)))


def current_commit(root: Path) -> str:
    """The commit of the checkout, with `+` where code, data cards or recipes differ from it; empty outside a checkout.

    Records, texts and files that git ignores do not count: a run that writes records would otherwise taint the next.
    """
    try:
        commit = _git(root, "rev-parse", "--short=12", "HEAD")
        changes = _git(root, "--no-optional-locks", "status", "--porcelain", "--", *COUNTED_FOLDERS)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return commit + ("+" if changes else "")


def _git(root: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=True).stdout.strip()


def describe_machine() -> str:
    """Processor, cores and Python, on one line."""
    return f"{_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor())
