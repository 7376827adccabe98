"""The words that models learnt from, counted once a model beside the requests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from trivet.data.cards import cards_folder
from trivet.errors import TrivetError
from trivet.recipe.data import DataRecipe
from trivet.settings import Settings
from trivet_support.growth.grown import base_of, texts_of
from trivet_support.hearing.learnt import spelling_by
from trivet_support.hearing.plain import make_plain
from trivet_support.hearing.spelling import LEAST_SEEN, Spelling, count_words
from trivet_support.turn import Turn

if TYPE_CHECKING:
    from trivet.artifact.artifact import Artifact

_LIMIT_S = 300


class Vocabularies:
    """Spelling by artifact: read from the cache, or counted by a process apart while messages are left as typed.

    Where the rows that a model learnt from are not on this machine it has no vocabulary, and nothing is put right.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._known: WeakKeyDictionary[Artifact, Spelling | None] = WeakKeyDictionary()
        self._lock = threading.Lock()
        self._counting: dict[Artifact, subprocess.Popen[str]] = {}
        self._ended = False

    def hear(self, artifact: Artifact, turn: Turn) -> Turn:
        """The turn with its message as the model should read it; answers at once.

        A model that tells any number of labels reads it as it was typed: a greeting may be one of them.
        """
        if artifact.facts.kind == "multilabel":
            return turn
        return replace(turn, text=make_plain(turn.text, self.of(artifact)))

    def of(self, artifact: Artifact) -> Spelling | None:
        """The words of an artifact where they are known by now, and those of a tenant's examples beside it."""
        if artifact in self._known:
            return self._known[artifact]
        base = base_of(artifact)
        if base is not artifact:
            known = self.of(base)
            if known is not None:
                # Nobody's slip: even what was said once is a word of this tenant.
                said = {word for word in count_words(texts_of(artifact)) if known.seen.get(word, 0) < LEAST_SEEN}
                known = Spelling({**known.seen, **dict.fromkeys(said, LEAST_SEEN)}, known.is_word)
                self._known[artifact] = known
            return known
        with self._lock:
            if artifact not in self._known:
                self._known[artifact] = None
                path = cache_place(artifact, self._settings)
                if path.exists():
                    self._take(artifact, path)
                elif is_named(artifact.recipe.data) and not self._ended:
                    threading.Thread(target=self._count, args=(artifact, path), name="vocabulary", daemon=True).start()
            return self._known[artifact]

    @asynccontextmanager
    async def lifespan(self, _: object) -> AsyncIterator[None]:
        """As long as a server runs; what is being counted at its end is let go of, and the next one begins again."""
        yield
        with self._lock:
            self._ended = True
            for process in self._counting.values():
                process.kill()

    def _count(self, artifact: Artifact, path: Path) -> None:
        asked = {
            "data": artifact.recipe.data.model_dump(mode="json"),
            "settings": self._settings.model_dump(mode="json", include=set(Settings.model_fields)),
            "out": str(path),
        }
        command = [sys.executable, "-m", "trivet_support.hearing.vocabulary"]
        with self._lock:
            if self._ended:
                return
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True
            )
            self._counting[artifact] = process
        try:
            process.communicate(json.dumps(asked), timeout=_LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        finally:
            with self._lock:
                del self._counting[artifact]
        if path.exists():
            self._take(artifact, path)

    def _take(self, artifact: Artifact, path: Path) -> None:
        try:
            seen = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            # Half a file of a full disk: the next server counts again.
            path.unlink(missing_ok=True)
            return
        self._known[artifact] = spelling_by(artifact, seen)


def is_named(data: DataRecipe) -> bool:
    """Whether a data set of that name or path may be on this machine; opens nothing."""
    return Path(data.dataset).expanduser().exists() or (cards_folder() / f"{data.dataset}.toml").is_file()


def cache_place(artifact: Artifact, settings: Settings) -> Path:
    """Where the words of an artifact are kept."""
    return settings.cache / "words" / f"{artifact.identity}.json"


def count_apart() -> None:
    """Counts the words of the training rows that standard input asks for; reading rows takes pandas and its memory."""
    from trivet.data.sources import open_dataset
    from trivet.data.splits import training_rows

    asked = json.load(sys.stdin)
    data = DataRecipe.model_validate(asked["data"])
    # Whoever serves has not asked for a download.
    settings = Settings.model_validate(asked["settings"]).model_copy(update={"offline": True})
    try:
        counts = count_words(training_rows(open_dataset(data, settings), data)["text"])
    except TrivetError:
        return
    out = Path(asked["out"])
    out.parent.mkdir(parents=True, exist_ok=True)
    fresh = out.with_name(f".{out.name}.{os.getpid()}")
    fresh.write_text(json.dumps(counts, ensure_ascii=False), encoding="utf-8")
    os.replace(fresh, out)


if __name__ == "__main__":
    count_apart()
