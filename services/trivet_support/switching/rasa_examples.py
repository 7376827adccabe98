"""The examples of Rasa's training data: lines with a dash in front, entities in brackets.

Read as rasa/shared/nlu/training_data/entities_parser.py and formats/rasa_yaml.py at 057b082 read them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from trivet.errors import DataError
from trivet_support.switching.rasa_yaml import Place

# [text](entity), [text](entity:value), [text]{"entity": "...", "value": "...", "role": "...", "group": "..."}
_ENTITY = re.compile(
    r"\[(?P<text>[^\]]+?)\](?:\((?P<entity>[^:)]+?)(?::(?P<value>[^)]+))?\)|\{(?P<attributes>[^}]+?)\})"
)


@dataclass(frozen=True)
class Mention:
    """An entity in an example: what stands there, and what it means."""

    entity: str
    text: str
    value: str


@dataclass(frozen=True)
class Example:
    """A line of examples without its marks; `where` is its file and line."""

    text: str
    mentions: tuple[Mention, ...]
    where: str


def read_examples(place: Place, what: str, *, notes: list[str]) -> Iterator[Example]:
    """The examples under a key `examples`, written as a block of lines or as a list; `notes` get what is passed over.

    Raises:
        DataError: they are written otherwise, or an entity is no JSON; names the line.
    """
    if place.is_list:
        for item in place.items():
            text = item.get("text")
            if text is None and item.fields():
                raise DataError(f"an example of {what} has no `text`.", where=item.where, todo="Add it.")
            found = text or item
            yield _read(found.text(f"an example of {what}").strip(), found.where)
        return
    first = place.line + (1 if place.is_block else 0)
    for at, line in enumerate(place.text(f"the examples of {what}").splitlines()):
        where = f"{place.file}:{first + at}"
        if not line.strip():
            continue
        if not line.startswith("-"):
            notes.append(f"{where}: passed over, as Rasa does: it does not begin with `-`.")
            continue
        if line[1:].strip():
            yield _read(line[1:].strip(), where)


def _read(line: str, where: str) -> Example:
    mentions = [_mention(found, where) for found in _ENTITY.finditer(line)]
    return Example(_ENTITY.sub(lambda found: found["text"], line), tuple(mentions), where)


def _mention(found: re.Match[str], where: str) -> Mention:
    text = found["text"]
    if found["attributes"] is None:
        return Mention(found["entity"], text, found["value"] or text)
    try:
        told = json.loads(f"{{{found['attributes']}}}")
    except (ValueError, RecursionError) as error:
        raise DataError(
            f"the entity behind [{text}] is no JSON: {{{found['attributes']}}}.",
            where=where,
            todo='Write [Paris]{"entity": "city"}.',
        ) from error
    if not isinstance(told.get("entity"), str):
        raise DataError(f"the entity behind [{text}] has no name.", where=where, todo='Add "entity": "...".')
    return Mention(told["entity"], text, str(told.get("value", text)))
