"""A path is a data set: a file, or a folder that holds one file a table."""

from __future__ import annotations

import hashlib
from pathlib import Path

from trivet.data.archive import unpack_gzip
from trivet.data.build import TEXTS, build_frame, is_interactions, is_tagging
from trivet.data.cards import cards_folder
from trivet.data.dataset import Dataset, Kind, Licence, Loaded, Table
from trivet.data.formats.raw import RawRows
from trivet.data.formats.read import SUFFIXES, format_of, read_rows
from trivet.data.pair_rows import is_pairs
from trivet.data.target import kind_of_texts
from trivet.errors import DataError
from trivet.recipe.data import DataRecipe

OWN = Licence("the user's own", commercial=True, note="Read from a path; its terms are for its owner to know.")
# Names of files in a folder, without their endings, by the table they hold.
STEMS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("validation", "valid", "val", "dev"), "validation"),
    "test": "test",
    **dict.fromkeys(("out_of_scope", "out_of_scope_test", "oos", "oos_test"), "out_of_scope_test"),
    **dict.fromkeys(("out_of_scope_train", "oos_train"), "out_of_scope_train"),
    **dict.fromkeys(("out_of_scope_validation", "oos_validation", "oos_val"), "out_of_scope_validation"),
    **dict.fromkeys(("interactions", "events", "ratings"), "interactions"),
    **dict.fromkeys(("items", "catalogue", "catalog"), "items"),
}


def is_path(dataset: str) -> bool:
    """Whether `data.dataset` means a path: it looks like one, or something is there and no card has that name."""
    looks = any(mark in dataset for mark in "/\\~") or dataset.startswith(".") or _has_suffix(dataset)
    return looks or (Path(dataset).exists() and not (cards_folder() / f"{dataset}.toml").is_file())


def open_path(path: Path, recipe: DataRecipe) -> Dataset:
    """The data set at a path; the file of training rows is read now, the others when asked for.

    Beside `train`, a set of texts has the table `texts`: the same rows, for whoever needs no labels.

    Raises:
        DataError: nothing is there, an unknown or damaged format, or interactions without a catalogue; missing columns
            and bad rows show when a table is asked for.
    """
    if not path.exists():
        todo = "Put it there, or change data.dataset."
        raise DataError(f"no data at {str(path)!r}.", where="data.dataset", todo=todo)
    files = _files_in(path) if path.is_dir() else {}
    main = path if not files else files.pop("train" if "train" in files else "interactions")
    for table, own in (("test", recipe.test), ("items", recipe.items)):
        if own:
            files[table] = Path(own).expanduser()
    first_read = [_read(main)]
    interactions = is_interactions(first_read[0][0], recipe) or (path.is_dir() and "items" in files)
    if interactions and "items" not in files:
        raise DataError(
            "interactions need a catalogue of their items.",
            where=str(main),
            todo="Name a file with the columns item and text with --items (data.items).",
        )

    tagging = not interactions and is_tagging(first_read[0][0], recipe)
    pairs = not interactions and not tagging and is_pairs(first_read[0][0], recipe)

    def table_of(name: str) -> Table:
        def read() -> Loaded:
            # The rows read to tell the kind serve the table that is asked for first; they are not kept beside it.
            raw, sha256 = first_read.pop() if first_read else _read(main)
            return Loaded(build_frame(name, raw, recipe, interactions=interactions, tagging=tagging), sha256)

        return Table(read)

    names = ("interactions",) if interactions else ("train", TEXTS)
    tables = {name: table_of(name) for name in names}
    tables |= {
        table: read_table(file, table=table, recipe=recipe, interactions=interactions, tagging=tagging)
        for table, file in files.items()
    }
    kind = _kind(recipe, interactions=interactions, tagging=tagging, pairs=pairs)
    return Dataset(path.name, kind, OWN, "file", tables)


def _kind(recipe: DataRecipe, *, interactions: bool, tagging: bool, pairs: bool) -> Kind:
    if interactions:
        return "interactions"
    if tagging:
        return "tagging"
    return "pairs" if pairs else kind_of_texts(recipe)


def read_table(path: Path, *, table: str, recipe: DataRecipe, interactions: bool, tagging: bool = False) -> Table:
    """The table in a file of the reader's own; opened when asked for.

    Raises:
        DataError: nothing is at the path, or its format is not read; found out now.
    """
    if not path.is_file():
        raise DataError(f"no file at {str(path)!r}.", where=f"data.{table}", todo="Put it there, or change the path.")
    format_of(path)

    def read() -> Loaded:
        raw, sha256 = _read(path)
        return Loaded(build_frame(table, raw, recipe, interactions=interactions, tagging=tagging), sha256)

    return Table(read)


def _read(path: Path) -> tuple[RawRows, str]:
    kind = format_of(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = f"cannot be read ({error.strerror})."
        raise DataError(reason, where=str(path), todo="Check its permissions.") from error
    if path.suffix == ".gz":
        content = unpack_gzip(content, file=str(path))
    return read_rows(content, file=str(path), kind=kind), hashlib.sha256(content).hexdigest()


def _files_in(folder: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        table = STEMS.get(path.name.split(".", 1)[0])
        if table is None or not path.is_file() or not _has_suffix(path.name):
            continue
        if table in found:
            raise DataError(
                f"holds {found[table].name} and {path.name}, both {table}.", where=str(folder), todo="Keep one of them."
            )
        found[table] = path
    if not {"train", "interactions"} & set(found):
        names = ", ".join(path.name for path in sorted(folder.iterdir())[:8]) or "nothing"
        raise DataError(
            f"holds neither train.* nor events.*, but {names}.",
            where=str(folder),
            todo=f"Name the file of training rows train with one of {', '.join(SUFFIXES)}, or give a file's path.",
        )
    return found


def _has_suffix(name: str) -> bool:
    return any(name.lower().removesuffix(".gz").endswith(suffix) for suffix in SUFFIXES)
