"""One job in a process of its own, which can be ended at any moment and takes nothing along."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from trivet_service.jobs.job import Job
from trivet_service.settings import ServiceSettings

# Seconds between asking a process to end and ending it.
GRACE_S = 5.0
# Bytes of a line that are read at once; a longer one is several.
_LONGEST = 65_536


@dataclass(frozen=True)
class Said:
    """A line that the process printed."""

    line: str


@dataclass(frozen=True)
class Message:
    """What the process told of its job."""

    content: Mapping[str, Any]


class JobProcess:
    """The process of a job; `heard` are its lines and messages in the order in which they came."""

    def __init__(self, job: Job, settings: ServiceSettings, folder: Path) -> None:
        self.heard: queue.SimpleQueue[Said | Message] = queue.SimpleQueue()
        reading, writing = os.pipe()
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "trivet_service.jobs.child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(writing,),
                # In a group of its own: Ctrl-C is for the worker, and what the job starts ends with it.
                start_new_session=True,
                env=os.environ | {"PYTHONUNBUFFERED": "1", "TOKENIZERS_PARALLELISM": "false"},
            )
        finally:
            os.close(writing)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = {
            "pipe": writing,
            "job": job.to_json(),
            "folder": str(folder),
            "settings": settings.model_dump(mode="json"),
        }
        with suppress(BrokenPipeError):
            # It stays open: its end is how the process learns of ours.
            self._process.stdin.write(json.dumps(asked).encode() + b"\n")
            self._process.stdin.flush()
        self._readers = [
            threading.Thread(target=self._read_lines, args=(self._process.stdout,), daemon=True),
            threading.Thread(target=self._read_messages, args=(os.fdopen(reading, "rb"),), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    def has_ended(self) -> bool:
        """Whether the process is gone; what it said last may still be on its way."""
        return self._process.poll() is not None

    def end(self) -> None:
        """Ask the process to end, then end it, with all that it has started."""
        self._signal(signal.SIGTERM)
        limit = time.monotonic() + GRACE_S
        while not self.has_ended() and time.monotonic() < limit:
            time.sleep(0.05)
        self._signal(signal.SIGKILL)
        self._process.wait()

    def close(self) -> int:
        """The status of the process, below 0 the signal that ended it; all that it said has been heard."""
        status = self._process.wait()
        # What it has started may live on and hold the pipes.
        self._signal(signal.SIGKILL)
        for reader in self._readers:
            reader.join(GRACE_S)
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        return status

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def _read_lines(self, stream: IO[bytes]) -> None:
        with stream:
            while raw := stream.readline(_LONGEST):
                # A progress bar writes over its line: what stood there last counts.
                line = raw.decode(errors="replace").rstrip("\r\n").rpartition("\r")[2].rstrip()
                if line:
                    self.heard.put(Said(line))

    def _read_messages(self, stream: IO[bytes]) -> None:
        with stream:
            for raw in stream:
                # The last one may be cut off where the process was ended.
                with suppress(ValueError):
                    self.heard.put(Message(json.loads(raw)))
