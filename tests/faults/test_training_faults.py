"""What can go wrong in training: one clear line each, and nothing half done is left."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from trivet.backbone.tiny import write_tiny_encoder
from trivet.errors import DataError, EncoderError, RecipeError, TrivetError
from trivet.methods.memory import is_shortage, name_shortage
from trivet.recipe import build_recipe
from trivet.settings import Settings
from trivet.train import train

PROGRAM = (sys.executable, "-c", "from trivet.cli.main import run; run()")
WORDS = ("card", "money", "lost", "late", "my", "the", "is", "please")
TRAINING = {"epochs": 2, "batch_size": 8, "learning_rate": 1e-3, "bf16": "off"}


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_encoder(tmp_path_factory.mktemp("tiny") / "encoder", WORDS).path


@pytest.fixture(name="settings")
def _settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", cache=tmp_path / "cache", threads=1, offline=True)


def write_rows(path: Path, rows: list[tuple[str, str]]) -> Path:
    path.write_text("text,label\n" + "".join(f"{text},{label}\n" for text, label in rows), encoding="utf-8")
    return path


def toy_rows(count: int) -> list[tuple[str, str]]:
    """Two labels, told apart by a word."""
    random = np.random.default_rng(0)
    rows = []
    for at in range(count):
        label = ("card", "money")[at % 2]
        rows.append((f"{label} {' '.join(random.choice(WORDS[2:], size=3))} {at}", label))
    return rows


@pytest.fixture(name="attempt")
def _attempt(encoder: Path, settings: Settings, tmp_path: Path) -> Callable[..., TrivetError]:
    """Trains on rows and gives the mistake that came of it; checks that nothing is left where the artifact would be."""

    def attempt(
        rows: list[tuple[str, str]], *, method: Mapping[str, Any], training: Mapping[str, Any] | None = None
    ) -> TrivetError:
        recipe = build_recipe(
            {
                "name": "toy",
                "data": {"dataset": str(write_rows(tmp_path / "rows.csv", rows))},
                "encoder": {"name": str(encoder)},
                "method": method,
                "training": {**TRAINING, **(training or {})},
            }
        )
        out = tmp_path / "out" / "model"
        with pytest.raises(TrivetError) as caught:
            train(recipe, out=out, settings=settings)
        assert not out.parent.exists() or not list(out.parent.iterdir())
        assert "\n" not in caught.value.line()
        return caught.value

    return attempt


def test_a_pair_that_does_not_go_together_is_refused_as_the_recipe_is_read() -> None:
    values = {"name": "toy", "data": {"dataset": "toy"}, "task": {"kind": "pretraining"}, "method": {"kind": "lora"}}
    with pytest.raises(RecipeError, match=r"method 'lora' does not go with task 'pretraining'; use full"):
        build_recipe(values)


@pytest.mark.parametrize("kind", ["head", "full"])
def test_one_label_is_too_few(attempt: Callable[..., TrivetError], kind: str) -> None:
    error = attempt([(f"card {at}", "card") for at in range(20)], method={"kind": kind})
    assert isinstance(error, DataError)
    assert "label" in error.what


def test_one_row_a_label_is_too_few_to_hold_any_out(attempt: Callable[..., TrivetError]) -> None:
    error = attempt([("my card", "card"), ("my money", "money")], method={"kind": "full"})
    assert isinstance(error, DataError)
    assert "too few" in error.what


def test_rows_that_mostly_contradict_each_other_are_not_learnt(attempt: Callable[..., TrivetError]) -> None:
    torn = [(f"card {at}", label) for at in range(10) for label in ("card", "money")]
    error = attempt([*torn, *toy_rows(8)], method={"kind": "head"})
    assert isinstance(error, DataError)
    assert re.match(r"\d+ of \d+ training rows have a text that also stands with another label: card \d", error.what)
    assert "--label" in error.todo


def test_a_loss_that_is_no_number_names_the_rate(attempt: Callable[..., TrivetError]) -> None:
    error = attempt(toy_rows(40), method={"kind": "full"}, training={"learning_rate": 1e30, "warmup": 0.0})
    assert "no longer a number" in error.what
    assert error.where == "training.learning_rate"
    assert "Lower it" in error.todo


def test_an_adapter_for_layers_of_another_encoder_names_those_there_are(attempt: Callable[..., TrivetError]) -> None:
    error = attempt(toy_rows(40), method={"kind": "lora", "targets": ["q_lin", "v_lin"]})
    assert isinstance(error, RecipeError)
    assert error.where == "method.targets"
    assert "query" in error.todo


def test_adapters_on_another_encoder_do_not_go_on(encoder: Path, settings: Settings, tmp_path: Path) -> None:
    """A run with checkpoints of one encoder is not resumed over another one."""
    rows = write_rows(tmp_path / "rows.csv", toy_rows(64))
    values = {
        "name": "toy",
        "data": {"dataset": str(rows)},
        "encoder": {"name": str(encoder)},
        "method": {"kind": "lora"},
        "training": {**TRAINING, "checkpoint_steps": 1},
    }

    class Stop:
        """Stops the run at its fourth step, as a power cut would."""

        def stage(self, name: str) -> None:
            pass

        def step(self, done: int, total: int, note: str) -> None:
            if done == 4:
                raise InterruptedError

    workspace = tmp_path / "workspace"
    with pytest.raises(InterruptedError):
        train(build_recipe(values), out=tmp_path / "out", settings=settings, workspace=workspace, progress=Stop())
    other = write_tiny_encoder(tmp_path / "other", WORDS, seed=5)
    wrong = build_recipe(values, overrides={"encoder.name": str(other.path)})
    with pytest.raises(TrivetError, match="of a run with other rows or knobs"):
        train(wrong, out=tmp_path / "out", settings=settings, workspace=workspace, resume=True)
    assert not (tmp_path / "out").exists()


def test_a_missing_encoder_is_named_before_anything_is_learnt(settings: Settings, tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "rows.csv", toy_rows(40))
    values = {"name": "toy", "data": {"dataset": str(rows)}, "encoder": {"name": str(tmp_path / "nowhere")}}
    with pytest.raises(EncoderError, match="there is no encoder"):
        train(build_recipe(values), out=tmp_path / "out", settings=settings)
    assert not (tmp_path / "out").exists()


def test_every_way_of_running_out_of_memory_is_one_line_that_names_the_knob() -> None:
    recipe = build_recipe({"name": "toy", "data": {"dataset": "toy"}, "method": {"kind": "full"}})
    for fill in (lambda: torch.empty(10**15), lambda: np.empty(10**15)):
        with pytest.raises(TrivetError) as caught, name_shortage(recipe):
            fill()
        assert caught.value.line() == (
            "training.batch_size: memory ran out. Lower it (now 32) and raise training.accumulate,"
            " or lower task.max_tokens (now 128)."
        )
    with pytest.raises(RuntimeError, match="something else"), name_shortage(recipe):
        raise RuntimeError("something else")
    # What a GPU says, in torch's own words.
    assert is_shortage(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."))


def test_a_machine_without_enough_memory_says_so_and_leaves_nothing(encoder: Path, tmp_path: Path) -> None:
    """A process of its own may take half a gigabyte more once it fits the head, whose matrix wants three."""
    recipe = write_recipe(tmp_path, encoder, method='kind = "head"\nhead = "analytic"\nexpansion = 20000')
    program = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from trivet.errors import TrivetError\n"
        "from trivet.recipe import read_recipe\n"
        "from trivet.train import train\n"
        "class Limit:\n"
        "    def stage(self, name):\n"
        "        if name == 'head':\n"
        "            pages = int(open('/proc/self/statm').read().split()[0])\n"
        "            most = pages * resource.getpagesize() + 500_000_000\n"
        "            resource.setrlimit(resource.RLIMIT_AS, (most, most))\n"
        "    def step(self, done, total, note): pass\n"
        "try:\n"
        "    train(read_recipe(Path(sys.argv[1])), out=Path(sys.argv[2]), progress=Limit())\n"
        "except TrivetError as error:\n"
        "    print(error.line())\n"
    )
    command = [sys.executable, "-c", program, str(recipe), str(tmp_path / "out" / "model")]
    done = subprocess.run(command, env=surroundings(tmp_path), capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.startswith("method.expansion: memory ran out. Lower it (now 20000)")
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


def test_a_run_that_ctrl_c_ends_goes_on_to_the_same_weights(encoder: Path, tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, encoder, method='kind = "full"', training="epochs = 15\ncheckpoint_steps = 5")
    environment = surroundings(tmp_path)

    def words(name: str, *more: str) -> list[str]:
        folders = ["--out", str(tmp_path / name), "--workspace", str(tmp_path / "workspace" / name)]
        return [*PROGRAM, "train", str(recipe), *folders, "--no-evaluate", "--json", *more]

    cut = subprocess.Popen(
        words("cut"),
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell that runs these tests in the background has its children ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    wait_for(lambda: any((tmp_path / "workspace" / "cut").rglob("*.safetensors")), cut)
    cut.send_signal(signal.SIGINT)
    out, told = cut.communicate(timeout=120)
    assert cut.returncode == 130, told[-2000:]
    assert "add --resume to go on" in told
    assert "interrupted" in json.loads(out)["error"]
    assert not (tmp_path / "cut").exists()
    assert not list(tmp_path.glob(".cut*"))
    for command in (words("cut", "--resume"), words("whole")):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
    cut_weights, whole_weights = (sorted((tmp_path / name / "weights").glob("*")) for name in ("cut", "whole"))
    assert [path.name for path in cut_weights] == [path.name for path in whole_weights]
    assert [digest(path) for path in cut_weights] == [digest(path) for path in whole_weights]


def write_recipe(folder: Path, encoder: Path, *, method: str, training: str = "epochs = 2") -> Path:
    rows = write_rows(folder / "rows.csv", toy_rows(160))
    path = folder / "recipe.toml"
    path.write_text(
        f'name = "toy"\n[data]\ndataset = "{rows}"\n[encoder]\nname = "{encoder}"\n[method]\n{method}\n'
        f'[training]\n{training}\nbatch_size = 8\nbf16 = "off"\n[export]\nprecision = "fp32"\n',
        encoding="utf-8",
    )
    return path


def surroundings(folder: Path) -> dict[str, str]:
    own = {"TRIVET_HOME": str(folder / "home"), "TRIVET_CACHE": str(folder / "cache"), "TRIVET_REGISTRY": ""}
    return os.environ | own | {"TRIVET_OFFLINE": "1", "TRIVET_THREADS": "1", "OMP_NUM_THREADS": "1"}


def wait_for(happened: Callable[[], bool], process: subprocess.Popen[str], *, seconds: float = 180) -> None:
    until = time.monotonic() + seconds
    while not happened():
        assert process.poll() is None, process.communicate()[1][-2000:]
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
