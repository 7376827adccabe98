import json
import os
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from trivet.export import frozen
from trivet.export.frozen import frozen_graph, read_calibration
from trivet.export.golden import choose_golden
from trivet.recipe.export import ExportRecipe
from trivet.runtime.manifest import read_manifest
from trivet.settings import Settings


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(cache=tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def graph(tiny: Any, settings: Settings) -> Path:
    return frozen_graph(tiny.source, settings, ExportRecipe())


def forbid(*_: object, **__: object) -> Path:
    raise AssertionError("the graph is there, nothing is to build")


def test_a_frozen_graph_is_built_once(
    graph: Path, tiny: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frozen, "export_graph", forbid)
    assert frozen_graph(tiny.source, settings, ExportRecipe()) == graph
    assert graph.parent == settings.cache / "graphs"


def test_the_recipe_of_a_head_does_not_change_the_shared_graph(
    graph: Path, tiny: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frozen, "export_graph", forbid)
    other = ExportRecipe(precision="fp32", calibration_rows=8, golden_rows=4, max_int8_loss=0.5)
    assert frozen_graph(tiny.source, settings, other) == graph


def test_it_holds_both_precisions_and_embeds_only(graph: Path, tiny: Any) -> None:
    manifest = read_manifest(graph)
    assert manifest.outputs == {"embedding": tiny.source.dim}
    assert manifest.holds("int8")
    assert manifest.holds("fp32")


def test_another_pooling_is_another_graph(graph: Path, tiny: Any, settings: Settings) -> None:
    assert frozen_graph(replace(tiny.source, pooling="cls"), settings, ExportRecipe()).name != graph.name


def test_a_damaged_graph_in_the_cache_is_built_again(tiny: Any, tmp_path: Path) -> None:
    settings = Settings(cache=tmp_path)
    graph = frozen_graph(tiny.source, settings, ExportRecipe())
    (graph / "int8.bin").write_bytes(b"damaged")
    assert frozen_graph(tiny.source, settings, ExportRecipe()) == graph
    assert (graph / "int8.bin").stat().st_size > 100


def test_two_processes_build_one_graph_together(tiny: Any, tmp_path: Path) -> None:
    program = (
        "import dataclasses, json, sys\n"
        "from pathlib import Path\n"
        "from trivet.encoders.catalogue import EncoderSource\n"
        "from trivet.export import frozen\n"
        "from trivet.recipe.export import ExportRecipe\n"
        "from trivet.settings import Settings\n"
        "values = json.loads(sys.argv[1])\n"
        "source = EncoderSource(**{**values, 'path': Path(values['path'])})\n"
        "built = []\n"
        "original = frozen.export_graph\n"
        "def export(*given, **named):\n"
        "    built.append(1)\n"
        "    return original(*given, **named)\n"
        "frozen.export_graph = export\n"
        "graph = frozen.frozen_graph(source, Settings(cache=Path(sys.argv[2])), ExportRecipe())\n"
        "print(len(built), graph.name)\n"
    )
    values = json.dumps({**asdict(tiny.source), "path": str(tiny.source.path)})
    command = [sys.executable, "-c", program, values, str(tmp_path)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) for _ in range(2)]
    answers = [process.communicate()[0].split() for process in running]
    assert sorted(answer[0] for answer in answers) == ["0", "1"]
    assert len({answer[1] for answer in answers}) == 1


def test_the_calibration_list_is_varied() -> None:
    texts = read_calibration()
    assert len(set(texts)) == len(texts) >= 380
    assert sum(not text.isascii() for text in texts) >= 50
    assert max(len(text.split()) for text in texts) > 30


def test_golden_texts_are_the_same_every_time_and_as_many_as_asked() -> None:
    assert choose_golden(32) == choose_golden(32)
    assert len(choose_golden(32)) == 32
    assert set(choose_golden(7)) <= set(read_calibration())
