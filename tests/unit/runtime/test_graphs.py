import shutil
from pathlib import Path
from typing import Any

import pytest

from trivet.errors import ArtifactError
from trivet.runtime.graphs import GraphPool
from trivet.runtime.tokens import pad


def test_a_hundred_users_hold_one_graph(tiny: Any, tmp_path: Path) -> None:
    pool = GraphPool()
    copies = [tiny.graph, tmp_path / "other" / tiny.graph.name]
    shutil.copytree(tiny.graph, copies[1])
    graphs = [pool.acquire(copies[at % 2], precision="int8", threads=1) for at in range(100)]
    assert len({id(graph.engine) for graph in graphs}) == len(pool) == 1
    assert graphs[0].users == 100


def test_a_graph_is_loaded_by_the_first_who_uses_it(tiny: Any) -> None:
    graph = GraphPool().acquire(tiny.graph, precision="int8", threads=1)
    assert not graph.is_loaded
    assert graph.engine.dim == tiny.source.dim
    assert graph.is_loaded


def test_the_last_release_frees_the_graph(tiny: Any) -> None:
    pool = GraphPool()
    graph = pool.acquire(tiny.graph, precision="int8", threads=1)
    assert pool.acquire(tiny.graph, precision="int8", threads=1) is graph
    graph.engine.infer(*pad(tiny.tokenizer().encode(["my card"])))
    pool.release(graph)
    assert graph.is_loaded
    pool.release(graph)
    assert not graph.is_loaded
    assert len(pool) == 0


def test_precisions_and_engines_are_graphs_of_their_own(tiny: Any) -> None:
    pool = GraphPool()
    int8 = pool.acquire(tiny.graph, precision="int8", threads=1)
    fp32 = pool.acquire(tiny.graph, precision="fp32", threads=1)
    onnx = pool.acquire(tiny.graph, precision="int8", engine="onnx", threads=1)
    assert len({id(graph) for graph in (int8, fp32, onnx)}) == len(pool) == 3
    assert [graph.engine.precision for graph in (int8, fp32, onnx)] == ["int8", "fp32", "fp32"]


def test_users_of_a_graph_share_its_batcher(tiny: Any) -> None:
    pool = GraphPool()
    graph = pool.acquire(tiny.graph, precision="int8", threads=1)
    pool.acquire(tiny.graph, precision="int8", threads=1)
    assert graph.batcher() is graph.batcher()
    encoded = tiny.tokenizer().encode(["my card is lost"])
    row = graph.batcher().submit(encoded[0], deadline_s=10.0).result()
    assert row["embedding"].shape == (tiny.source.dim,)
    pool.release(graph)
    pool.release(graph)


def test_a_precision_that_was_not_exported_is_named(tiny: Any, tmp_path: Path) -> None:
    from trivet.runtime.manifest import Manifest, write_manifest

    manifest = Manifest(outputs={"embedding": 4}, files={"fp32.xml": "0" * 64, "fp32.bin": "0" * 64})
    folder = tmp_path / manifest.hash
    folder.mkdir()
    write_manifest(manifest, folder)
    with pytest.raises(ArtifactError, match=r"holds no int8\.xml.*Export it"):
        GraphPool().acquire(folder, precision="int8")


def test_a_damaged_file_of_a_graph_is_named_when_it_is_used(tiny: Any, tmp_path: Path) -> None:
    folder = tmp_path / tiny.graph.name
    shutil.copytree(tiny.graph, folder)
    content = bytearray((folder / "int8.bin").read_bytes())
    content[len(content) // 2] ^= 1
    (folder / "int8.bin").write_bytes(content)
    pool = GraphPool()
    assert pool.acquire(folder, precision="fp32", threads=1).engine.dim == tiny.source.dim
    with pytest.raises(ArtifactError, match=r"int8\.bin: the file is damaged"):
        _ = pool.acquire(folder, precision="int8", threads=1).engine


def test_a_compiled_graph_is_kept_for_the_next_process(tiny: Any, tmp_path: Path) -> None:
    for _ in range(2):
        graph = GraphPool(cache=tmp_path).acquire(tiny.graph, precision="int8", threads=1)
        graph.engine.infer(*pad(tiny.tokenizer().encode(["my card"])))
    assert len(list(tmp_path.glob("*.blob"))) == 1
