"""sentence-transformers: texts encoded by the frozen encoder, scikit-learn's logistic regression on top (C = 10).

`python run.py JOB ANSWER`: see packages/trivet/bench/peer.py for what the two files hold.
"""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from sklearn.linear_model import LogisticRegression


def main(question: Path, reply: Path) -> None:
    """Learn, label, and tell how long both took; loading the encoder is not counted."""
    job = json.loads(question.read_text(encoding="utf-8"))
    torch.set_num_threads(job["threads"])
    encoder = SentenceTransformer(job["encoder"], device="cpu")

    began = time.perf_counter()
    head = LogisticRegression(C=10, max_iter=2000, random_state=job["seed"])
    head.fit(encoder.encode(job["train_texts"], normalize_embeddings=True), job["train_labels"])
    learnt = time.perf_counter()
    predicted = head.predict(encoder.encode(job["test_texts"], normalize_embeddings=True))
    ended = time.perf_counter()

    answer = {
        "predicted": [str(label) for label in predicted],
        "train_seconds": learnt - began,
        "predict_seconds": ended - learnt,
        "versions": {
            name: version(name) for name in ("sentence-transformers", "scikit-learn", "torch", "transformers")
        },
    }
    reply.write_text(json.dumps(answer), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
