"""What every section of a recipe shares: it is frozen and knows all its knobs."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A frozen group of knobs; a knob that it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")
