"""The wheel alone, in an environment of its own: nothing of the checkout is needed to train and serve."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
Run = Callable[..., str]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return next(folder.glob("trivet-*.whl"))


@pytest.fixture(scope="module")
def place(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with the wheel in it, that sees the dependencies of this one."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=False)
    python = str(folder / "bin" / "python")
    install = [sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True, capture_output=True, timeout=300)
    # A .pth file inside a folder that a .pth line names is not read, so no editable install comes along.
    site = next(folder.glob("lib/python*/site-packages"))
    (site / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    return folder


@pytest.fixture(scope="module")
def surroundings(environment: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    own = {"TRIVET_HOME": str(tmp_path_factory.mktemp("wheel-home"))}
    return {name: value for name, value in environment.items() if not name.startswith("PYTHON")} | own


@pytest.fixture(scope="module")
def run(place: Path, surroundings: Mapping[str, str]) -> Run:
    """A program of that environment, from a folder that is no checkout."""

    def call(program: str, *words: str) -> str:
        command = [str(place / "bin" / program), *words]
        done = subprocess.run(command, env=surroundings, cwd=place, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    return call


@pytest.fixture(scope="module")
def trained(run: Run) -> dict[str, Any]:
    return json.loads(run("trivet", "train", "support", "--json"))


def test_it_holds_cards_samples_recipes_and_the_other_files_that_are_read(wheel: Path) -> None:
    held = set(ZipFile(wheel).namelist())
    cards = {f"trivet/data/cards/{path.relative_to(ROOT / 'datasets')}" for path in (ROOT / "datasets").glob("*.toml")}
    samples = {
        f"trivet/data/cards/{path.relative_to(ROOT / 'datasets')}"
        for ending in ("csv", "jsonl")
        for path in (ROOT / "datasets" / "samples").rglob(f"*.{ending}")
    }
    recipes = {str(path.relative_to(ROOT / "services")) for path in (ROOT / "services").rglob("recipes/*.toml")}
    files = {"trivet/export/calibration.txt", "trivet_service/documentation.html", "trivet/py.typed"}
    assert cards
    assert samples
    assert recipes
    assert (cards | samples | recipes | files) - held == set()


def test_it_holds_all_modules_and_puts_nothing_else_at_the_top(wheel: Path) -> None:
    held = set(ZipFile(wheel).namelist())
    shelves = [ROOT / shelf for shelf in ("packages", "shared", "services")]
    modules = {str(path.relative_to(shelf)) for shelf in shelves for path in shelf.rglob("*.py")}
    assert modules - held == set()
    tops = {name.partition("/")[0] for name in held if ".dist-info/" not in name}
    assert tops == {path.name for shelf in shelves for path in shelf.glob("trivet*") if path.is_dir()}
    assert not [name for name in held if "__pycache__" in name]


def test_trivet_comes_from_the_wheel_and_our_data_sets_hide_no_package_of_that_name(place: Path, run: Run) -> None:
    program = """
import importlib.util, json, trivet, trivet_service, trivet_support
found = importlib.util.find_spec("datasets")
print(json.dumps([[trivet.__file__, trivet_service.__file__, trivet_support.__file__], found and str(found.origin)]))
"""
    files, datasets = json.loads(run("python", "-c", program))
    assert all(Path(file).is_relative_to(place) for file in files), files
    assert datasets is None or not Path(datasets).is_relative_to(place)


def test_its_data_sets_are_listed(run: Run) -> None:
    names = {row["name"] for row in json.loads(run("trivet", "data", "list", "--json"))}
    assert names == {path.stem for path in (ROOT / "datasets").glob("*.toml")}


def test_its_services_and_their_commands_are_found(run: Run) -> None:
    assert {"serve", "keys", "demo"} <= set(run("trivet", "--help").split())


def test_it_trains_on_a_sample(trained: dict[str, Any]) -> None:
    assert trained["aliases"] == ["live"]
    assert trained["report"]["metrics"]["accuracy"]["value"] > 0.8


def test_it_serves_what_it_trained(
    trained: dict[str, Any],
    place: Path,
    surroundings: Mapping[str, str],
    served: Callable[..., AbstractContextManager[Any]],
) -> None:
    program = [str(place / "bin" / "trivet")]
    with served("support", "--insecure", environment=surroundings, program=program) as server:
        mapped = Path(f"/proc/{server.pid}/environ")
        assert not mapped.exists() or os.fsencode(surroundings["TRIVET_HOME"]) in mapped.read_bytes()
        answer = httpx.post(f"{server.address}/v1/parse", json={"text": "card still not here"})
        assert answer.status_code == 200, answer.text
        assert answer.json()["intent"]["name"] == "card_arrival"
        assert httpx.get(f"{server.address}/docs").status_code == 200
