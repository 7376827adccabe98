"""Changes which version is live, shadow or canary: in the registry, so that every server that watches it follows.

Whatever would be refused is refused here, before anything moves.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from trivet.errors import ArtifactError, GateError, LicenceError, RegistryError
from trivet.settings import Settings
from trivet_service.handover import Handover
from trivet_service.models import Models
from trivet_service.problems import Flaw, ProblemError
from trivet_service.refusal import Role, Wanted, refuse
from trivet_service.surroundings import StoppedError

if TYPE_CHECKING:
    from trivet.registry.registry import Registry

T = TypeVar("T")
# Gates compare reports, and may have to judge the live version on the rows of the new one first.
_GATES_S = 60.0


@dataclass(frozen=True)
class Gate:
    """What one gate said of a version."""

    name: str
    passed: bool
    detail: str


@dataclass(frozen=True)
class Order:
    """A change that somebody asks for: of which name, why, and who; `actor` goes into the registry's log as well."""

    models: Models
    handover: Handover
    reason: str
    actor: str

    @property
    def told(self) -> str:
        """The reason as the registry keeps it."""
        return f"{self.reason.strip()} (key {self.actor})".strip() if self.actor else self.reason.strip()

    def registry(self) -> Registry:
        """The registry that the name is followed in.

        Raises:
            ProblemError: 409, it is a folder or one version that is served.
        """
        if not self.handover.source.alias:
            detail = f"{self.handover.source.reference} is served as it is; only an alias of the registry moves."
            raise ProblemError(409, detail, code="not_followed")
        from trivet.registry.registry import open_registry

        return open_registry(self.models.settings)


def promote(order: Order, version: int, *, is_forced: bool, accepts_licence: bool) -> Sequence[Gate]:
    """Make a version live through its gates; what they said.

    Raises:
        ProblemError: the version is not there (422), cannot be served, was not judged or a gate refuses it (409), or
            is for research only, which nobody accepts (403).
    """
    registry = order.registry()
    if is_forced and not order.reason.strip():
        raise _wrong("/reason", "passing over the gates needs a reason.")
    held = _rehearse(order, version, "live")
    name, settings = order.handover.source.name, order.models.settings
    accepted = (order.told or "accepted over HTTP") if accepts_licence else ""
    gates: list[Gate] = []
    if (settings.home / "reports" / name / str(version)).is_dir():
        gates = _ask_gates(settings, f"{name}/{version}", force=is_forced, reason=order.told, accepted=accepted)
    elif is_forced:
        from trivet.registry.verdict import Verdict

        _try(lambda: registry.make_live(name, version, Verdict(passed_over=order.told, accepted=accepted)))
    else:
        detail = f"version {version} has no report for its gates: judge it first, or force it with a reason."
        raise ProblemError(409, detail, code="not_judged")
    _follow(order)
    del held
    return gates


def roll_back(order: Order) -> int:
    """Make the version live again that was live before; its number.

    Raises:
        ProblemError: 409, none was, or it cannot be served any more.
    """
    registry, handover = order.registry(), order.handover
    lived = handover.bulletin.read().history.lived
    if len(lived) < 2:
        raise ProblemError(409, "no version was live before.", code="nothing_before")
    held = _rehearse(order, lived[-2], "live")
    version = _try(lambda: registry.rollback(handover.source.name, reason=order.told))
    _follow(order)
    del held
    return version


def set_shadow(order: Order, version: int | None) -> None:
    """Let a version answer after the live one, or none.

    Raises:
        ProblemError: the version is not there (422), or cannot be the shadow (409).
    """
    registry, name = order.registry(), order.handover.source.name
    _refuse_tenants(order)
    if version is None:
        _try(lambda: registry.clear_alias(name, "shadow", reason=order.told))
    else:
        held = _rehearse(order, version, "shadow")
        _try(lambda: registry.set_alias(name, "shadow", version, reason=order.told))
        del held
    _follow(order)


