"""What the README says is run: its code, its commands, its requests, its tables."""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest

from trivet.bench import peer_table
from trivet.bench.definition import read_benchmarks, read_marks
from trivet.bench.table import BEGIN, END, make_table

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
GUIDES = [ROOT / "README.md", *sorted(ROOT.glob("services/*/README.md")), ROOT / "shared/trivet_service/README.md"]
PROGRAM = "from trivet.cli.main import run; run()"
# Files of the reader's own that a request of a guide sends.
FILES = {
    "fees.md": "# Fees\n\n## Cards\n\nA new card costs 5 euros. It is sent within a week.\n",
    "intents.csv": "intent,text\ncard_thaw,unfreeze my card please\ncard_thaw,let my card work again\n",
    "rules.toml": '[[rules]]\nname = "lawyers"\nwhen = { words = ["lawyer", "sue you"] }\nthen = { do = "hand_over" }\n'
    'because = "a person answers threats"\n',
}


def between(begin: str, end: str) -> str:
    assert begin in README, f"the README has no {begin}"
    return README.split(begin, 1)[1].split(end, 1)[0]


def fenced(text: str) -> Iterator[str]:
    """The lines of its fenced blocks that a shell reads; a line that ends in a backslash goes on."""
    for language, block in re.findall(r"^```(\w*)\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE):
        if language in ("", "bash", "sh", "console"):
            yield from re.sub(r"\\\n\s*", " ", block).splitlines()


def commands() -> list[tuple[str, ...]]:
    """Every `trivet ...` of all guides, in blocks and in running text, once each."""
    found: dict[tuple[str, ...], None] = {}
    for guide in GUIDES:
        text = guide.read_text(encoding="utf-8")
        spans = re.findall(r"`(trivet\s[^`]+)`", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE))
        for line in [*spans, *(part for shown in fenced(text) for part in shown.split("&&"))]:
            match = re.match(r"(?:\$ |Yours: )?\s*(trivet\s.*)", line, flags=re.DOTALL)
            if match:
                found[tuple(shlex.split(match.group(1), comments=True))] = None
    return list(found)


def curls() -> list[tuple[str, str]]:
    """Every curl of all guides, with the guide it stands in."""
    found = []
    for guide in GUIDES:
        for line in fenced(guide.read_text(encoding="utf-8")):
            match = re.match(r"(?:\$ )?(curl\s.*)", line.strip())
            if match:
                found.append((str(guide.relative_to(ROOT)), match.group(1)))
    return list(dict.fromkeys(found))


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    own = {"TRIVET_HOME": str(tmp_path_factory.mktemp("home")), "TRIVET_REGISTRY": "", "TRIVET_OFFLINE": "1"}
    return os.environ | own


@pytest.fixture(scope="module")
def address(
    legs: Mapping[str, Path], environment: Mapping[str, str], served: Callable[..., AbstractContextManager[Any]]
) -> Iterator[str]:
    """A server of the three legs, with the catalogue that the guides speak of."""
    models = [word for service, path in legs.items() for word in ("--model", f"{service}={path}")]
    with served("--insecure", "--load", "sample-recommend", *models, environment=environment) as server:
        yield server.address


