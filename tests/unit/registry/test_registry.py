import os
import shutil
import subprocess
import sys
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import fsspec
import pytest

from trivet.artifact.artifact import Artifact
from trivet.artifact.copy import copy_for_serving
from trivet.artifact.save import save_artifact
from trivet.errors import ArtifactError, GateError, LicenceError, RegistryError
from trivet.registry.open import open_artifact
from trivet.registry.registry import Registry, open_registry
from trivet.registry.verdict import GateOutcome, Verdict
from trivet.settings import Settings

START = datetime(2026, 11, 1, tzinfo=UTC)
WAIVED = Verdict(passed_over="a test")
PASSED = GateOutcome(name="floor", passed=True, detail="accuracy 0.9 is not below the floor of 0.")
FAILED = GateOutcome(name="live", passed=False, detail="accuracy differs by -0.2: beyond the margin.")


class Clock:
    """A minute later each time it is asked."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now


@pytest.fixture(scope="module")
def other(tiny_artifact: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another content: the same model without its weights."""
    path = tmp_path_factory.mktemp("other") / "desk"
    copy_for_serving(tiny_artifact, path)
    return path


@pytest.fixture(scope="module")
def research(tiny_parts: Any, tiny: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same model, as if its data were for research only."""
    card = tiny_parts.card.model_copy(update={"licence_commercial": False, "restrictions": ("toy: CC BY-NC 4.0",)})
    path = tmp_path_factory.mktemp("research") / "desk"
    return save_artifact(replace(tiny_parts, card=card), path, golden_texts=tiny.texts)


@pytest.fixture(params=["folder", "file", "memory"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    match request.param:
        case "folder":
            return str(tmp_path / "registry")
        case "file":
            return f"file://{tmp_path}/registry"
        case _:
            return f"memory://{uuid.uuid4().hex}/registry"


@pytest.fixture
def registry(address: str, tmp_path: Path) -> Registry:
    return Registry(address, tmp_path / "cache", clock=Clock())


def test_versions_are_counted_by_name(registry: Registry, tiny_artifact: Path, other: Path) -> None:
    assert [registry.add(tiny_artifact, "desk"), registry.add(other, "desk"), registry.add(other, "shop")] == [1, 2, 1]
    assert registry.names() == ["desk", "shop"]
    assert registry.versions("desk") == [1, 2]
    assert registry.versions("unheard-of") == []


def test_the_same_content_is_registered_once(registry: Registry, tiny_artifact: Path, other: Path) -> None:
    assert [registry.add(path, "desk") for path in (tiny_artifact, other, tiny_artifact)] == [1, 2, 1]
    assert registry.versions("desk") == [1, 2]


def test_a_fetched_version_answers(registry: Registry, tiny_artifact: Path) -> None:
    registry.add(tiny_artifact, "desk")
    artifact = Artifact.load(registry.fetch("desk/1"), threads=1)
    assert artifact.predict(["my card is lost"])[0].label == "card"
    assert registry.fetch("desk/1") == artifact.path


def test_aliases_point_at_versions(registry: Registry, tiny_artifact: Path, other: Path) -> None:
    registry.add(tiny_artifact, "desk")
    registry.add(other, "desk")
    registry.make_live("desk", 1, WAIVED)
    registry.set_alias("desk", "candidate", 2, reason="trained on March")
    assert registry.aliases("desk") == {"live": 1, "candidate": 2}
    assert [registry.resolve(text) for text in ("desk", "desk@live", "desk@candidate", "desk/2")] == [
        ("desk", 1),
        ("desk", 1),
        ("desk", 2),
        ("desk", 2),
    ]


def test_a_rollback_makes_live_what_was_live_before(registry: Registry, tiny_artifact: Path, other: Path) -> None:
    registry.add(tiny_artifact, "desk")
    registry.add(other, "desk")
    for version in (1, 2, 1, 2):
        registry.make_live("desk", version, WAIVED)
    assert [registry.rollback("desk") for _ in range(3)] == [1, 2, 1]
    with pytest.raises(RegistryError, match="no version was live before"):
        registry.rollback("desk")
    assert registry.aliases("desk") == {"live": 1}


def test_a_rollback_to_a_version_that_is_gone_is_refused(
    address: str, registry: Registry, tiny_artifact: Path, other: Path
) -> None:
    for version, path in enumerate((tiny_artifact, other), start=1):
        registry.add(path, "desk")
        registry.make_live("desk", version, WAIVED)
    files, root = fsspec.core.url_to_fs(address)
    files.rm(f"{root}/desk/1", recursive=True)
    with pytest.raises(RegistryError, match="version 1, which was live before, is gone"):
        registry.rollback("desk")
    assert registry.aliases("desk") == {"live": 2}


def test_what_is_registered_is_the_candidate_until_it_goes_live(
    registry: Registry, tiny_artifact: Path, other: Path
) -> None:
    registry.add(tiny_artifact, "desk")
    assert registry.aliases("desk") == {"candidate": 1}
    registry.make_live("desk", 1, WAIVED)
    assert registry.aliases("desk") == {"live": 1}
    registry.add(other, "desk")
    registry.add(tiny_artifact, "desk")
    assert registry.aliases("desk") == {"live": 1, "candidate": 2}


def test_a_shadow_stands_beside_the_live_version_and_can_be_taken_away(
    registry: Registry, tiny_artifact: Path, other: Path
) -> None:
    registry.add(tiny_artifact, "desk")
    registry.add(other, "desk")
    registry.make_live("desk", 1, WAIVED)
    registry.set_alias("desk", "shadow", 2, reason="see how it does")
    assert registry.resolve("desk@shadow") == ("desk", 2)
    with pytest.raises(RegistryError, match="version 1 is live, so it is no shadow"):
        registry.set_alias("desk", "shadow", 1)
    registry.clear_alias("desk", "shadow")
    assert "shadow" not in registry.aliases("desk")
    assert [row["change"] for row in registry.log("desk")][-2:] == ["set", "taken away"]


def test_no_road_around_the_gates_sets_what_is_live(registry: Registry, tiny_artifact: Path) -> None:
    registry.add(tiny_artifact, "desk")
    with pytest.raises(RegistryError, match="through its gates only"):
        registry.set_alias("desk", "live", 1)
    with pytest.raises(GateError, match="beyond the margin"):
        registry.make_live("desk", 1, Verdict(gates=(PASSED, FAILED)))
    with pytest.raises(GateError, match="no gate was asked"):
        registry.make_live("desk", 1, Verdict(passed_over="  "))
    assert registry.aliases("desk") == {"candidate": 1}


def test_what_is_for_research_only_goes_live_with_somebodys_word_that_is_kept(
    registry: Registry, research: Path
) -> None:
    registry.add(research, "desk")
    with pytest.raises(LicenceError, match=r"research only \(toy: CC BY-NC 4\.0\).*--accept-licence"):
        registry.make_live("desk", 1, Verdict(passed_over="forced, which does not count"))
    registry.make_live("desk", 1, Verdict(gates=(PASSED,), accepted="anna: a seminar"))
    assert registry.log("desk")[-1]["accepted"] == "anna: a seminar"


def test_every_change_is_in_the_log(registry: Registry, tiny_artifact: Path, other: Path) -> None:
    registry.add(tiny_artifact, "desk")
    registry.add(other, "desk")
    registry.make_live("desk", 1, Verdict(passed_over="first"))
    registry.make_live("desk", 2, Verdict(gates=(PASSED,)))
    registry.make_live("desk", 2, Verdict(passed_over="again, changes nothing"))
    registry.rollback("desk", reason="complaints")
    assert [(row["change"], row["alias"], row["version"], row["reason"]) for row in registry.log("desk")] == [
        ("added", "candidate", 1, ""),
        ("added", "candidate", 2, ""),
        ("set", "live", 1, "first"),
        ("set", "live", 2, "passed its gates"),
        ("rolled back", "live", 1, "complaints"),
    ]
    assert [row["previous"] for row in registry.log("desk")] == [0, 1, 0, 1, 2]
    assert registry.log("desk")[3]["gates"] == [PASSED.model_dump()]
    times = [datetime.fromisoformat(row["time"]) for row in registry.log("desk")]
    assert times == sorted(times)
    assert times[0] == START + timedelta(minutes=1)


def test_an_unknown_name_lists_close_ones(registry: Registry, tiny_artifact: Path) -> None:
    with pytest.raises(RegistryError, match=r"holds no 'desk'\. It is empty"):
        registry.fetch("desk")
    registry.add(tiny_artifact, "support-desk")
    with pytest.raises(RegistryError, match=r"holds no 'suport-desk'. Did you mean support-desk\?"):
        registry.fetch("suport-desk/1")
    with pytest.raises(RegistryError, match=r"It holds support-desk\."):
        registry.rollback("xyz")
    with pytest.raises(RegistryError, match="holds no 'xyz'"):
        registry.log("xyz")


def test_an_unknown_version_lists_what_there_is(registry: Registry, tiny_artifact: Path, other: Path) -> None:
    registry.add(tiny_artifact, "desk")
    registry.add(other, "desk")
    with pytest.raises(RegistryError, match=r"desk has no version 7\. It has 1, 2\."):
        registry.fetch("desk/7")
    with pytest.raises(RegistryError, match=r"desk has no version 7"):
        registry.make_live("desk", 7, WAIVED)
    with pytest.raises(RegistryError, match=r"desk has no version 7"):
        registry.set_alias("desk", "shadow", 7)
    with pytest.raises(RegistryError, match=r"desk has no live version\. Name one \(desk/2 is the newest\)"):
        registry.fetch("desk")


def test_a_damaged_artifact_is_not_registered(registry: Registry, tiny_artifact: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(tiny_artifact, tmp_path / "copy"))
    (copy / "heads.safetensors").write_bytes(b"damaged")
    with pytest.raises(ArtifactError, match=r"heads\.safetensors"):
        registry.add(copy, "desk")
    assert registry.names() == []


def test_a_half_registered_version_is_not_seen(address: str, registry: Registry, tiny_artifact: Path) -> None:
    registry.add(tiny_artifact, "desk")
    files, root = fsspec.core.url_to_fs(address)
    files.makedirs(f"{root}/desk/2", exist_ok=True)
    files.pipe_file(f"{root}/desk/2/artifact.json", b"{}")
    assert registry.versions("desk") == [1]
    with pytest.raises(RegistryError, match="no version 2"):
        registry.fetch("desk/2")
    files.pipe_file(f"{root}/desk/1/SHA256SUMS.partial", b"")
    assert registry.versions("desk") == [1]


def test_a_damaged_document_is_named(address: str, registry: Registry, tiny_artifact: Path) -> None:
    registry.add(tiny_artifact, "desk")
    files, root = fsspec.core.url_to_fs(address)
    files.pipe_file(f"{root}/desk/aliases.json", b"{nonsense")
    with pytest.raises(RegistryError, match=r"desk/aliases\.json: the document of aliases is damaged"):
        registry.aliases("desk")


def test_a_remote_version_is_copied_to_the_cache_once_and_checked(tiny_artifact: Path, tmp_path: Path) -> None:
    address = f"memory://{uuid.uuid4().hex}"
    registry = Registry(address, tmp_path / "cache")
    registry.add(tiny_artifact, "desk")
    path = registry.fetch("desk/1")
    assert path.is_relative_to(tmp_path / "cache")
    files, root = fsspec.core.url_to_fs(address)
    files.pipe_file(f"{root}/desk/1/heads.safetensors", b"damaged")
    assert registry.fetch("desk/1") == path
    shutil.rmtree(path)
    with pytest.raises(ArtifactError, match=r"heads\.safetensors"):
        registry.fetch("desk/1")
    assert not [left for left in (tmp_path / "cache" / "registry").iterdir() if left.name.endswith(path.name)]


def test_a_registry_begun_anew_at_the_same_address_is_not_mistaken_for_the_old(
    tiny_artifact: Path, other: Path, tmp_path: Path
) -> None:
    address = f"memory://{uuid.uuid4().hex}"
    registry = Registry(address, tmp_path / "cache")
    registry.add(tiny_artifact, "desk")
    first = registry.fetch("desk/1")
    files, root = fsspec.core.url_to_fs(address)
    files.rm(root, recursive=True)
    registry.add(other, "desk")
    assert registry.fetch("desk/1") != first


def test_a_local_version_shares_the_space_of_the_graph(tiny_artifact: Path, tiny: Any, tmp_path: Path) -> None:
    registry = Registry(str(tmp_path / "registry"), tmp_path / "cache")
    registry.add(tiny_artifact, "desk")
    file = f"graph/{tiny.graph.name}/fp32.bin"
    assert (registry.fetch("desk/1") / file).samefile(tiny_artifact / file)
    assert not (registry.fetch("desk/1") / "card.json").samefile(tiny_artifact / "card.json")


def test_what_a_killed_process_left_is_cleared_by_the_next(tiny_artifact: Path, tmp_path: Path) -> None:
    registry = Registry(str(tmp_path / "registry"), tmp_path / "cache")
    left = tmp_path / "registry" / "desk" / ".1.partial-0123456789ab"
    left.mkdir(parents=True)
    (left / "artifact.json").touch()
    assert registry.names() == []
    assert registry.add(tiny_artifact, "desk") == 1
    assert not left.exists()


@pytest.mark.parametrize("name", ["../escape", "Desk", "", "a/b", "a" * 64, "@live"])
def test_a_name_that_is_none_is_refused(name: str, tiny_artifact: Path, tmp_path: Path) -> None:
    registry = Registry(str(tmp_path / "registry"), tmp_path / "cache")
    with pytest.raises(RegistryError, match="cannot be the name of a model"):
        registry.add(tiny_artifact, name)


def test_an_address_that_fsspec_does_not_know_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="cannot open the address"):
        Registry("nonsense://models", tmp_path)


def test_two_processes_that_add_at_once_get_versions_of_their_own(tiny_artifact: Path, tmp_path: Path) -> None:
    program = (
        "import shutil, sys\n"
        "from pathlib import Path\n"
        "from trivet.artifact.sums import write_sums\n"
        "from trivet.registry.registry import Registry\n"
        "source, home, letter = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]\n"
        "registry = Registry(str(home / 'registry'), home / 'cache')\n"
        "for number in range(8):\n"
        "    copy = home / f'{letter}{number}'\n"
        "    shutil.copytree(source, copy)\n"
        "    (copy / 'weights' / 'config.json').write_text(f'{letter} {number}')\n"
        "    (copy / 'SHA256SUMS').unlink()\n"
        "    write_sums(copy)\n"
        "    version = registry.add(copy, 'desk')\n"
        "    registry.set_alias('desk', 'shadow', version)\n"
        "    print(version)\n"
    )
    commands = [[sys.executable, "-c", program, str(tiny_artifact), str(tmp_path), letter] for letter in "ab"]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) for command in commands]
    versions = [int(line) for process in running for line in process.communicate()[0].split()]
    assert sorted(versions) == list(range(1, 17))
    registry = Registry(str(tmp_path / "registry"), tmp_path / "cache")
    assert registry.versions("desk") == list(range(1, 17))
    assert [row["change"] for row in registry.log("desk")].count("added") == 16
    assert [row["change"] for row in registry.log("desk")].count("set") == 16


def test_a_folder_and_a_reference_open_the_same_artifact(tiny_artifact: Path, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", cache=tmp_path / "cache", threads=1)
    registry = open_registry(settings)
    registry.add(tiny_artifact, "desk")
    registry.make_live("desk", 1, WAIVED)
    opened = [open_artifact(reference, settings) for reference in (str(tiny_artifact), "desk", "desk/1", "desk@live")]
    assert len({artifact.identity for artifact in opened}) == 1
