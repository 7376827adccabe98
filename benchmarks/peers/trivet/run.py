"""Ours, asked as a peer is: the same rows, seed, encoder and threads, in a process of its own.

The knobs are those of `recipes/banking77-10shot.toml`, the same for every few-shot set. Seconds hold all that training
does: fits for the promises, export and int8 among it. `python run.py JOB ANSWER`: see packages/trivet/bench/peer.py.
"""

from __future__ import annotations

import csv
import json
import resource
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

from trivet.cli.memory import spare_memory
from trivet.cli.progress import ScreenProgress
from trivet.recipe import read_recipe
from trivet.settings import Settings
from trivet.train import train

RECIPE = Path(__file__).resolve().parents[2] / "recipes" / "banking77-10shot.toml"


def main(question: Path, reply: Path) -> None:
    """Learn, label, and tell how long both took and how much memory."""
    job = json.loads(question.read_text(encoding="utf-8"))
    # This and the progress are what `trivet train` uses: they keep memory low.
    spare_memory()
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder) / "rows.csv"
        with rows.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("text", "label"), *zip(job["train_texts"], job["train_labels"], strict=True)])
        # A test file of its own, so that none is cut from the rows; training does not open it.
        given = {"data.dataset": str(rows), "data.test": str(rows), "encoder.name": job["encoder"]}
        recipe = read_recipe(RECIPE, overrides={**given, "training.seed": job["seed"]})
        settings = Settings(cache=Path(folder) / "cache", threads=job["threads"], offline=True)
        progress = ScreenProgress()
        began, spent = time.perf_counter(), time.process_time()
        artifact = train(recipe, out=Path(folder) / "artifact", settings=settings, progress=progress)
        learnt, taught = time.perf_counter(), time.process_time()
        predicted = [answer.label for answer in artifact.predict(job["test_texts"], top=1)]
        ended, told = time.perf_counter(), time.process_time()
    answer = {
        "predicted": predicted,
        "train_seconds": learnt - began,
        "predict_seconds": ended - learnt,
        "train_cpu_seconds": taught - spent,
        "predict_cpu_seconds": told - taught,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
        "versions": {name: version(name) for name in ("trivet", "torch", "transformers", "openvino")},
    }
    reply.write_text(json.dumps(answer), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
