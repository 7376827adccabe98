"""Makes a version live, through its gates and a paired test against the version that is live now."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from trivet.artifact.licence import check_licence
from trivet.errors import ArtifactError, GateError, LicenceError
from trivet.evaluation.gates import Check, GateResult, check_gates
from trivet.evaluation.read import read_report
from trivet.evaluation.report import Report
from trivet.recipe.gates import GatesRecipe
from trivet.registry.registry import Registry
from trivet.registry.verdict import GateOutcome, Verdict

LIVE: Final = "live"


@dataclass(frozen=True)
class Promotion:
    """A version that went live; `previous` was live before, 0: none. `reason` is why failed gates were passed over.

    `accepted` is who accepts that it is for research only; empty where it is not.
    """

    name: str
    version: int
    previous: int
    gates: GateResult
    reason: str = ""
    accepted: str = ""

    def lines(self) -> list[str]:
        """For a screen: what is live now, and what each check said."""
        instead = f" instead of version {self.previous}" if self.previous else ""
        told = [f"{self.name}: version {self.version} is live{instead}."]
        told += [f"  {'passed' if check.passed else 'FAILED'}: {check.detail}" for check in self.gates.checks]
        told += [] if self.gates.passed else [f"  passed over because: {self.reason}"]
        return [*told, f"  for research only, accepted by {self.accepted}"] if self.accepted else told

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def promote(
    registry: Registry,
    name: str,
    version: int,
    gates: GatesRecipe,
    *,
    reports: Path,
    compare: bool = True,
    force: bool = False,
    reason: str = "",
    accepted: str = "",
) -> Promotion:
    """Sets the alias `live` to a version whose report passes the gates; reports lie at `reports`/name/version.

    `compare` False: the live version answers another question (other labels), so there is nothing to compare it by.
    The gates' outcomes go into the log, those of a refusal too.

    Raises:
        ArtifactError: the version has no report, or a damaged one.
        GateError: a gate refuses it and `force` is not given, or `force` comes without a reason.
        LicenceError: it is for research only and nobody accepts that (`accepted` says who does), forced or not.
    """
    place = f"{name}/{version}"
    if force and not reason.strip():
        raise GateError("passing over the gates needs a reason.", where=place, todo="Say why: --reason.")
    previous = registry.aliases(name).get(LIVE, 0)
    result = _check(name, version, previous if compare else 0, gates, reports)
    outcomes = tuple(GateOutcome(name=one.name, passed=one.passed, detail=one.detail) for one in result.checks)
    if not result.passed and not force:
        registry.refuse(name, version, Verdict(gates=outcomes), reason="a gate refused it")
        raise GateError(
            result.refusal(),
            where=place,
            todo="Train a better version, change the gates in its recipe, or force it with a reason.",
        )
    card = registry.card(place)
    try:
        check_licence(card, accepted=accepted, where=place)
    except LicenceError:
        registry.refuse(name, version, Verdict(gates=outcomes), reason="for research only, which nobody accepted")
        raise
    passed_over = "" if result.passed else reason.strip()
    taken = "" if card.licence_commercial else accepted.strip()
    registry.make_live(name, version, Verdict(gates=outcomes, passed_over=passed_over, accepted=taken))
    return Promotion(name, version, previous, result, passed_over, taken)


def _check(name: str, version: int, previous: int, gates: GatesRecipe, reports: Path) -> GateResult:
    report = read_report(reports / name / str(version))
    if previous in (0, version):
        return check_gates(report, gates, live=None)
    try:
        live: Report | None = read_report(reports / name / str(previous))
    except ArtifactError as error:
        missing = Check(LIVE, passed=False, detail=f"Version {previous}, now live, cannot be compared: {error.what}")
        return GateResult(passed=False, checks=(*check_gates(report, gates, live=None).checks, missing))
    return check_gates(report, gates, live=live)
