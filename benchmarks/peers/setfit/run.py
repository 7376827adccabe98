"""SetFit: the encoder tuned on pairs of rows, num_iterations = 20, its logistic regression on top.

Pairs grow with rows times 40, so this is for few-shot sets only: with more than 20 rows a label it refuses.
`python run.py JOB ANSWER`: see packages/trivet/bench/peer.py for what the two files hold.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections import Counter
from importlib.metadata import version
from pathlib import Path

import torch
from datasets import Dataset
from setfit import SetFitModel, Trainer, TrainingArguments

SHOTS = 20


def main(question: Path, reply: Path) -> None:
    """Learn, label, and tell how long both took; loading the encoder is not counted."""
    job = json.loads(question.read_text(encoding="utf-8"))
    commonest, rows = Counter(job["train_labels"]).most_common(1)[0]
    if rows > SHOTS:
        sys.exit(f"setfit is for few-shot sets only: {commonest!r} has {rows} rows, the limit is {SHOTS}.")
    torch.set_num_threads(job["threads"])
    labels = sorted(set(job["train_labels"]))
    model = SetFitModel.from_pretrained(job["encoder"], device="cpu", labels=labels)

    began, spent = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        settings = TrainingArguments(
            output_dir=folder,
            num_iterations=20,
            num_epochs=1,
            batch_size=16,
            seed=job["seed"],
            save_strategy="no",
            report_to="none",
        )
        rows_of = {"text": job["train_texts"], "label": [labels.index(label) for label in job["train_labels"]]}
        Trainer(model=model, args=settings, train_dataset=Dataset.from_dict(rows_of)).train()
    learnt, taught = time.perf_counter(), time.process_time()
    predicted = model.predict(job["test_texts"])
    ended, told = time.perf_counter(), time.process_time()

    answer = {
        "predicted": [str(label) for label in predicted],
        "train_seconds": learnt - began,
        "predict_seconds": ended - learnt,
        "train_cpu_seconds": taught - spent,
        "predict_cpu_seconds": told - taught,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
        "versions": {name: version(name) for name in ("setfit", "sentence-transformers", "torch", "transformers")},
    }
    reply.write_text(json.dumps(answer), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
