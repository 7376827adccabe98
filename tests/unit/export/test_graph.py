from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from trivet.errors import ArtifactError
from trivet.export.graph import export_graph, is_whole
from trivet.recipe.export import ExportRecipe
from trivet.runtime.manifest import read_manifest
from trivet.runtime.openvino_engine import OpenVinoEngine
from trivet.runtime.tokens import pad


class Bag(torch.nn.Module):
    """The mean of word vectors: the smallest encoder."""

    def __init__(self, *, dropout: float = 0.0, seed: int = 0) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.words = torch.nn.Embedding(64, 16)
            self.top = torch.nn.Linear(16, 8)
        self.dropout = torch.nn.Dropout(dropout)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        kept = attention_mask.unsqueeze(-1).float()
        mean = (self.words(input_ids) * kept).sum(dim=1) / kept.sum(dim=1).clamp(min=1.0)
        return torch.nn.functional.normalize(self.dropout(self.top(mean)), dim=-1)


class Wrong(Bag):
    """Answers otherwise each time it is asked, so no graph can be true to it."""

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        return super().forward(input_ids, attention_mask) + torch.rand(1)


def export(module: torch.nn.Module, tiny: Any, into: Path, **knobs: Any) -> Path:
    recipe = ExportRecipe(**({"precision": "fp32"} | knobs))
    return export_graph(module, tiny.tokenizer(), tiny.texts, recipe, into, outputs=("embedding",))


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_two_exports_of_the_same_module_have_the_same_hash(tiny: Any, tmp_path: Path, precision: str) -> None:
    first = export(Bag(), tiny, tmp_path / "a", precision=precision, onnx=True)
    second = export(Bag(), tiny, tmp_path / "b", precision=precision, onnx=True)
    assert first.name == second.name
    assert read_manifest(first) == read_manifest(second)


def test_another_module_has_another_hash(tiny: Any, tmp_path: Path) -> None:
    assert export(Bag(seed=0), tiny, tmp_path).name != export(Bag(seed=1), tiny, tmp_path).name


def test_the_folder_holds_what_its_manifest_lists(tiny: Any, tiny_logits: Path) -> None:
    manifest = read_manifest(tiny_logits)
    assert manifest.outputs == {"embedding": tiny.source.dim, "logits": 3}
    wanted = {"fp32.xml", "fp32.bin", "int8.xml", "int8.bin", "model.onnx"}
    assert set(manifest.files) == wanted
    assert {path.name for path in tiny_logits.iterdir()} == {*wanted, "graph.json"}
    assert is_whole(tiny_logits)


def test_what_was_measured_is_written_down(tiny_logits: Path) -> None:
    measured = read_manifest(tiny_logits).measured
    assert measured["fp32"]["difference"] <= 1e-4
    assert measured["onnx"]["difference"] <= 1e-4
    assert measured["int8"]["agreement"]["changed"] == 0
    assert measured["int8"]["invariance"]["changed"] == 0


def test_dropout_is_off_in_the_graph_and_the_module_trains_on(tiny: Any, tmp_path: Path) -> None:
    module = Bag(dropout=0.5)
    module.train()
    module.top.eval()
    graph = export(module, tiny, tmp_path, onnx=True)
    assert (module.training, module.dropout.training, module.top.training) == (True, True, False)
    ids, mask = pad(tiny.tokenizer().encode(tiny.texts))
    found = OpenVinoEngine(graph, precision="fp32", threads=1).infer(ids, mask)["embedding"]
    with torch.no_grad():
        wanted = module.eval()(torch.from_numpy(ids), torch.from_numpy(mask)).numpy()
    assert np.abs(found - wanted).max() <= 1e-4


def test_a_graph_that_is_not_true_to_torch_is_refused_and_leaves_nothing(tiny: Any, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="differs from torch by"):
        export(Wrong(), tiny, tmp_path / "graphs")
    assert not list((tmp_path / "graphs").iterdir())


def test_no_texts_to_calibrate_on_is_a_mistake(tiny: Any, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="no texts to calibrate on"):
        export_graph(Bag(), tiny.tokenizer(), [], ExportRecipe(), tmp_path, outputs=("embedding",))


def test_a_damaged_graph_is_replaced_by_the_next_export(tiny: Any, tmp_path: Path) -> None:
    graph = export(Bag(), tiny, tmp_path)
    (graph / "fp32.bin").write_bytes(b"damaged")
    assert not is_whole(graph)
    assert export(Bag(), tiny, tmp_path) == graph
    assert is_whole(graph)


def test_an_export_prints_nothing(tiny: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    export(Bag(), tiny, tmp_path, precision="int8", onnx=True)
    assert capfd.readouterr() == ("", "")