def set_canary(order: Order, version: int | None, share: float) -> None:
    """Let a version answer a share of the requests, or none.

    Raises:
        ProblemError: the version is not there (422), is live, or cannot be served (409).
    """
    order.registry()
    _refuse_tenants(order)
    from trivet_service.canary import Canary

    handover, now = order.handover, datetime.now(UTC)
    live = _live_of(handover)
    if share:
        if version is None:
            raise _wrong("/version", "which version is to answer that share?")
        if version == live:
            raise ProblemError(409, f"version {version} is live: it answers the others anyway.", code="is_live")
        held = _rehearse(order, version, "canary")
        moves = len(handover.bulletin.read().moves("live"))
        canary = Canary(version=version, share=share, moves=moves, since=now, reason=order.told)
        _try(lambda: handover.bulletin.write_canary(canary))
        del held
    elif (present := handover.bulletin.read().canary) is not None:
        ended = present.model_copy(update={"share": 0.0, "since": now, "reason": order.told})
        _try(lambda: handover.bulletin.write_canary(ended))
    _follow(order)


def _live_of(handover: Handover) -> int:
    assert handover.traffic is not None, "what has started has a model"
    return handover.traffic.live.version


def _refuse_tenants(order: Order) -> None:
    if order.handover.tenant:
        raise ProblemError(409, "a tenant's own model has neither canary nor shadow.", code="tenant_model")


def _rehearse(order: Order, version: int, role: Role) -> object:
    """Hold a version as if it took over; so the graph that it brings stays in memory until it does."""
    try:
        return order.models.rehearse(order.handover, version, role)
    except RegistryError as error:
        raise _wrong("/version", f"{error.what} {error.todo}".strip()) from error
    except StoppedError as error:
        raise ProblemError(503, "the server is being stopped.") from error
    except Exception as error:
        why = refuse(role, Wanted(version, ""), error).why
        raise ProblemError(409, f"version {version} is refused: {why}", code="artifact_refused") from error


def _follow(order: Order) -> None:
    try:
        order.models.refresh(order.handover)
    except StoppedError as error:
        raise ProblemError(503, "the registry has it, but the server is being stopped.") from error


def _ask_gates(settings: Settings, reference: str, **asked: Any) -> list[Gate]:
    """Promote in a process of its own."""
    circumstances = settings.model_dump(mode="json", include=set(Settings.model_fields))
    command = [sys.executable, "-m", "trivet_service.commands.promote"]
    question = json.dumps({"reference": reference, "settings": circumstances, **asked})
    try:
        done = subprocess.run(command, input=question, capture_output=True, text=True, timeout=_GATES_S, check=True)
    except subprocess.TimeoutExpired as error:
        detail = f"the gates took longer than {_GATES_S:g} s, nothing has moved: use `trivet registry promote`."
        raise ProblemError(503, detail, code="gates_too_slow") from error
    answer = json.loads(done.stdout)
    match answer.get("error"):
        case None:
            return [Gate(one["name"], one["passed"], one["detail"]) for one in answer["gates"]["checks"]]
        case GateError.__name__:
            raise ProblemError(409, answer["what"], code="gate_refused")
        case LicenceError.__name__:
            raise _research_only(answer["what"])
        case _:
            raise ProblemError(409, f"the gates cannot be asked: {answer['what']}", code="not_judged")


def _try(change: Callable[[], T]) -> T:
    """Whatever the registry refuses is a conflict, not an error of ours."""
    try:
        return change()
    except LicenceError as error:
        raise _research_only(error.what) from error
    except (RegistryError, GateError, ArtifactError) as error:
        raise ProblemError(409, f"{error.what} {error.todo}".strip(), code="registry_refused") from error


def _research_only(what: str) -> ProblemError:
    return ProblemError(403, f"{what} Send accept_licence where your use is allowed.", code="licence")


def _wrong(pointer: str, detail: str) -> ProblemError:
    return ProblemError(422, detail, errors=[Flaw(pointer=pointer, detail=detail)])
