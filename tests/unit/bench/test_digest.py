"""The hash of a module: what runs counts, what only people read does not."""

from __future__ import annotations

import pytest

from trivet.bench.digest import digest_code

SOURCE = b'''"""A module."""

from __future__ import annotations

from typing import TYPE_CHECKING

from numpy import mean as middle

if TYPE_CHECKING:
    import pandas as pd

LIMIT = 3


class Row:
    """A row."""

    size: int = 1
    """How large."""


def read(frame: pd.DataFrame, *, most: int | None = None) -> list[int]:
    """Reads."""
    # Why.
    return [middle(one) for one in frame if one < LIMIT or f"{one:.2f}" == "1"]
'''


def changed(old: bytes, new: bytes) -> bool:
    """Whether the hash of the source is another with one piece of it replaced."""
    assert SOURCE.count(old) == 1
    return digest_code(SOURCE.replace(old, new)) != digest_code(SOURCE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"    # Why.\n", b""),
        (b"LIMIT = 3", b"LIMIT = (3)  # three"),
        (b'"""A module."""', b'"""Another."""'),
        (b'    """A row."""\n', b""),
        (b'    """How large."""\n', b""),
        (b'    """Reads."""\n', b""),
        (b"frame: pd.DataFrame, *,", b"\n    frame: pd.DataFrame,\n    *,"),
    ],
)
def test_texts_for_readers_and_layout_do_not_count(old: bytes, new: bytes) -> None:
    assert not changed(old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"LIMIT = 3", b"LIMIT = 4"),
        (b"LIMIT = 3", b"LIMIT = 3.0"),
        (b"size: int = 1", b"size: int = True"),
        (b"one < LIMIT", b"one <= LIMIT"),
        (b":.2f", b":.3f"),
        (b'== "1"', b'== "1 "'),
        (b"*, most: int | None = None", b"most: int | None = None"),
        (b"= None) -> list", b") -> list"),
        (b"class Row:", b"class Rows:"),
        (b"    # Why.\n", b"    LIMIT\n"),
    ],
)
def test_what_runs_counts(old: bytes, new: bytes) -> None:
    assert changed(old, new)


def test_an_import_may_move_into_the_function_that_needs_it() -> None:
    line = b"from numpy import mean as middle\n"
    moved = SOURCE.replace(line, b"").replace(b"    # Why.\n", b"    " + line)
    assert digest_code(moved) == digest_code(SOURCE)


def test_an_import_may_move_where_only_type_checkers_look_and_back() -> None:
    line = b"    import pandas as pd\n"
    moved = SOURCE.replace(b"if TYPE_CHECKING:\n" + line, line.strip()).replace(b"import TYPE_CHECKING", b"import Any")
    assert digest_code(moved) == digest_code(SOURCE.replace(b"import TYPE_CHECKING", b"import TYPE_CHECKING, Any"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"from numpy import mean as middle", b"from numpy import median as middle"),
        (b"from numpy import mean as middle", b"from scipy import mean as middle"),
        (b"import mean as middle", b"import mean as centre"),
        (b"import pandas as pd", b"import polars as pd"),
        (b"from numpy import mean as middle\n", b""),
        (b"from numpy", b"from .numpy"),
    ],
)
def test_another_import_counts(old: bytes, new: bytes) -> None:
    assert changed(old, new)


def test_a_module_that_only_explains_itself_is_as_an_empty_one() -> None:
    assert digest_code(b'"""Nothing."""\n') == digest_code(b"")


@pytest.mark.parametrize("source", [b"def (", b"a = \0"])
def test_what_is_no_python_counts_by_its_bytes(source: bytes) -> None:
    assert digest_code(source) != digest_code(source + b" ")


def test_two_texts_that_read_alike_in_the_form_are_told_apart() -> None:
    assert digest_code(b"a = 'None'") != digest_code(b"a = None") != digest_code(b"a = ''")
