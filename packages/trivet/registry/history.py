"""What is live under a name, and how it came about."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from trivet.errors import RegistryError
from trivet.registry.verdict import GateOutcome, Verdict

Alias: TypeAlias = Literal["candidate", "shadow", "live"]
ALIASES: tuple[str, ...] = get_args(Alias)


class Change(BaseModel):
    """A line of the log; `previous` is the version that had the alias before, 0: none.

    `gates` and `accepted` are the verdict of a promotion, or of one that was refused.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    time: datetime
    change: Literal["added", "set", "taken away", "rolled back", "refused"]
    alias: str = ""
    version: int
    previous: int = 0
    reason: str = ""
    gates: tuple[GateOutcome, ...] = ()
    accepted: str = ""


class History(BaseModel):
    """The document of a name: aliases, the versions that were live in order (the last is live now), and all changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    aliases: dict[str, int] = {}
    lived: tuple[int, ...] = ()
    log: tuple[Change, ...] = ()

    def with_version(self, version: int, *, time: datetime) -> History:
        """The history with a version added: it is the candidate now."""
        moved = self.model_copy(update={"aliases": {**self.aliases, "candidate": version}})
        previous = self.aliases.get("candidate", 0)
        return moved._logged(Change(time=time, change="added", alias="candidate", version=version, previous=previous))

    def with_alias(
        self, alias: Alias, version: int, *, time: datetime, reason: str, verdict: Verdict | None = None
    ) -> History:
        """The history with an alias on another version; unchanged where it is there already.

        A version that goes live is a candidate or a shadow no longer.

        Raises:
            RegistryError: the version is live, and another alias is asked for.
        """
        previous = self.aliases.get(alias, 0)
        if previous == version:
            return self
        if self.aliases.get("live") == version:
            raise RegistryError(f"version {version} is live, so it is no {alias}.", todo="Name another version.")
        verdict = verdict or Verdict()
        is_live = alias == "live"
        kept = {other: at for other, at in self.aliases.items() if not (is_live and at == version)}
        lived = (*self.lived, version) if is_live else self.lived
        moved = self.model_copy(update={"aliases": {**kept, alias: version}, "lived": lived})
        return moved._logged(
            Change(
                time=time,
                change="set",
                alias=alias,
                version=version,
                previous=previous,
                reason=reason,
                gates=verdict.gates,
                accepted=verdict.accepted,
            )
        )

    def without_alias(self, alias: Alias, *, time: datetime, reason: str) -> History:
        """The history with an alias on no version; unchanged where it is on none."""
        previous = self.aliases.get(alias, 0)
        if not previous:
            return self
        kept = {other: at for other, at in self.aliases.items() if other != alias}
        moved = self.model_copy(update={"aliases": kept})
        return moved._logged(
            Change(time=time, change="taken away", alias=alias, version=previous, previous=previous, reason=reason)
        )

    def with_refusal(self, version: int, verdict: Verdict, *, time: datetime, reason: str) -> History:
        """The history with a promotion that was refused; no alias moves."""
        return self._logged(
            Change(
                time=time,
                change="refused",
                alias="live",
                version=version,
                previous=self.aliases.get("live", 0),
                reason=reason,
                gates=verdict.gates,
            )
        )

    def rolled_back(self, *, time: datetime, reason: str = "") -> History:
        """The history with the version live again that was live before.

        Raises:
            RegistryError: none was.
        """
        if len(self.lived) < 2:
            raise RegistryError("no version was live before.", todo="Promote the one that you want.")
        lived = self.lived[:-1]
        kept = {other: at for other, at in self.aliases.items() if at != lived[-1]}
        moved = self.model_copy(update={"aliases": {**kept, "live": lived[-1]}, "lived": lived})
        change = Change(
            time=time, change="rolled back", alias="live", version=lived[-1], previous=self.lived[-1], reason=reason
        )
        return moved._logged(change)

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