@cache
def help_of(*words: str) -> str:
    command = [sys.executable, "-c", PROGRAM, *words, "--help"]
    wide = os.environ | {"COLUMNS": "200"}
    done = subprocess.run(command, env=wide, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, f"trivet {' '.join(words)} --help: {done.stderr}"
    return done.stdout


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_a_command_exists_with_its_options(words: tuple[str, ...]) -> None:
    verb, *rest = words[1:]
    said = help_of(verb)
    if "COMMAND [ARGS]" in said and rest:
        said = help_of(verb, rest[0])
    options = {word.partition("=")[0] for word in rest if word.startswith("--")}
    assert not {option for option in options if not re.search(rf"{option}\b", said)}


@pytest.mark.parametrize(("guide", "line"), curls(), ids=lambda value: value)
def test_a_curl_is_answered(guide: str, line: str, address: str) -> None:
    method, path, headers, body = read_curl(line)
    answer = httpx.request(method, f"{address}{path}", headers=headers, content=body, timeout=30)
    assert answer.is_success, f"{guide}: {answer.status_code} {answer.text}"


def test_every_guide_shows_a_request() -> None:
    assert {guide for guide, _ in curls()} == {str(guide.relative_to(ROOT)) for guide in GUIDES}


def read_curl(line: str) -> tuple[str, str, dict[str, str], str | None]:
    """Method, path with query, headers and body, as curl itself would send them."""
    words = iter(shlex.split(line, comments=True)[1:])
    method, path, headers, body = "", "", {}, None
    for word in words:
        match word:
            case "-X" | "--request":
                method = next(words)
            case "-H" | "--header":
                name, _, value = next(words).partition(":")
                headers[name.strip().lower()] = value.strip()
            case "-d" | "--data" | "--data-raw" | "--data-binary":
                body = next(words)
                body = FILES[body[1:]] if body.startswith("@") else body
                headers.setdefault("content-type", "application/x-www-form-urlencoded")
            case "-s" | "-i" | "-sS" | "-f":
                pass
            case _:
                place = re.fullmatch(r"(?:http://)?(?:127\.0\.0\.1|localhost):8800(/.*)", word)
                assert place, f"{word!r} is no address of a server of ours"
                path = place.group(1)
    return method or ("GET" if body is None else "POST"), path, headers, body


def run_block(code: str, folder: Path, environment: Mapping[str, str]) -> list[str]:
    (folder / "block.py").write_text(code, encoding="utf-8")
    command = [sys.executable, "block.py"]
    done = subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.strip().splitlines()


def block() -> str:
    return between("<!-- runs: tests/docs/test_readme.py -->\n```python\n", "```")


def test_the_textbook_loop_runs_for_an_epoch(tmp_path: Path, environment: Mapping[str, str]) -> None:
    # A few rows of each label are enough to see that it runs and what it leaves.
    code = block()
    for long, short in {'"epochs": 5': '"epochs": 1', '"sample-clinic"}': '"sample-clinic", "shots": 10}'}.items():
        assert long in code
        code = code.replace(long, short)
    *_, epochs, label = run_block(code, tmp_path, environment)
    assert len(ast.literal_eval(epochs)) == 1
    assert re.fullmatch(r"[a-z_]+", label)
    assert (tmp_path / "textbook" / "artifact.json").is_file()


@pytest.mark.slow
def test_the_textbook_loop_runs_as_it_stands(tmp_path: Path, environment: Mapping[str, str]) -> None:
    *_, epochs, label = run_block(block(), tmp_path, environment)
    history = ast.literal_eval(epochs)
    assert len(history) == 5
    assert history[-1][0] < history[0][0]
    assert history[-1][1] > history[0][1]
    assert re.fullmatch(r"[a-z_]+", label)


def test_the_textbook_loop_is_as_short_as_it_says() -> None:
    statements = [line for line in block().splitlines() if line and not line.startswith(("from ", "import "))]
    assert len(statements) == 5


def test_the_structure_names_what_is_there_and_every_folder() -> None:
    named = set()
    parent = ROOT
    for line in between("## Structure", "Decisions that").split("```")[1].strip("\n").splitlines():
        names = re.split(r" {2,}", line.strip())[0]
        if not line.startswith(" "):
            parent = ROOT
        for name in names.split(" · "):
            path = parent / name.rstrip("/")
            assert path.is_dir() or path.with_suffix(".py").is_file(), line
            named.add(path)
        if not line.startswith(" "):
            parent = ROOT / names.rstrip("/")
    for shelf in ("packages/trivet", "services"):
        folders = {path for path in (ROOT / shelf).iterdir() if path.is_dir() and any(path.glob("*.py"))}
        assert folders - named == set()


def test_the_kinds_of_tests_are_those_there_are() -> None:
    line = next(line for line in README.splitlines() if line.startswith("tests/ "))
    named = set(line.removeprefix("tests/").strip().split(" · "))
    assert named == {path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and path.name != "__pycache__"}


def test_the_results_are_those_of_the_records() -> None:
    root = ROOT / "benchmarks"
    assert between(BEGIN, END).strip() == make_table(read_benchmarks(root), read_marks(root), root).strip()


def test_the_table_of_peers_is_that_of_the_records() -> None:
    root = ROOT / "benchmarks"
    text = (root / "README.md").read_text(encoding="utf-8")
    assert text.split(peer_table.BEGIN)[1].split(peer_table.END)[0].strip() == peer_table.make_peer_table(root).strip()


def test_what_the_demo_prints_is_shown(check_demo: Callable[[str], None]) -> None:
    check_demo(between("<!-- demo -->", "<!-- demo end -->"))


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: str(guide.relative_to(ROOT)))
def test_links_lead_somewhere(guide: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", guide.read_text(encoding="utf-8"))
    assert not [link for link in links if not (guide.parent / link).exists()]


def test_make_has_the_two_commands() -> None:
    made = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make ([a-z-]+)", between("## Two commands", "## Your own file"), flags=re.MULTILINE):
        assert re.search(rf"^{target}:", made, flags=re.MULTILINE), target
