"""What a service brings to be judged by: sections, a file each, over a model that it opens."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from trivet.errors import TrivetError
from trivet_service.suites.section import NothingToJudgeError, Outcome, Section


class Progress(Protocol):
    """Told which section is measured."""

    def stage(self, name: str) -> None: ...


@dataclass(frozen=True)
class Question:
    """What is to be judged: a model and the rows, what to compare it with, and whether in short.

    `reference` and `against` are as the registry spells models, or folders; `against` empty: the live one, where
    there is another. `data` is a
    data set by name or path, empty: the one that the model learnt from.
    """

    reference: str
    data: str = ""
    against: str = ""
    is_quick: bool = False
    seed: int = 0


@dataclass(frozen=True)
class Subject:
    """Who was judged on what, as the report says it."""

    model: str
    identity: str
    dataset: str
    data_sha256: str
    against: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Opened:
    """A model that is open before its rows; `judged` is what the sections of the suite read."""

    subject: Subject
    judged: Any


@dataclass(frozen=True)
class Suite:
    """The sections of a service, in the modules of the package `sections`, each a `section`.

    `gates` is a folder of tolerances, a file a data set. `open` makes a model ready, and lets go of it again.
    """

    service: str
    sections: str
    gates: Path
    open: Callable[[Question], AbstractContextManager[Opened]]

    def find_sections(self, names: Sequence[str] = ()) -> tuple[Section[Any], ...]:
        """The sections of these names, none: all, in their order.

        Raises:
            TrivetError: there is none of a name; lists those there are.
        """
        spec = find_spec(self.sections)
        assert spec is not None, "a service names a package of its own"
        places = [Path(place) for place in spec.submodule_search_locations or ()]
        modules = sorted(path.stem for place in places for path in place.glob("[a-z]*.py"))
        every: list[Section[Any]] = [import_module(f"{self.sections}.{name}").section for name in modules]
        known = {section.name: section for section in sorted(every, key=lambda one: one.order)}
        for name in names:
            if name not in known:
                raise TrivetError(
                    f"there is no section {name!r}.", where="--sections", todo=f"There are {', '.join(known)}."
                )
        return tuple(section for section in known.values() if not names or section.name in names)


@dataclass(frozen=True)
class SuiteResult:
    """What the sections said."""

    service: str
    subject: Subject
    question: Question
    outcomes: tuple[Outcome, ...]


def run_suite(suite: Suite, question: Question, *, names: Sequence[str], progress: Progress) -> SuiteResult:
    """Opens the model once and asks every section of these names, none: all; one that fails says so.

    Raises:
        TrivetError: no such section, model or data set; or the model is of another task.
    """
    sections = suite.find_sections(names)
    progress.stage("opening")
    with suite.open(question) as opened:
        outcomes = []
        for section in sections:
            progress.stage(section.name)
            outcomes.append(_ask(section, opened.judged))
        return SuiteResult(suite.service, opened.subject, question, tuple(outcomes))


def _ask(section: Section[Any], judged: Any) -> Outcome:
    began = time.perf_counter()
    try:
        found = section.measure(judged)
    except NothingToJudgeError as missing:
        return Outcome(section.name, section.title, section.about, skipped=missing.what)
    except TrivetError as error:
        # What the other sections found is not lost with it.
        why = f"it could not be measured: {error.line()}"
        return Outcome(section.name, section.title, section.about, skipped=why, is_failed=True)
    return Outcome(section.name, section.title, section.about, found, seconds=time.perf_counter() - began)
