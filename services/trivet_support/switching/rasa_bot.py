"""A bot of Rasa: its intents with their examples, and its entities."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from trivet.errors import DataError
from trivet_support.switching.imported import Imported, Names, Row
from trivet_support.switching.rasa_examples import Example, read_examples
from trivet_support.switching.rasa_results import read_results
from trivet_support.switching.rasa_yaml import Place, read_yaml

_KINDS = ("intent", "synonym", "regex", "lookup")
# Folders of a bot that hold something else, or rows that are not to be learnt.
_ELSEWHERE = frozenset({"tests", "models", "results", "train_test_split", "actions", "node_modules", ".rasa"})
_OLD = ".md"


@dataclass
class _Found:
    """What has been read so far."""

    rows: list[Row] = field(default_factory=list)
    spellings: dict[str, dict[str, set[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))
    synonyms: dict[str, str] = field(default_factory=dict)
    patterns: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    declared: set[str] = field(default_factory=set)
    intents: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)


def read_bot(path: Path, *, test: Path | None = None, results: Path | None = None) -> Imported:
    """A bot by its folder, or by a file or folder of training data alone.

    `test` is training data too, that is judged and not learnt; default: `train_test_split/test_data.yml`, where that
    and the part to learn are. `results` is what `rasa test nlu` wrote; default: the bot's `results/`.

    Raises:
        DataError: nothing there, no YAML, or something in it that Rasa could not read either; names file and line.
    """
    files = list(_files(path))
    split = path / "train_test_split"
    if test is None and (split / "test_data.yml").exists() and (split / "training_data.yml").exists():
        files, test = [split / "training_data.yml", *(one for one in files if _is_domain(one))], split / "test_data.yml"
    found = _read_files(files)
    if not found.rows:
        raise DataError(
            "there is no intent with an example.", where=str(path), todo="Name the bot's folder, or its nlu.yml."
        )
    for name in sorted(found.intents - {row.label for row in found.rows}):
        found.notes.append(f"the domain's intent {name!r} has no example: it is not learnt.")
    parts = {"train": _once(found.rows)}
    if test is not None:
        parts["test"] = _once(_read_files(_files(test)).rows)
    known = {row.label for row in parts["train"]}
    for name in sorted({row.label for row in parts.get("test", ())} - known):
        found.notes.append(f"the test's intent {name!r} is not learnt: its rows are left out.")
    if test is not None:
        parts["test"] = [row for row in parts["test"] if row.label in known]
    results = results or path / "results"
    judged = [row for part in parts.values() for row in part]
    peer = read_results(results, judged, is_test=test is not None) if results.is_dir() else None
    return Imported("rasa", parts, entities=_entities(found), peer=peer, notes=found.notes)


def _files(path: Path) -> Iterator[Path]:
    """The YAML files of a bot, in the order of their names."""
    if path.is_file():
        yield path
        return
    if not path.is_dir():
        raise DataError("there is nothing at this path.", where=str(path), todo="Name the bot's folder.")
    for one in sorted(path.rglob("*")):
        within = one.relative_to(path).parts[:-1]
        if one.suffix in (".yml", ".yaml", _OLD) and not _ELSEWHERE & set(within):
            yield one


def _is_domain(path: Path) -> bool:
    return path.stem == "domain" or "domain" in path.parts


def _read_files(files: Iterator[Path] | list[Path]) -> _Found:
    found = _Found()
    for path in files:
        if path.suffix == _OLD or path.suffix == ".json":
            _refuse_old(path)
            continue
        document = read_yaml(path)
        if document is None:
            continue
        if (nlu := document.get("nlu")) is not None and not nlu.is_empty:
            _read_nlu(nlu, found)
        if (intents := document.get("intents")) is not None:
            found.intents |= set(_names(intents))
        if (entities := document.get("entities")) is not None:
            found.declared |= set(_names(entities))
    return found


def _refuse_old(path: Path) -> None:
    if path.suffix == ".json" or "## intent:" in path.read_text(encoding="utf-8", errors="replace"):
        raise DataError(
            "this is training data of Rasa 1.",
            where=str(path),
            todo="Run `rasa data convert nlu` of Rasa 2 on it, and name the YAML.",
        )


def _read_nlu(nlu: Place, found: _Found) -> None:
    if not nlu.is_list:
        raise DataError("`nlu` is no list.", where=nlu.where, todo="Begin every entry with `- intent: ...`.")
    for item in nlu.items():
        fields = item.fields()
        kind = next((one for one in _KINDS if one in fields), "")
        if not kind:
            keys = ", ".join(fields) or "nothing"
            raise DataError(
                f"an entry of `nlu` is none of {', '.join(_KINDS)}: it has {keys}.",
                where=item.where,
                todo="Begin it with `- intent: NAME`.",
            )
        name = fields[kind].text(f"the name of the {kind}").strip()
        if not name or fields[kind].is_empty:
            raise DataError(f"the {kind} has no name.", where=item.where, todo=f"Write `- {kind}: NAME`.")
        examples = fields.get("examples")
        if examples is None or examples.is_empty:
            found.notes.append(f"{item.where}: the {kind} {name!r} has no examples.")
            continue
        _take(kind, name, list(read_examples(examples, f"{kind} {name!r}", notes=found.notes)), found)


def _take(kind: str, name: str, examples: list[Example], found: _Found) -> None:
    match kind:
        case "intent":
            for example in examples:
                found.rows.append(Row(example.text, name))
                for mention in example.mentions:
                    found.spellings[mention.entity][mention.value].add(mention.text)
        case "synonym":
            found.synonyms |= {example.text: name for example in examples}
        case "regex":
            found.patterns[name] += [example.text for example in examples]
        case "lookup":
            for example in examples:
                found.spellings[name][example.text].add(example.text)


def _names(place: Place) -> Iterator[str]:
    """Names of a list of the domain: plain ones, and those with settings under them."""
    for item in place.items():
        yield from item.fields() or ([item.text("a name")] if not item.is_empty else [])


def _entities(found: _Found) -> list[Names]:
    """Every entity with the values that examples and lookup tables name, synonyms beside the value that they mean.

    A regular expression belongs to the entity of its name, as RegexEntityExtractor has it; others only help Rasa's
    classifier, which ours does without.
    """
    made = []
    for entity in sorted({*found.spellings, *found.declared, *found.patterns}):
        if entity not in found.spellings and entity not in found.declared:
            found.notes.append(f"the regular expression {entity!r} belongs to no entity: it is not needed.")
            continue
        values: dict[str, set[str]] = defaultdict(set)
        for value, spellings in found.spellings.get(entity, {}).items():
            values[found.synonyms.get(value, value)] |= {value, *spellings}
        for spelling, value in found.synonyms.items():
            if value in values:
                values[value].add(spelling)
        named = {value: tuple(sorted(spellings - {value})) for value, spellings in sorted(values.items())}
        made.append(Names(entity, named, tuple(found.patterns.get(entity, ()))))
    return made


def _once(rows: list[Row]) -> list[Row]:
    return list(dict.fromkeys(rows))
