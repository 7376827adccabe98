"""SetFit as it comes: no num_iterations, so each row is paired with every other, and positive pairs are repeated.

It stops after an hour of CPU time, or where its pairs take more than 8 GB; its logistic regression is then fitted on
the encoder as it stood. `python run.py JOB ANSWER`: see packages/trivet/bench/peer.py for what the two files hold.
"""

from __future__ import annotations

import json
import math
import resource
import sys
import tempfile
import time
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from setfit import SetFitModel, Trainer, TrainingArguments
from transformers import TrainerCallback

HOUR = 3600.0
MOST_BYTES = 8 * 10**9


class Clock(TrainerCallback):
    """Counts steps, and ends the loop once the hour is over."""

    def __init__(self) -> None:
        self.began = time.process_time()
        self.steps = 0
        self.is_over = False

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> Any:
        """Asked by the loop after each step."""
        self.steps = state.global_step
        if self.steps < state.max_steps and time.process_time() - self.began > HOUR:
            self.is_over = control.should_training_stop = True
        return control


def main(question: Path, reply: Path) -> None:
    """Learn, label, and tell how far it came; loading the encoder is not counted."""
    job = json.loads(question.read_text(encoding="utf-8"))
    torch.set_num_threads(job["threads"])
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_BYTES, resource.RLIM_INFINITY))
    labels = sorted(set(job["train_labels"]))
    truth = [labels.index(label) for label in job["train_labels"]]
    model = SetFitModel.from_pretrained(job["encoder"], device="cpu", labels=labels)

    clock, stopped = Clock(), ""
    began, spent = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        settings = TrainingArguments(output_dir=folder, seed=job["seed"], save_strategy="no", report_to="none")
        rows = Dataset.from_dict({"text": job["train_texts"], "label": truth})
        trainer = Trainer(model=model, args=settings, train_dataset=rows, callbacks=[clock])
        try:
            trainer.train()
            stopped = "time" if clock.is_over else ""
        except MemoryError:
            stopped = "memory"
        if stopped == "memory":
            resource.setrlimit(resource.RLIMIT_DATA, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            trainer.train_classifier(job["train_texts"], truth)
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
        "stopped": stopped,
        "steps": clock.steps,
        "steps_planned": math.ceil(count_pairs(truth) / settings.embedding_batch_size) * settings.embedding_num_epochs,
        "versions": {name: version(name) for name in ("setfit", "sentence-transformers", "torch", "transformers")},
    }
    reply.write_text(json.dumps(answer), encoding="utf-8")


def count_pairs(truth: list[int]) -> int:
    """Pairs of its sampling strategy "oversampling": twice the more frequent kind, a row with itself among them."""
    positive = sum(rows * (rows + 1) // 2 for rows in Counter(truth).values())
    every = len(truth) * (len(truth) + 1) // 2
    return 2 * max(positive, every - positive)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
