"""The rules of the house that a machine keeps."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHELVES = ("packages", "shared", "services")
SOURCES = sorted(path for shelf in SHELVES for path in (ROOT / shelf).rglob("*.py"))
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "other", "manager"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_has_at_most_300_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


def test_no_file_has_a_name_that_says_nothing() -> None:
    assert not [path for path in SOURCES if path.stem in VAGUE]


def test_shelves_are_not_packages() -> None:
    for folder in (*SHELVES, "datasets", "tests"):
        assert not (ROOT / folder / "__init__.py").exists(), folder


def test_nothing_that_runs_code_on_load_is_imported() -> None:
    forbidden = {"pickle", "joblib", "cloudpickle", "dill", "shelve", "marshal"}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                assert not {name.name.split(".")[0] for name in node.names} & forbidden, path
            elif isinstance(node, ast.ImportFrom):
                assert (node.module or "").split(".")[0] not in forbidden, path


def test_statements_are_made_where_they_get_their_tenant() -> None:
    """Outside the storage nobody can write a query that forgets whose rows it means."""
    makers = {"select", "insert", "update", "delete", "text", "TextClause", "Connection", "create_engine"}
    storage = ROOT / "shared/trivet_service/storage"
    allowed = {ROOT / "shared/trivet_service/testing_postgres.py"}
    for path in SOURCES:
        if path.is_relative_to(storage) or path in allowed or path.parent.name == "migrations":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "sqlalchemy":
                assert not {name.name for name in node.names} & makers, path
            elif isinstance(node, ast.Import):
                assert "sqlalchemy" not in {name.name.split(".")[0] for name in node.names}, path
            elif isinstance(node, ast.Attribute):
                # A table can make statements too, and a connection run any.
                assert node.attr not in {"exec_driver_sql", "scalars"}, path


def test_every_module_says_what_it_is() -> None:
    silent = [path for path in SOURCES if path.read_text(encoding="utf-8") and not _docstring(path)]
    assert not silent


def _docstring(path: Path) -> str | None:
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def test_everything_below_tasks_imports_without_torch_and_transformers() -> None:
    layers = (
        "errors",
        "settings",
        "recipe",
        "data",
        "encoders",
        "trust",
        "answers",
        "heads",
        "runtime",
        "artifact",
        "registry",
        "evaluation",
        "explain",
    )
    modules = sorted(
        ".".join(path.relative_to(ROOT / "packages").with_suffix("").parts).removesuffix(".__init__")
        for layer in layers
        for path in [*(ROOT / "packages/trivet" / layer).rglob("*.py"), *(ROOT / "packages/trivet").glob(f"{layer}.py")]
    )
    _import_without(modules, blocked=("torch", "transformers", "peft", "accelerate", "sentence_transformers", "nncf"))


def test_importing_trivet_loads_nothing_heavy() -> None:
    _import_without(["trivet", "trivet.recipe"], blocked=("torch", "pandas", "openvino", "sklearn", "matplotlib"))


def _import_without(modules: list[str], *, blocked: tuple[str, ...]) -> None:
    """Imports the modules in a fresh interpreter in which importing a blocked package fails."""
    program = (
        "import sys, importlib\n"
        "class Block:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.split('.')[0] in {blocked!r}: raise ImportError('blocked: ' + name)\n"
        "sys.meta_path.insert(0, Block())\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
