"""Named sets: a data card and the files it tells of, as tables."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import assert_never

import pandas as pd

from trivet.data.build import build_frame
from trivet.data.cards import CardCut, CardTable, DataCard, Part
from trivet.data.cuts import Cut, cut_shuffled, cut_time
from trivet.data.dataset import Dataset, Loaded, Source, Table
from trivet.data.formats.conll import read_conll, read_intents
from trivet.data.formats.lines import read_paired, read_separated
from trivet.data.formats.objects import join_rows, read_fiqa, read_json_list
from trivet.data.formats.raw import RawRows
from trivet.data.formats.read import read_rows
from trivet.data.formats.records import read_split_json
from trivet.data.formats.slots import read_bio, read_value_spans
from trivet.data.place import Place, ensure_place
from trivet.data.target import with_target
from trivet.errors import DataError
from trivet.recipe.data import DataRecipe
from trivet.settings import Settings

# A set is as far away as the farthest of its files.
DISTANCE: Mapping[Source, int] = {"package": 0, "file": 0, "mirror": 1, "cache": 2, "origin": 3}


def open_named(card: DataCard, recipe: DataRecipe, settings: Settings) -> Dataset:
    """The tables of a named set; files are fetched now where this machine lacks them, and read when asked for.

    Raises:
        DataError: a file that is nowhere and cannot be fetched.
    """
    recipe = with_target(recipe, card.kind, name=card.name)
    wanted = {path for table in card.tables.values() for path in (table.file, table.labels, *table.also) if path}
    places = {path: ensure_place(card, path, settings) for path in sorted(wanted)}
    wholes: dict[tuple[str, str], Table] = {}
    tables: dict[str, Table] = {}
    for name, table in card.tables.items():
        if table.part is None:
            tables[name] = _whole(card, name, recipe, places)
        else:
            whole = wholes.setdefault((table.file, table.member), _whole(card, name, recipe, places))
            tables[name] = _part(card, whole, table.part)
    source = max((place.source for place in places.values()), key=DISTANCE.__getitem__)
    return Dataset(card.name, card.kind, card.terms(), source, tables)


def _whole(card: DataCard, name: str, recipe: DataRecipe, places: Mapping[str, Place]) -> Table:
    table = card.tables[name]

    def read() -> Loaded:
        raw, sha256 = _read_files(card, table, places)
        frame = build_frame(
            name,
            raw,
            recipe,
            card_columns={**card.columns, **table.columns},
            label_names=card.label_names,
            label=table.label,
            interactions=card.kind == "interactions",
            tagging=card.kind == "tagging",
            may_overlap=card.may_overlap,
        )
        if table.rows and table.part is None and len(frame) != table.rows:
            stated = f"has {len(frame)} rows, the card says {table.rows}."
            raise DataError(stated, where=raw.file, todo="Mend the data card.")
        return Loaded(frame, sha256)

    return Table(read)


def _part(card: DataCard, whole: Table, part: Part) -> Table:
    def read() -> Loaded:
        loaded = whole.loaded
        cut = card.cut
        assert cut is not None, "a validated card with parts has a cut"
        outer = _cut(loaded.frame, cut, share=cut.test)
        inner = _cut(outer.kept, cut, share=cut.validation) if cut.validation else Cut(outer.kept, outer.kept.iloc[:0])
        chosen = {"train": inner.kept, "validation": inner.held, "test": outer.held}[part]
        return Loaded(chosen, loaded.sha256)

    return Table(read)


def _cut(frame: pd.DataFrame, cut: CardCut, *, share: float) -> Cut:
    match cut.kind:
        case "time":
            return cut_time(frame, share=share)
        case "shuffle":
            return cut_shuffled(frame, share=share, seed=cut.seed)
        case _:
            assert_never(cut.kind)


def _read_files(card: DataCard, table: CardTable, places: Mapping[str, Place]) -> tuple[RawRows, str]:
    """The rows of all files of a table and their sha256; of several files, that of their hashes, a line each."""
    parts = [_read_raw(card, table.model_copy(update={"file": path}), places) for path in (table.file, *table.also)]
    if len(parts) == 1:
        return parts[0]
    joined = "".join(f"{sha256}\n" for _, sha256 in parts)
    return join_rows([raw for raw, _ in parts]), hashlib.sha256(joined.encode()).hexdigest()


def _read_raw(card: DataCard, table: CardTable, places: Mapping[str, Place]) -> tuple[RawRows, str]:
    """The rows of a table and the sha256 of the bytes they come from; of two files, that of their two hashes."""
    place, entry = places[table.file], card.files[table.file]
    content = place.read_member(entry, table.member) if table.member else place.read(entry)
    sha256 = hashlib.sha256(content).hexdigest()
    file = f"{place.path}/{table.member}" if table.member else str(place.path)
    kind = table.format or card.format
    match kind:
        case "csv" | "tsv" | "jsonl" | "parquet":
            return read_rows(content, file=file, kind=kind, encoding=card.encoding), sha256
        case "split_json":
            raw = read_split_json(content, file=file, key=table.key, names=table.fields, encoding=card.encoding)
            return raw, sha256
        case "separated":
            raw = read_separated(
                content,
                file=file,
                names=table.fields,
                separator=card.separator,
                encoding=card.encoding,
                last=card.last_separator,
            )
            return raw, sha256
        case "paired_lines":
            other = places[table.labels]
            labels = other.read(card.files[table.labels])
            both = hashlib.sha256(f"{sha256}\n{hashlib.sha256(labels).hexdigest()}\n".encode()).hexdigest()
            raw = read_paired(
                content,
                labels,
                file=file,
                labels_file=str(other.path),
                encoding=card.encoding,
                skip_blank=card.skip_blank,
            )
            return raw, both
        case "paired_intents":
            other = places[table.labels]
            tags = other.read(card.files[table.labels])
            both = hashlib.sha256(f"{sha256}\n{hashlib.sha256(tags).hexdigest()}\n".encode()).hexdigest()
            return read_intents(content, tags, file=file, tags_file=str(other.path), encoding=card.encoding), both
        case "conll":
            return read_conll(content, file=file, encoding=card.encoding), sha256
        case "bio_lines":
            other = places[table.labels]
            tags = other.read(card.files[table.labels])
            both = hashlib.sha256(f"{sha256}\n{hashlib.sha256(tags).hexdigest()}\n".encode()).hexdigest()
            return read_bio(content, tags, file=file, tags_file=str(other.path), encoding=card.encoding), both
        case "value_spans":
            return read_value_spans(content, file=file, encoding=card.encoding), sha256
        case "json":
            return read_json_list(content, file=file, encoding=card.encoding), sha256
        case "fiqa":
            return read_fiqa(content, file=file, encoding=card.encoding), sha256
        case _:
            assert_never(kind)
