"""How a registered version stands: its aliases, scores, parent, licence, and what its gates said."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trivet.artifact.card import Card
from trivet.errors import ArtifactError
from trivet.evaluation.read import read_report
from trivet.evaluation.report import Report
from trivet.registry.registry import Registry


@dataclass(frozen=True)
class Standing:
    """`report` is None for a version that was not judged; `decision` is the last line of the log about going live."""

    reference: str
    identity: str
    aliases: tuple[str, ...]
    card: Card
    report: Report | None
    decision: dict[str, Any] | None

    def lines(self) -> list[str]:
        """For a person."""
        card = self.card
        parent = f"{card.parent_reference or 'an artifact'} ({card.parent[:12]}), {card.descent}" if card.parent else ""
        use = "commercial use allowed" if card.licence_commercial else "RESEARCH ONLY"
        return [
            f"version    {self.reference}",
            f"aliases    {', '.join(self.aliases) or 'none'}",
            f"identity   {self.identity}",
            f"created    {card.created:%Y-%m-%d %H:%M} by trivet {card.trivet}"
            + (f" at {card.commit}" if card.commit else ""),
            f"data       {card.data.name}, {card.data.rows} rows ({card.data.licence})",
            *(f"           {table} sha256 {sha256}" for table, sha256 in card.data.sha256.items()),
            f"encoder    {card.encoder.name} ({card.encoder.licence}) sha256 {card.encoder.sha256}",
            f"licence    {use}" + "".join(f"; {restriction}" for restriction in card.restrictions),
            f"parent     {parent or 'none'}",
            *self._scores(),
            *self._gates(),
        ]

    def to_json(self) -> dict[str, Any]:
        """Plain values; the scores are those of the report."""
        report = None if self.report is None else self.report.to_json()
        return {
            "reference": self.reference,
            "identity": self.identity,
            "aliases": list(self.aliases),
            "licence": {"commercial": self.card.licence_commercial, "restrictions": list(self.card.restrictions)},
            "parent": {
                "identity": self.card.parent,
                "reference": self.card.parent_reference,
                "descent": self.card.descent,
            },
            "scores": report["metrics"] if report else {},
            "baselines": report["baselines"] if report else {},
            "decision": self.decision,
            "card": self.card.model_dump(mode="json"),
        }

    def _scores(self) -> list[str]:
        report = self.report
        if report is None:
            return ["scores     not judged yet: trivet registry promote judges it"]
        return [
            f"scores     {name} {score.value:.4f} [{score.low:.4f}, {score.high:.4f}]"
            for name, score in report.metrics.items()
        ]

    def _gates(self) -> list[str]:
        decision = self.decision
        if decision is None:
            return ["gates      never asked"]
        told = [f"gates      {decision['time'][:16].replace('T', ' ')}: {_name(decision)}"]
        told += [
            f"           {'passed' if gate['passed'] else 'FAILED'}: {gate['detail']}" for gate in decision["gates"]
        ]
        return [*told, f"           accepted by {decision['accepted']}"] if decision["accepted"] else told


def describe_version(registry: Registry, reference: str, *, reports: Path) -> Standing:
    """How a version stands; reports lie at `reports`/name/version.

    Raises:
        RegistryError: the registry does not hold it.
        ArtifactError: its card is damaged, or of a newer format.
    """
    name, version = registry.resolve(reference)
    place = f"{name}/{version}"
    decisions = [change for change in registry.log(name) if change["version"] == version and change["alias"] == "live"]
    return Standing(
        place,
        registry.identity(name, version),
        tuple(sorted(alias for alias, at in registry.aliases(name).items() if at == version)),
        registry.card(place),
        _report(reports / name / str(version)),
        decisions[-1] if decisions else None,
    )


def list_versions(registry: Registry, *, reports: Path) -> list[dict[str, Any]]:
    """A row a name: versions, aliases, and the main score of each aliased version with its interval."""
    rows = []
    for name in registry.names():
        aliases = sorted(registry.aliases(name).items())
        rows.append(
            {
                "name": name,
                "versions": ", ".join(map(str, registry.versions(name))),
                "aliases": ", ".join(f"{alias}={version}" for alias, version in aliases),
                "scores": "; ".join(
                    f"{version}: {_main(_report(reports / name / str(version)))}"
                    for version in sorted({version for _, version in aliases})
                ),
                "use": ", ".join(sorted({_use(registry, f"{name}/{version}") for _, version in aliases})),
            }
        )
    return rows


def _report(folder: Path) -> Report | None:
    try:
        return read_report(folder)
    except ArtifactError:
        return None


def _main(report: Report | None) -> str:
    if report is None:
        return "not judged"
    score = report.main_score
    return f"{report.main} {score.value:.3f} [{score.low:.3f}-{score.high:.3f}]"


def _use(registry: Registry, place: str) -> str:
    """What a version may be used for; one with a damaged card must not hide the others from a list."""
    try:
        return "any" if registry.card(place).licence_commercial else "research"
    except ArtifactError:
        return "unknown"


def _name(decision: dict[str, Any]) -> str:
    what = {"set": "went live", "rolled back": "live again by a roll-back", "refused": "refused"}[decision["change"]]
    return f"{what}, {decision['reason']}" if decision["reason"] else what
