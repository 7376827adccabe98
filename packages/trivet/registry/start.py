"""What a recipe starts from: an encoder by name, or the tuned weights of an artifact."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from trivet.artifact.descent import identify
from trivet.artifact.folders import link_or_copy, new_folder
from trivet.artifact.layout import HEADER, TOKENIZER, WEIGHTS
from trivet.artifact.sums import read_sums
from trivet.artifact.upgrade import read_card
from trivet.encoders.catalogue import EncoderSource, find_encoder
from trivet.encoders.folder import describe_folder
from trivet.errors import ArtifactError, EncoderError
from trivet.recipe.encoder import EncoderRecipe
from trivet.registry.reference import REFERENCE, read_reference
from trivet.runtime.digests import Digests
from trivet.settings import Settings

# Where an encoder's files lie in an artifact, by what they are called in an encoder's folder.
PLACES = {
    "config.json": f"{WEIGHTS}/config.json",
    "model.safetensors": f"{WEIGHTS}/model.safetensors",
    "tokenizer.json": TOKENIZER,
}


def choose_encoder(recipe: EncoderRecipe, settings: Settings) -> EncoderSource:
    """Where the recipe's encoder lies and how it is read.

    A name of the form `name/3` or `name@live` is looked for in the registry first, and a folder may be an artifact: a
    warm start takes the encoder that was tuned there, with its tokenizer, pooling and prefix, and leaves the head.

    Raises:
        EncoderError: it is not to be found, or the artifact holds no tuned encoder.
        RegistryError: the registry has the name, but not that version.
        ArtifactError: the artifact is damaged.
    """
    artifact = _find_artifact(recipe.name, settings)
    source = find_encoder(recipe.name, settings) if artifact is None else _open_tuned(artifact, recipe.name, settings)
    return replace(source, pooling=recipe.pooling or source.pooling, prefix=recipe.prefix or source.prefix)


def _find_artifact(name: str, settings: Settings) -> Path | None:
    folder = Path(name).expanduser()
    if (folder / HEADER).is_file():
        return folder
    found = REFERENCE.fullmatch(name)
    if folder.exists() or found is None or found[1] == name:
        return None
    from trivet.registry.registry import open_registry  # most starts are an encoder's name or a folder

    registry = open_registry(settings)
    # `owner/3` could be a hub id as well; `owner@live` could not.
    if "@" in name or registry.versions(read_reference(name).name):
        return registry.fetch(name)
    return None


def _open_tuned(artifact: Path, name: str, settings: Settings) -> EncoderSource:
    """The encoder in an artifact, as a folder of its own in the cache: checked, and made of links where possible."""
    card, sums = read_card(artifact), read_sums(artifact)
    if PLACES["model.safetensors"] not in sums:
        raise EncoderError(
            "the artifact holds no tuned weights to start from.",
            where=name,
            todo=f"Its encoder is {card.encoder.name!r} as it was: start from that one.",
        )
    lacking = [place for place in PLACES.values() if place not in sums]
    if lacking:
        raise EncoderError(
            f"the weights of this {card.name!r} are not those of a text encoder (no {lacking[0]}).",
            where=name,
            todo="Start from an artifact that was trained on texts.",
        )
    digests = Digests()
    for place in PLACES.values():
        digests.check(artifact / place, sums[place])
    folder = settings.cache / "starts" / identify(artifact)[:16]
    if not folder.exists():
        try:
            with new_folder(folder) as partial:
                for file, place in PLACES.items():
                    link_or_copy(artifact / place, partial / file)
        except ArtifactError:
            # Another process may have been faster.
            if not folder.exists():
                raise
    facts = describe_folder(folder)
    return EncoderSource(
        name=name,
        path=folder,
        origin="artifact",
        licence=card.encoder.licence,
        commercial=card.encoder.commercial,
        dim=facts.dim,
        layers=facts.layers,
        parameters=facts.parameters,
        pooling=card.encoder.pooling,
        prefix=card.encoder.prefix,
        artifact=artifact,
    )
