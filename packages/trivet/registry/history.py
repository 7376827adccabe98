"""What is live under a name, and how it came about."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from trivet.errors import RegistryError

Alias: TypeAlias = Literal["candidate", "shadow", "live"]
ALIASES: tuple[str, ...] = get_args(Alias)


class Change(BaseModel):
    """A line of the log; `alias` is empty where a version was only added."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    time: datetime
    change: Literal["added", "set", "rolled back"]
    alias: str = ""
    version: int
    reason: str = ""


class History(BaseModel):
    """The document of a name: aliases, the versions that were live in order (the last is live now), and all changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    aliases: dict[str, int] = {}
    lived: tuple[int, ...] = ()
    log: tuple[Change, ...] = ()

    def with_version(self, version: int, *, time: datetime) -> History:
        """The history with a version added."""
        return self._logged(Change(time=time, change="added", version=version))

    def with_alias(self, alias: Alias, version: int, *, time: datetime, reason: str) -> History:
        """The history with an alias on another version; unchanged where it is there already."""
        if self.aliases.get(alias) == version:
            return self
        lived = (*self.lived, version) if alias == "live" else self.lived
        moved = self.model_copy(update={"aliases": {**self.aliases, alias: version}, "lived": lived})
        return moved._logged(Change(time=time, change="set", alias=alias, version=version, reason=reason))

    def rolled_back(self, *, time: datetime) -> History:
        """The history with the version live again that was live before.

        Raises:
            RegistryError: none was.
        """
        if len(self.lived) < 2:
            raise RegistryError("no version was live before.", todo="Promote the one that you want.")
        lived = self.lived[:-1]
        moved = self.model_copy(update={"aliases": {**self.aliases, "live": lived[-1]}, "lived": lived})
        return moved._logged(Change(time=time, change="rolled back", alias="live", version=lived[-1]))

    def _logged(self, change: Change) -> History:
        return self.model_copy(update={"log": (*self.log, change)})


def read_history(content: bytes, *, where: str) -> History:
    """The history in a JSON document.

    Raises:
        RegistryError: it is damaged.
    """
    try:
        return History.model_validate_json(content)
    except ValidationError as error:
        raise RegistryError(
            f"the document of aliases is damaged ({error.errors()[0]['msg']}).", where=where, todo="Restore it."
        ) from error
