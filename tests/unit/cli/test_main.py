"""The command line answers fast, and a mistake is one line with exit code 2."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest


def trivet(*words: str) -> subprocess.CompletedProcess[str]:
    program = "from trivet.cli.main import run; run()"
    return subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=False)


def test_help_lists_all_verbs_those_of_services_too() -> None:
    done = trivet("--help")
    assert done.returncode == 0
    for verb in (
        "data",
        "models",
        "advise",
        "train",
        "evaluate",
        "compare",
        "predict",
        "explain",
        "export",
        "registry",
        "reproduce",
        "bench",
        "serve",
        "demo",
    ):
        assert verb in done.stdout


def test_help_takes_less_than_half_a_second() -> None:
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        trivet("--help")
        seconds.append(time.perf_counter() - began)
    assert min(seconds) < 0.5


@pytest.mark.parametrize(
    "verb",
    [
        "data",
        "models",
        "advise",
        "train",
        "evaluate",
        "compare",
        "predict",
        "explain",
        "export",
        "registry",
        "reproduce",
        "bench",
    ],
)
def test_every_verb_has_help_and_loads_no_torch(verb: str) -> None:
    program = (
        f"import sys; sys.argv = ['trivet', {verb!r}, '--help']\n"
        "from trivet.cli.main import run\n"
        "try: run()\n"
        "finally: assert not {'torch', 'pandas', 'openvino'} & set(sys.modules), 'heavy'\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-800:]
    assert "Usage" in done.stdout


def test_a_misspelt_verb_is_one_line_and_exit_code_2() -> None:
    done = trivet("tran")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "train" in done.stderr


def test_a_misspelt_option_is_one_line_and_exit_code_2() -> None:
    done = trivet("train", "support", "--methd", "full")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def test_a_mistake_with_json_is_a_json_document() -> None:
    done = trivet("train", "nonsense", "--json")
    assert done.returncode == 2
    assert "nonsense" in json.loads(done.stdout)["error"]


def test_a_knob_that_is_not_one_is_named() -> None:
    done = trivet("train", "support", "--set", "training.epochz=3")
    assert done.returncode == 2
    assert "training.epochz" in done.stderr
    assert "epochs" in done.stderr


def test_all_knobs_are_listed() -> None:
    done = trivet("train", "--knobs")
    assert "training.learning_rate" in done.stdout
