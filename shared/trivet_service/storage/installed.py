"""Every domain whose tables a database may hold."""

from __future__ import annotations

from trivet_service.service import find_service, service_names
from trivet_service.storage.domain import Domain
from trivet_service.storage.kit import kit_domain


def installed_domains() -> list[Domain]:
    """The kit's and those of the installed services."""
    services = [find_service(name) for name in service_names()]
    return [kit_domain(), *(service.domain() for service in services if service.domain is not None)]
