"""Provenance: which code, which commit, which machine."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from trivet.bench.digest import digest_code
from trivet.bench.provenance import Code, counted, current_commit, describe_machine, read_code

CODE = Code({"trivet.__init__": b"root", "trivet.a": b"one", "trivet.b": b"two"})


def told(**sources: bytes) -> str:
    lines = (f"{name.replace('_', '.')} {digest_code(source)}\n" for name, source in sources.items())
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def test_the_hash_is_over_names_and_code_in_order_of_name() -> None:
    assert CODE.hash(["trivet.b", "trivet.a"]) == told(trivet_a=b"one", trivet_b=b"two")


def test_a_package_goes_by_its_own_name() -> None:
    assert CODE.hash(["trivet"]) == told(trivet=b"root")


def test_only_the_modules_named_count() -> None:
    changed = Code({**CODE.sources, "trivet.b": b"other"})
    assert changed.hash(["trivet.a"]) == CODE.hash(["trivet.a"])
    assert changed.hash(["trivet.a", "trivet.b"]) != CODE.hash(["trivet.a", "trivet.b"])


def test_a_module_that_is_gone_counts_as_empty() -> None:
    assert CODE.hash(["trivet.gone"]) == told(trivet_gone=b"")


def test_modules_that_only_print_or_record_are_left_out() -> None:
    names = ["trivet.cli.train", "trivet.bench", "trivet.bench.run", "trivet.errors", "numpy", "trivet.client"]
    assert counted([*names, "trivet_support.service", "trivet"]) == (
        "trivet",
        "trivet.client",
        "trivet_support.service",
    )


def test_the_source_of_services_is_read_and_nothing_is_imported() -> None:
    program = (
        "import sys\nfrom trivet.bench.provenance import read_code\nbefore = set(sys.modules)\ncode = read_code()\n"
        "assert {'trivet_service.app', 'trivet_support.service', 'trivet.train'} <= set(code.sources)\n"
        "assert not [name for name in set(sys.modules) - before if name.startswith('trivet')]\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_core_is_what_training_can_import() -> None:
    core = read_code().core()
    assert {"trivet.train", "trivet.methods.head"} <= set(core)
    assert not [name for name in core if name.startswith(("trivet.cli", "trivet.bench", "trivet_"))]


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    return subprocess.run(["git", *who, *words], cwd=folder, capture_output=True, text=True, check=True).stdout.strip()


def test_a_commit_is_marked_where_code_differs_and_not_where_records_do(tmp_path: Path) -> None:
    bench = tmp_path / "benchmarks"
    for name in ("packages/a.py", "benchmarks/records/r.json", "README.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "Begin")
    commit = git(tmp_path, "rev-parse", "--short=12", "HEAD")
    (bench / "records" / "r.json").write_text("2")
    (tmp_path / "README.md").write_text("2")
    assert current_commit(bench) == commit
    (tmp_path / "packages" / "new.py").write_text("1")
    assert current_commit(bench) == f"{commit}+"


def test_outside_of_a_checkout_there_is_no_commit(tmp_path: Path) -> None:
    assert current_commit(tmp_path) == ""


def test_a_machine_is_one_line_with_its_cores() -> None:
    assert "\n" not in describe_machine()
    assert " cores, Python 3." in describe_machine()
