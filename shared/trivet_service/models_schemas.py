"""What the routes over models take and give."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from trivet_service.handover import Handover
from trivet_service.lifecycle import Gate
from trivet_service.model import Model
from trivet_service.shadow import Shadow

_LIVE: dict[str, Any] = {"version": 3, "precision": "int8", "degraded": "", "restrictions": []}
_SERVED: dict[str, Any] = {
    "place": "support",
    "service": "support",
    "tenant": None,
    "model": "support",
    "follows": "live",
    "live": _LIVE,
    "canary": {"version": 4, "share": 0.1, "since": "2026-11-02T09:00:00Z", "reason": "looks good (key 3f2a9c)"},
    "shadow": None,
    "refused": [
        {
            "version": 5,
            "role": "live",
            "why": "heads.safetensors: the file is damaged: its bytes are not those that were saved.",
            "time": "2026-11-02T09:30:00Z",
        }
    ],
    "last_swap": {"version": 3, "previous": 2, "seconds": 0.041, "time": "2026-11-01T17:00:00Z"},
    "trouble": "",
}
_ID = "5f2b6c0e4f7d4c0f9a3d0d9a4a3f5b11"
_Reason = Field("", max_length=1000, description="Why; goes into the log of the registry and the audit log.")


class Version(BaseModel):
    """A model that answers: `degraded` says why in fp32 and not in int8, `restrictions` what its data forbids."""

    version: int
    precision: str
    degraded: str
    restrictions: list[str]


class CanaryVersion(BaseModel):
    """A version that answers a share of the requests."""

    version: int
    share: float
    since: datetime
    reason: str


class Refused(BaseModel):
    """A version that the registry wants in a role and that was refused; it is tried again once the alias moves."""

    version: int
    role: str
    why: str
    time: datetime


class Swap(BaseModel):
    """The last time that another version went live here; `seconds` from the beginning of its loading."""

    version: int
    previous: int
    seconds: float
    time: datetime


class Served(BaseModel):
    """What answers for a service, or for a tenant of it, in this server."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SERVED]})

    place: str = Field(description="SERVICE, or SERVICE--TENANT: what stands in the path.")
    service: str
    tenant: str | None
    model: str = Field(description="Name of the model in the registry.")
    follows: str = Field(description="The alias that is followed; empty: a folder or one version, nothing is.")
    live: Version | None = Field(description="None where a tenant's own model was refused: everybody's answers.")
    canary: CanaryVersion | None
    shadow: int | None = Field(description="The version that answers after the live one.")
    refused: list[Refused]
    last_swap: Swap | None
    trouble: str = Field(description="Why the registry cannot be read at the moment; empty where it can.")


class ServedModels(BaseModel):
    """What answers in this server; an admin sees the own model of the tenant, operators see all that were opened."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_SERVED]}]})

    items: list[Served]


class ServedNow(Served):
    """What answers here after a change; other servers follow at their next look at the registry."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SERVED | {"gates": [], "request_id": _ID}]})

    gates: list[Gate] = Field(description="What the gates said, where they were asked.")
    request_id: str


class Compared(BaseModel):
    """How often the shadow gave the same label as the live version; no text is kept."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "version": 4,
                    "compared": 812,
                    "agreement": 0.985,
                    "dropped": 3,
                    "failed": 0,
                    "differences": [
                        {"live": "lost_card", "confidence": 0.61, "shadow": "card_arrival", "shadow_confidence": 0.83}
                    ],
                }
            ]
        }
    )

    version: int
    compared: int
    agreement: float | None = Field(description="Share of equal labels; null before the first.")
    dropped: int = Field(description="Texts that were passed over because the server was busy.")
    failed: int = Field(description="Texts that broke the shadow.")
    differences: list[Differs] = Field(description="The latest, newest first.")


class Differs(BaseModel):
    """Two labels for one text, each with its confidence."""

    live: str
    confidence: float
    shadow: str
    shadow_confidence: float


class PromoteBody(BaseModel):
    """A version to make live."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1)
    force: bool = Field(default=False, description="Pass over the gates; needs a reason.")
    accept_licence: bool = Field(default=False, description="You may use what is for research only; goes into the log.")
    reason: str = _Reason


class ReasonBody(BaseModel):
    """Why something is done."""

    model_config = ConfigDict(extra="forbid")

    reason: str = _Reason


class ShadowBody(BaseModel):
    """A version to answer after the live one; null: none."""

    model_config = ConfigDict(extra="forbid")

    version: int | None = Field(ge=1)
    reason: str = _Reason


class CanaryBody(BaseModel):
    """A version, and the share of the requests that it is to answer; share 0 ends it."""

    model_config = ConfigDict(extra="forbid")

    version: int | None = Field(None, ge=1)
    share: float = Field(ge=0.0, le=1.0)
    reason: str = _Reason


def describe_served(handover: Handover) -> Served:
    """The state of a place as it goes out."""
    traffic = handover.traffic
    choice = None if traffic is None else traffic.choice
    tenant = handover.tenant
    last = handover.last
    return Served(
        place=handover.place,
        service=handover.service,
        tenant=tenant or None,
        model=traffic.live.name if traffic is not None else handover.source.name,
        follows=handover.source.alias,
        live=None if traffic is None else _version(traffic.live),
        canary=None
        if choice is None
        else CanaryVersion(version=choice.version, share=choice.share, since=choice.since, reason=choice.reason),
        shadow=None if traffic is None or traffic.shadow is None else traffic.shadow.model.version,
        refused=[
            Refused(version=one.wanted.version, role=one.role, why=one.why, time=one.time) for one in handover.refused()
        ],
        last_swap=None
        if last is None
        else Swap(version=last[0].version, previous=last[0].previous, seconds=last[0].seconds, time=last[1]),
        trouble=handover.trouble,
    )


def describe_shadow(shadow: Shadow) -> Compared:
    """What a shadow found as it goes out."""
    found = shadow.compare()
    return Compared(
        version=found.version,
        compared=found.compared,
        agreement=None if found.agreement is None else round(found.agreement, 4),
        dropped=found.counts.get("dropped", 0),
        failed=found.counts.get("failed", 0),
        differences=[
            Differs(
                live=one.live, confidence=one.confidence, shadow=one.shadow, shadow_confidence=one.shadow_confidence
            )
            for one in found.differences
        ],
    )


def _version(model: Model) -> Version:
    return Version(
        version=model.version,
        precision=model.artifact.graph.engine.precision,
        degraded=model.artifact.degraded,
        restrictions=list(model.artifact.card.restrictions),
    )
