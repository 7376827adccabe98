"""Files of several formats as text with sections."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, assert_never

from trivet.errors import InputError
from trivet_support.knowledge.document import Composer, Content, Format

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
# Tags, those of them that need no end, and how deep others may stand within each other.
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_UNCLOSED = frozenset({
    "area", "base", "br", "col", "dd", "dt", "embed", "hr", "img", "input", "li", "link", "meta", "option", "p",
    "param", "source", "td", "th", "tr", "track", "wbr",
})  # fmt: skip
_NESTED = 1000
# Elements of a line within each other.
_DEEPEST = 30
_UNREAD = frozenset({"script", "style", "template", "noscript", "svg", "head", "nav"})
_INLINE = frozenset({
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "del", "dfn", "em", "i", "ins", "kbd", "mark", "q", "s", "samp",
    "small", "span", "strong", "sub", "sup", "u", "var", "wbr",
})  # fmt: skip


def read_content(text: str, kind: Format) -> Content:
    """What a file of this format says.

    Raises:
        InputError: it is broken, or holds no text; `where` is empty.
    """
    match kind:
        case "text":
            content = _read_text(text)
        case "html":
            content = _read_html(text)
        case "markdown":
            from markdown_it import MarkdownIt

            content = _read_html(MarkdownIt("commonmark").enable("table").render(text))
        case "faq":
            content = _read_faq(text)
        case _:
            assert_never(kind)
    try:
        content.text.encode()
    except UnicodeEncodeError as error:
        raise InputError("it holds a character that is no text (half a surrogate pair).") from error
    if not content.sections:
        raise InputError("it holds no text to answer with.", todo="Send sentences, or questions with answers.")
    return content


def compose_pairs(pairs: Iterable[tuple[str, str]]) -> Content:
    """Questions and their answers as text: a section an answer, under its question."""
    composer = Composer()
    for question, answer in pairs:
        composer.begin(_squeeze(question))
        for line in answer.splitlines():
            composer.say(_squeeze(line))
    return composer.finish("")


def _read_text(text: str) -> Content:
    composer = Composer()
    for block in text.replace("\r\n", "\n").split("\n\n"):
        lines = [_squeeze(line) for line in block.split("\n")]
        composer.say(" ".join(line for line in lines if line))
    return composer.finish("")


def _read_html(text: str) -> Content:
    """Text of a page, a section a heading, a paragraph a block; what no reader sees is left out."""
    from selectolax.lexbor import LexborHTMLParser

    _check_depth(text)
    page = LexborHTMLParser(text)
    title = page.css_first("title")
    said, first = _squeeze(title.text()) if title else "", ""
    page.strip_tags(list(_UNREAD), recursive=True)
    composer, line, here = Composer(), _Line(), None
    for node in page.root.traverse(include_text=True) if page.root else ():
        if node.tag in _HEADINGS:
            composer.say(line.take())
            heading = _squeeze(node.text())
            first = first or heading
            composer.begin(heading)
        elif node.tag == "br":
            composer.say(line.take())
        elif node.tag == "-text":
            block, is_heading = _block_of(node)
            if block != here:
                composer.say(line.take())
                here = block
            if not is_heading:
                line.add(node.text_content or "")
    composer.say(line.take())
    return composer.finish(said or first)


def _check_depth(text: str) -> None:
    """Refuse a page whose elements stand within each other so deep that a parser would take minutes.

    Raises:
        InputError: it is nested deeper than any page.
    """
    depth = 0
    for found in _TAG.finditer(text):
        if found[2].lower() in _UNCLOSED:
            continue
        depth = max(0, depth - 1) if found[1] else depth + 1
        if depth > _NESTED:
            raise InputError(f"its elements are nested deeper than {_NESTED}.", todo="Send the text of the page.")


class _Line:
    """The text of one block, as far as it was read."""

    def __init__(self) -> None:
        self._pieces: list[str] = []

    def add(self, piece: str) -> None:
        self._pieces.append(piece)

    def take(self) -> str:
        """All of it; nothing is left."""
        taken, self._pieces = _squeeze("".join(self._pieces)), []
        return taken


def _block_of(text: Any) -> tuple[int, bool]:
    """Which block a text stands in, and whether that is a heading; deeper than any page it is where the search ends."""
    node = text.parent
    for _ in range(_DEEPEST):
        if node is None or node.tag not in _INLINE:
            break
        node = node.parent
    return (0, False) if node is None else (node.mem_id, node.tag in _HEADINGS)


def _read_faq(text: str) -> Content:
    """Questions and answers of JSON (`[{"question", "answer"}]`) or CSV with those two columns."""
    return compose_pairs(_read_json(text) if text.lstrip()[:1] in ("[", "{") else _read_csv(text))


def _read_json(text: str) -> list[tuple[str, str]]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"it is no JSON: {error}.", todo="Send a list of questions and answers.") from error
    rows = found.get("pairs") if isinstance(found, dict) else found
    if not isinstance(rows, list):
        raise InputError("it is no list of questions and answers.", todo='Send [{"question": ..., "answer": ...}].')
    return [_pair(row, f"entry {at}") for at, row in enumerate(rows, start=1)]


def _read_csv(text: str) -> list[tuple[str, str]]:
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        if not {"question", "answer"} <= set(reader.fieldnames or ()):
            raise InputError("it has no columns question and answer.", todo="Put both names into its first line.")
        return [_pair(row, f"line {reader.line_num}") for row in reader]
    except csv.Error as error:
        raise InputError(f"line {reader.line_num} is no CSV: {error}.", todo="Mend the line.") from error


def _pair(row: Any, place: str) -> tuple[str, str]:
    question, answer = (row.get("question"), row.get("answer")) if isinstance(row, Mapping) else (None, None)
    for name, value in (("question", question), ("answer", answer)):
        if not isinstance(value, str) or not value.strip():
            raise InputError(f"{place} has no {name}.", todo="Every entry is a question and its answer.")
    return str(question), str(answer)


def _squeeze(text: str) -> str:
    return " ".join(text.split())
