"""A registry and a database in which every tenant has a model and a key of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from trivet_service.sources import MARK

if TYPE_CHECKING:
    from trivet.settings import Settings

EVERYBODY = "support"


@dataclass(frozen=True)
class Crowd:
    """The home of a server, the key of each tenant by name, and one that opens everybody's model."""

    home: Path
    keys: dict[str, str]
    key: str


def settle(home: Path, everybody: Path, models: Sequence[Path], settings: Settings) -> Crowd:
    """A home where `everybody` is live for all and each of `models` for a tenant of its own: t000, t001, ...

    Raises:
        ArtifactError: one of them is damaged.
    """
    from trivet.registry.registry import Registry
    from trivet.registry.verdict import Verdict
    from trivet_service.audit import Actor
    from trivet_service.key_store import Keys
    from trivet_service.storage.database import Database
    from trivet_service.storage.kit import kit_domain
    from trivet_service.tenants import DEFAULT, Tenants

    home.mkdir(parents=True)
    registry, passed = Registry(str(home / "registry"), settings.cache), Verdict(passed_over="a measurement")
    registry.make_live(EVERYBODY, registry.add(everybody, EVERYBODY), passed)
    named = {f"t{at:03d}": model for at, model in enumerate(models)}
    for tenant, model in named.items():
        name = f"{EVERYBODY}{MARK}{tenant}"
        registry.make_live(name, registry.add(model, name), passed)
    database, actor = Database(f"sqlite:///{home / 'store.db'}"), Actor("measurement")
    database.open([kit_domain()])
    try:
        tenants, keys = Tenants(database), Keys(database)

        def make(tenant: str) -> str:
            tenants.ensure(tenant, actor=actor)
            return keys.create(tenant, name=tenant, scopes=["read"], actor=actor)[1]

        return Crowd(home, {tenant: make(tenant) for tenant in named}, make(DEFAULT))
    finally:
        database.close()
