"""The examples of a Rasa `nlu.yml`, with their lines; marks of entities are taken out of the texts."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from trivet.errors import InputError

# `[Berlin](city)` and `[two]{"entity": "number", "value": "2"}`.
_MARKED = re.compile(r"\[([^\]]*)\](?:\([^)]*\)|\{[^}]*\})(?:\[[^\]]*\])?")


def read_examples(text: str) -> Iterator[tuple[int, str, str]]:
    """Line, intent and text of every example of an intent; lookups, synonyms and expressions are passed over.

    Raises:
        InputError: it is no YAML, or has no list under `nlu`; `where` is `/lines/N`.
    """
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = 1 if mark is None else mark.line + 1
        raise InputError(f"line {line} is not valid YAML.", where=f"/lines/{line}") from error
    except RecursionError as error:
        raise InputError("the file is nested too deeply.", where="/lines/1") from error
    entries = _fields(root).get("nlu")
    if not isinstance(entries, yaml.SequenceNode):
        raise InputError("line 1: there is no list under `nlu`.", where="/lines/1")
    for entry in entries.value:
        fields = _fields(entry)
        name, listed = fields.get("intent"), fields.get("examples")
        if not isinstance(name, yaml.ScalarNode) or listed is None:
            continue
        # An intent with responses of its own is `faq/ask_name`: the part before the slash is what is told apart.
        intent = name.value.partition("/")[0]
        for line, said in _listed(listed):
            yield line, intent, _MARKED.sub(r"\1", said)


def _fields(node: yaml.Node | None) -> dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        return {}
    return {key.value: value for key, value in node.value if isinstance(key, yaml.ScalarNode)}


def _listed(node: yaml.Node) -> Iterator[tuple[int, str]]:
    if isinstance(node, yaml.ScalarNode):
        # A literal block begins on the line after its sign.
        start = node.start_mark.line + (2 if node.style in ("|", ">") else 1)
        for at, line in enumerate(node.value.splitlines()):
            if line.lstrip().startswith("-"):
                yield start + at, line.lstrip()[1:].strip()
    elif isinstance(node, yaml.SequenceNode):
        for one in node.value:
            said = _fields(one).get("text", one)
            if isinstance(said, yaml.ScalarNode):
                yield said.start_mark.line + 1, said.value.strip().removeprefix("- ").strip()
