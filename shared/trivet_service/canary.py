"""A version that answers a share of the requests, beside the live one."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from trivet.errors import RegistryError
from trivet_service.lot import falls_into

# Beside the document of aliases, so that every server that watches the name follows it.
FILE = "canary.json"


class Canary(BaseModel):
    """Which share of the requests a version answers; share 0: none.

    It is judged against what was live when it was set, so it is over once `live` has moved more than `moves` times.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    version: int = Field(ge=1)
    share: float = Field(ge=0.0, le=1.0)
    moves: int = Field(ge=0)
    since: datetime
    reason: str = ""

    def takes(self, key: str) -> bool:
        """Whether it answers the requests of this key: the same keys always, and more of them under a larger share."""
        return falls_into(self.share, f"{self.version} {key}")


def read_canary(content: bytes, *, where: str) -> Canary:
    """The canary in a JSON document.

    Raises:
        RegistryError: it is damaged.
    """
    try:
        return Canary.model_validate_json(content)
    except ValidationError as error:
        raise RegistryError(
            f"the document of the canary is damaged ({error.errors()[0]['msg']}).",
            where=where,
            todo="Set the canary again.",
        ) from error
