"""Data cards: what a named set is, where its files lie, and what must be known before using it."""

from __future__ import annotations

import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from trivet.data.dataset import Kind, Licence
from trivet.errors import DataError

Format = Literal[
    "csv",
    "tsv",
    "jsonl",
    "parquet",
    "split_json",
    "paired_lines",
    "separated",
    "json",
    "fiqa",
    "bio_lines",
    "value_spans",
    "paired_intents",
    "conll",
]
Part = Literal["train", "validation", "test"]
HASH = r"^[0-9a-f]{64}$"


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CardLicence(_Entry):
    """The licence as the card states it."""

    name: str
    commercial: bool
    url: str = ""
    note: str = ""


class CardFile(_Entry):
    """One file of the origin: its size and hash unpacked, or the hashes of an archive's members."""

    sha256: str = Field("", pattern=rf"{HASH}|^$")
    size: int = Field(0, ge=0, description="Bytes; a download stops when it exceeds them. 0: not known.")
    members: dict[str, str] = Field({}, description="Manifest of an archive: sha256 by member.")


class CardTable(_Entry):
    """A table: the file it is read from and the part of that file."""

    file: str
    labels: str = Field(
        "", description="`paired_lines`: the file whose line n is the label of line n; `bio_lines`: its tags."
    )
    also: tuple[str, ...] = Field((), description="Files whose rows follow those of `file`.")
    member: str = Field("", description="Of a zip or tar.")
    key: str = Field("", description="`split_json`: the list of this table.")
    part: Part | None = Field(None, description="The part of the card's cut; none: the whole file.")
    format: Format | None = None
    fields: tuple[str, ...] = Field(("text", "label"), description="Of a file without a header, in order.")
    columns: dict[str, str] = Field({}, description="Over the card's own, for this table.")
    label: str = Field("", description="One label for all rows, where the file has no column of it.")
    rows: int = Field(0, ge=0, description="As counted in the file; 0: not stated.")


class CardCut(_Entry):
    """How a set without split files is cut, always the same way.

    `shuffle` is scikit-learn's `train_test_split` without strata: the first rows of a seeded permutation are the test,
    then the first of a permutation of the rest the validation. `time` takes the latest rows.
    """

    kind: Literal["shuffle", "time"]
    test: float = Field(gt=0, lt=1)
    validation: float = Field(0.0, ge=0, lt=1)
    seed: int = 0


class DataCard(_Entry):
    """A card, as datasets/NAME.toml holds it."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    title: str
    kind: Kind = "classification"
    language: str = "en"
    format: Format = "csv"
    separator: str = Field("", description="`separated`: between the fields.")
    last_separator: bool = Field(default=False, description="`separated`: only the last ones of a line separate.")
    skip_blank: bool = Field(default=False, description="`paired_lines`: lines without a text are left out.")
    encoding: str = "utf-8"
    mirror: str = Field("", description="Folder of the files below the root of a mirror.")
    package: str = Field("", description="Folder of the files beside the cards: they are part of this project.")
    origin: str = Field("", description="Address that a file's path is put after.")
    repository: str = ""
    commit: str = ""
    mirror_only: bool = Field(default=False, description="The origin cannot be fetched; a mirror must have the files.")
    licence: CardLicence
    citation: str
    traps: tuple[str, ...] = ()
    columns: dict[str, str] = {}
    may_overlap: bool = Field(default=False, description="Spans may lie within spans.")
    label_names: dict[str, str] = Field({}, description="Labels of the file by the names used here.")
    cut: CardCut | None = None
    files: dict[str, CardFile]
    tables: dict[str, CardTable]

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        for name, table in self.tables.items():
            missing = {table.file, *([table.labels] if table.labels else []), *table.also} - set(self.files)
            if missing:
                raise ValueError(f"table {name!r} reads {sorted(missing)}, which `files` lacks")
            if table.part and not self.cut:
                raise ValueError(f"table {name!r} is a part of a cut, but the card has no `cut`")
        if not self.package:
            unpinned = [path for path, file in self.files.items() if not (file.sha256 or file.members)]
            if unpinned:
                raise ValueError(f"{unpinned} have neither a sha256 nor a manifest of members")
            if not self.mirror:
                raise ValueError("needs a folder of the mirror, where the cache keeps the files as well")
            if not (self.origin or self.mirror_only):
                raise ValueError("needs an origin, or mirror_only")
        return self

    def address(self, path: str) -> str:
        """Where the origin has a file; empty for a set that no address is known of."""
        return f"{self.origin.rstrip('/')}/{path}" if self.origin else ""

    def terms(self) -> Licence:
        """The licence as the rest of the core carries it."""
        return Licence(**self.licence.model_dump())


def cards_folder() -> Path:
    """The folder of the cards: package data in a wheel, `datasets/` of a checkout in an editable installation.

    Raises:
        DataError: the installation has neither.
    """
    here = Path(__file__).resolve().parent
    for folder in (here / "cards", here.parents[2] / "datasets"):
        if folder.is_dir():
            return folder
    raise DataError("the data cards are not installed.", where=str(here / "cards"), todo="Install trivet again.")


def read_card(name: str, *, folder: Path | None = None) -> DataCard:
    """The card of a named set.

    Raises:
        DataError: there is no such card (with the closest names), or it is not a valid one.
    """
    folder = folder or cards_folder()
    path = folder / f"{name}.toml"
    if not _is_name(name) or not path.is_file():
        close = get_close_matches(name, _names(folder), n=3, cutoff=0.5)
        nearest = f"Did you mean {' or '.join(repr(other) for other in close)}? " if close else ""
        raise DataError(
            f"there is no data set {name!r}.",
            where="data.dataset",
            todo=f"{nearest}`trivet data list` prints the names; the path of a file is a data set too.",
        )
    try:
        card = DataCard.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"not valid TOML: {error}.", where=str(path), todo="Mend the data card.") from error
    except ValidationError as error:
        first = error.errors()[0]
        knob = ".".join(str(part) for part in first["loc"])
        raise DataError(f"{knob or 'card'}: {first['msg']}.", where=str(path), todo="Mend the data card.") from error
    if card.name != name:
        raise DataError(f"the card is named {card.name!r}.", where=str(path), todo="File and `name` must agree.")
    return card


def list_cards(*, folder: Path | None = None) -> tuple[DataCard, ...]:
    """All cards, by name."""
    folder = folder or cards_folder()
    return tuple(read_card(name, folder=folder) for name in _names(folder))


def _names(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.toml"))


def _is_name(name: str) -> bool:
    return name.replace("-", "").isalnum()
