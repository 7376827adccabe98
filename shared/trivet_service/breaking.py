"""What a change of the OpenAPI file breaks for callers who were written against the one before.

A request that was good must stay good, and an answer must stay one that callers know: for requests the old schema has
to lie within the new one, for answers the new one within the old, where a field that is added does no harm. Only the
words of JSON Schema that FastAPI writes are read; a `pattern` or `format` counts as another if its text is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

Json: TypeAlias = Mapping[str, Any]

_VERBS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
_MOST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_LEAST = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_SAME = ("pattern", "format", "multipleOf", "uniqueItems", "contentEncoding")


@dataclass(frozen=True, order=True)
class Break:
    """Something that callers relied on: a JSON pointer into the file, through its references, and what happened."""

    pointer: str
    what: str

    def __str__(self) -> str:
        return f"{self.pointer}: {self.what}"


def find_breaks(old: Json, new: Json) -> list[Break]:
    """Everything that the new file breaks, sorted by place."""
    return sorted(set(_breaks(_Pair(old, new))))


@dataclass(frozen=True)
class _Pair:
    old: Json
    new: Json


def _breaks(files: _Pair) -> Iterator[Break]:
    for path, verbs in files.old["paths"].items():
        at = f"/paths/{_escape(path)}"
        if path not in files.new["paths"]:
            yield Break(at, "the path is gone.")
            continue
        for verb, operation in verbs.items():
            if verb in _VERBS:
                other = files.new["paths"][path].get(verb)
                if other is None:
                    yield Break(f"{at}/{verb}", "the operation is gone.")
                else:
                    yield from _operation(files, operation, other, f"{at}/{verb}")


def _operation(files: _Pair, old: Json, new: Json, at: str) -> Iterator[Break]:
    if new.get("security") and not old.get("security"):
        yield Break(f"{at}/security", "a key is asked for now.")
    yield from _parameters(files, old, new, at)
    yield from _body(files, old.get("requestBody"), new.get("requestBody"), f"{at}/requestBody")
    for status, answer in old["responses"].items():
        here = f"{at}/responses/{status}"
        if status in new["responses"]:
            found = new["responses"][status]
            yield from _content(files, answer, found, here, is_answer=True)
            for name in answer.get("headers", {}):
                if name not in found.get("headers", {}):
                    yield Break(f"{here}/headers/{_escape(name)}", "the header is gone.")
        elif status.startswith("2"):
            yield Break(here, "the answer is gone.")


def _parameters(files: _Pair, old: Json, new: Json, at: str) -> Iterator[Break]:
    before = {(one["in"], one["name"]): one for one in old.get("parameters", ())}
    after = {(one["in"], one["name"]): one for one in new.get("parameters", ())}
    for key in before:
        if key not in after:
            yield Break(f"{at}/parameters/{_escape(key[1])}", f"the {key[0]} parameter is gone.")
    for key, one in after.items():
        here = f"{at}/parameters/{_escape(key[1])}"
        if one.get("required") and not before.get(key, {}).get("required"):
            yield Break(here, f"the {key[0]} parameter is required now.")
        if key in before:
            yield from _Within(files.old, files.new).check(before[key]["schema"], one["schema"], f"{here}/schema")


def _body(files: _Pair, old: Json | None, new: Json | None, at: str) -> Iterator[Break]:
    if new is None:
        if old is not None:
            yield Break(at, "no body is read any more.")
        return
    if new.get("required") and not (old or {}).get("required"):
        yield Break(at, "a body is required now.")
    if old is not None:
        yield from _content(files, old, new, at, is_answer=False)


def _content(files: _Pair, old: Json, new: Json, at: str, *, is_answer: bool) -> Iterator[Break]:
    for kind, media in old.get("content", {}).items():
        here = f"{at}/content/{_escape(kind)}"
        if kind not in new.get("content", {}):
            yield Break(here, "the content type is gone.")
            continue
        before, after = media.get("schema", {}), new["content"][kind].get("schema", {})
        if is_answer:
            yield from _Within(files.new, files.old, is_answer=True).check(after, before, f"{here}/schema")
        else:
            yield from _Within(files.old, files.new).check(before, after, f"{here}/schema")


class _Within:
    """Whether every value of one schema is one of another, each with the file that its references lead into."""

    def __init__(self, inner_file: Json, outer_file: Json, *, is_answer: bool = False) -> None:
        self._inner_file = inner_file
        self._outer_file = outer_file
        self._is_answer = is_answer
        self._seen: set[tuple[str, str]] = set()

    def check(self, inner: Json, outer: Json, at: str) -> list[Break]:
        """Where a value of `inner` is none of `outer`."""
        pair = (str(inner.get("$ref", "")), str(outer.get("$ref", "")))
        if all(pair):
            if pair in self._seen:
                return []
            self._seen.add(pair)
        inner, outer = _resolve(self._inner_file, inner), _resolve(self._outer_file, outer)
        choices, accepted = _choices(inner), _choices(outer)
        if len(choices) == len(accepted) == 1:
            return list(self._plain(choices[0], accepted[0], at))
        found: list[Break] = []
        for choice in choices:
            # What fits none of the shapes is told about the one that it comes nearest to.
            tried: list[list[Break]] = [self._choice(choice, one, at) for one in accepted]
            nearest = min(tried, key=len)
            found += nearest
        return found

    def _choice(self, inner: Json, outer: Json, at: str) -> list[Break]:
        seen = set(self._seen)
        found = self.check(inner, outer, at)
        self._seen = seen
        return found

    def _plain(self, inner: Json, outer: Json, at: str) -> Iterator[Break]:
        kinds, accepted = _types(inner), _types(outer)
        if accepted and not kinds:
            yield self._changed(f"{at}/type", "any", sorted(accepted))
        elif accepted and not all(kind in accepted or (kind == "integer" and "number" in accepted) for kind in kinds):
            yield self._changed(f"{at}/type", sorted(kinds), sorted(accepted))
            return
        values, allowed = _values(inner), _values(outer)
        if allowed is not None and (values is None or not all(value in allowed for value in values)):
            yield self._changed(f"{at}/enum", values, allowed)
        yield from self._limits(inner, outer, at)
        yield from self._fields(inner, outer, at)
        if isinstance(outer.get("items"), Mapping):
            yield from self.check(inner.get("items", {}), outer["items"], f"{at}/items")

    def _limits(self, inner: Json, outer: Json, at: str) -> Iterator[Break]:
        for word in _MOST:
            if word in outer and not (word in inner and inner[word] <= outer[word]):
                yield self._changed(f"{at}/{word}", inner.get(word), outer[word])
        for word in _LEAST:
            if word in outer and not (word in inner and inner[word] >= outer[word]):
                yield self._changed(f"{at}/{word}", inner.get(word), outer[word])
        for word in _SAME:
            if word in outer and inner.get(word) != outer[word]:
                yield self._changed(f"{at}/{word}", inner.get(word), outer[word])

    def _fields(self, inner: Json, outer: Json, at: str) -> Iterator[Break]:
        fields, known = inner.get("properties", {}), outer.get("properties", {})
        for name in outer.get("required", ()):
            if name not in inner.get("required", ()):
                what = "the field is not always there any more." if self._is_answer else "the field is required now."
                yield Break(
                    f"{at}/properties/{_escape(name)}", what if name in fields or not self._is_answer else _GONE
                )
        for name, field in known.items():
            here = f"{at}/properties/{_escape(name)}"
            if name in fields:
                yield from self.check(fields[name], field, here)
            elif self._is_answer and fields:
                yield Break(here, _GONE)
        rest = outer.get("additionalProperties", True)
        if rest is False and not self._is_answer:
            for name in fields.keys() - known.keys():
                yield Break(f"{at}/properties/{_escape(name)}", "the field is refused now.")
            if inner.get("additionalProperties", True) is not False and _types(outer) == {"object"}:
                yield Break(f"{at}/additionalProperties", "fields of other names are refused now.")
        elif isinstance(rest, Mapping):
            more = inner.get("additionalProperties", {})
            if isinstance(more, Mapping):
                yield from self.check(more, rest, f"{at}/additionalProperties")

    def _changed(self, at: str, inner: Any, outer: Any) -> Break:
        before, after = (outer, inner) if self._is_answer else (inner, outer)
        return Break(at, f"was {_show(before)}, is {_show(after)}.")


_GONE = "the field is gone."


def _resolve(file: Json, schema: Json) -> Json:
    while "$ref" in schema:
        target: Any = file
        for part in str(schema["$ref"]).removeprefix("#/").split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        schema = target
    return schema


def _choices(schema: Json) -> Sequence[Json]:
    found: Sequence[Json] = schema.get("anyOf") or schema.get("oneOf") or [schema]
    return found


def _types(schema: Json) -> set[str]:
    kind = schema.get("type", [])
    return {kind} if isinstance(kind, str) else set(kind)


def _values(schema: Json) -> list[Any] | None:
    return [schema["const"]] if "const" in schema else schema.get("enum")


def _show(value: Any) -> str:
    return "not limited" if value is None else repr(value) if isinstance(value, str) else str(value)


def _escape(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")
