"""Which files training opens, seen from outside."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

CLINIC = Path(__file__).resolve().parents[2] / "datasets" / "samples" / "support-clinic"
PROGRAM = "from trivet.cli.main import run; run()"


@pytest.mark.system("strace")
def test_training_opens_the_training_rows_and_never_the_test_rows(
    environment: Mapping[str, str], tmp_path: Path
) -> None:
    data, trace = tmp_path / "clinic", tmp_path / "trace"
    data.mkdir()
    for name in ("train.csv", "test.csv"):
        shutil.copy(CLINIC / name, data / name)
    words = ("train", "support", str(data), "--name", "shut", "--no-evaluate", "--json")
    tracer = ("strace", "-f", "-qq", "--seccomp-bpf", "-s", "4096", "-e", "trace=open,openat", "-o", str(trace))
    command = [*tracer, sys.executable, "-c", PROGRAM, *words]
    done = subprocess.run(command, env=dict(environment), capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    opened = re.findall(r'open(?:at)?\([^"]*"([^"]*)"', trace.read_text(errors="replace"))
    assert str(data / "train.csv") in opened
    assert not [path for path in opened if Path(path).name == "test.csv"]
