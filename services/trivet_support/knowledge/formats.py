"""Files of several formats as text with sections."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from html.parser import HTMLParser
from typing import Any, assert_never

from trivet.errors import InputError
from trivet_support.knowledge.document import Composer, Content, Format

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
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
    page = _Page()
    page.feed(text)
    page.close()
    return page.content()


class _Page(HTMLParser):
    """Text of a page, a section a heading; what no reader sees is left out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._composer = Composer()
        self._line: list[str] = []
        self._unread: list[str] = []
        self._heading = ""
        self._title: list[str] = []
        self._first = ""
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "title":
            self._in_title = True
        elif tag in _UNREAD:
            self._unread.append(tag)
        elif tag in _HEADINGS:
            self._flush()
            self._heading = tag
        elif tag not in _INLINE:
            self._flush()

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False
        elif self._unread and tag == self._unread[-1]:
            self._unread.pop()
        elif tag == self._heading:
            heading = _squeeze("".join(self._line))
            self._line, self._heading = [], ""
            self._first = self._first or heading
            self._composer.begin(heading)
        elif tag not in _INLINE:
            self._flush()

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self._title.append(data)
        elif not self._unread:
            self._line.append(data)

    def content(self) -> Content:
        self._flush()
        return self._composer.finish(_squeeze("".join(self._title)) or self._first)

    def _flush(self) -> None:
        if not self._heading:
            self._composer.say(_squeeze("".join(self._line)))
            self._line = []


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
