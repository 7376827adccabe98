"""What README and guide of the core show is run: the example, and each command as far as its help."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "packages" / "trivet" / "README.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "docs" / "core.md").read_text(encoding="utf-8")
PROGRAM = "from trivet.cli.main import run; run()"


def commands() -> list[tuple[str, ...]]:
    """Every line of a fenced block that calls `trivet`."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", README + GUIDE, flags=re.DOTALL | re.MULTILINE)
    shown = (block for language, block in blocks if language in ("", "sh"))
    lines = (line for block in shown for line in block.splitlines() if line.startswith("trivet "))
    return [tuple(shlex.split(line, comments=True)[1:]) for line in lines]


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_a_command_exists_with_its_options(words: tuple[str, ...]) -> None:
    verb = words[:2] if words[0] in ("registry", "data", "models", "bench") else words[:1]
    command = [sys.executable, "-c", PROGRAM, *verb, "--help"]
    wide = os.environ | {"COLUMNS": "200"}
    done = subprocess.run(command, env=wide, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    options = {word.partition("=")[0] for word in words if word.startswith("--")}
    assert not {option for option in options if not re.search(rf"{option}\b", done.stdout)}


def test_the_readme_leads_to_every_section_of_the_guide() -> None:
    titles = re.findall(r"^## (.+)$", GUIDE, flags=re.MULTILINE)
    anchors = [re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in titles]
    assert titles
    for title, anchor in zip(titles, anchors, strict=True):
        assert f"[{title}](../../docs/core.md#{anchor})" in README


def test_the_example_runs_as_it_stands(tmp_path: Path) -> None:
    code = README.split("<!-- runs: seconds, nothing is fetched -->\n```python\n", 1)[1].split("```", 1)[0]
    own = {"TRIVET_HOME": str(tmp_path / "home"), "TRIVET_REGISTRY": "", "TRIVET_OFFLINE": "1"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, env=os.environ | own, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    score, answer, size = done.stdout.strip().splitlines()
    assert re.fullmatch(r"0\.\d{3} \[0\.\d{3}-[01]\.\d{3}\]", score)
    assert re.fullmatch(r"[a-z_]+ [01]\.\d+ \w+", answer)
    assert re.fullmatch(r"\d+ bytes to serve from", size)
    assert (tmp_path / "served" / "artifact.json").is_file()
