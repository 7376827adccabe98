"""A hash of what a module does: its syntax without texts for readers, its imports apart."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from functools import cache

# Where a name stands (read, written) follows from the rest; the other two are remarks for tools.
NOT_COUNTED = ("ctx", "type_comment", "kind")


@cache
def digest_code(source: bytes) -> str:
    """sha256 of a module's syntax; comments, docstrings and layout do not count.

    Imports count as the set of (module, name, alias), so that one may move into a function that alone needs it. What
    stands under `if TYPE_CHECKING` counts as if it stood outside. A source that is no Python counts by its bytes.
    The form is our own: that of `ast.dump` differs between versions of Python.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return hashlib.sha256(source).hexdigest()
    imports = {one for node in ast.walk(tree) for one in _imports(node)}
    return hashlib.sha256(repr((sorted(imports), _form(tree))).encode()).hexdigest()


def _imports(node: ast.AST) -> Iterator[tuple[str, str, str]]:
    match node:
        case ast.Import(names=names):
            yield from ((one.name, "", one.asname or "") for one in names)
        case ast.ImportFrom(module=module, names=names, level=level):
            origin = "." * level + (module or "")
            found = ((origin, one.name, one.asname or "") for one in names)
            yield from (one for one in found if one != ("typing", "TYPE_CHECKING", ""))


def _form(value: object) -> str:
    """A node with the fields that are set, in the order of the grammar; statements that do nothing left out."""
    match value:
        case ast.AST():
            fields = ((name, _form(getattr(value, name, None))) for name in value._fields if name not in NOT_COUNTED)
            told = (f"{name}={one}" for name, one in fields if one not in ("None", "[]"))
            return f"{type(value).__name__}({', '.join(told)})"
        case list():
            return f"[{', '.join(_form(one) for node in value for one in _counted(node))}]"
        case _:
            return repr(value)


def _counted(node: object) -> Iterator[object]:
    match node:
        case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant(value=str())):
            return
        case ast.If(test=ast.Name(id="TYPE_CHECKING"), body=body, orelse=[]):
            for one in body:
                yield from _counted(one)
        case _:
            yield node
