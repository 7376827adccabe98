"""The pretrained weights that a model starts from."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from trivet.recipe.section import Section


class EncoderRecipe(Section):
    """An encoder by catalogue name, hub id or local path; or that of an artifact, by its folder or version."""

    name: str = Field(
        "minilm-l6",
        min_length=1,
        description="A name that `trivet models list` prints, a hub id or a path; `name/3`: a version.",
    )
    pooling: Literal["", "mean", "cls"] = Field("", description="Empty: what the encoder was trained with.")
    prefix: str = Field("", description="Put before every text (`query: `); empty: what the encoder was trained with.")
