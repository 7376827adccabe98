"""Which services run, over which models."""

from __future__ import annotations

from collections.abc import Sequence

from trivet.errors import RegistryError
from trivet_service.service import Service, ServiceError, find_service, service_names
from trivet_service.settings import ServiceSettings
from trivet_service.sources import find_artifact, read_source


def choose_references(
    names: Sequence[str], models: Sequence[str], settings: ServiceSettings
) -> list[tuple[Service, str]]:
    """Services with the references of their models; where none is named, all that have a model.

    `models` are SERVICE=REFERENCE.

    Raises:
        ServiceError: a service that is not installed, or a model for one that does not run.
        RegistryError: none has a model.
    """
    given = dict(_split(model) for model in models)
    if given:
        beside = {name for service in map(find_service, service_names()) for name in service.companions}
        given = {name: reference for name, reference in given.items() if name not in beside}
    chosen = [find_service(name) for name in dict.fromkeys((*names, *given) if names else names or service_names())]
    for name in given:
        if name not in {service.name for service in chosen}:
            raise ServiceError(f"there is no service {name!r}.", where="--model", todo="Name one that is served.")
    references = [(service, given.get(service.name, service.reference)) for service in chosen]
    if names:
        return references
    there = [(service, ref) for service, ref in references if service.name in given or _has_model(service, settings)]
    if not there:
        raise RegistryError(
            "no service has a live model.",
            where=settings.registry_address,
            todo=f"First `trivet train {chosen[0].name if chosen else 'support'}`.",
        )
    return there


def choose_companions(
    references: Sequence[tuple[Service, str]], models: Sequence[str], settings: ServiceSettings
) -> dict[str, str]:
    """References of the models beside services with theirs: those that are given, and those that are live.

    The registry is asked for them only where the service itself comes from there.

    Raises:
        ServiceError: one is given whose service does not run.
    """
    given = dict(_split(model) for model in models)
    known = {name: reference for service, reference in references for name in service.companions}
    for name in given:
        if name not in known and name not in {service.name for service, _ in references}:
            raise ServiceError(f"nothing that is served makes use of {name!r}.", where="--model", todo="Leave it out.")
    found = {name: given[name] for name in known if name in given}
    for name, reference in known.items():
        if name not in given and read_source(reference).name and _is_there(f"{name}@live", settings, name):
            found[name] = f"{name}@live"
    return found


def _split(model: str) -> tuple[str, str]:
    service, found, reference = model.partition("=")
    if not found or not service or not reference:
        raise ServiceError(
            f"{model!r} is not SERVICE=MODEL.", where="--model", todo="For instance support=support@live."
        )
    return service, reference


def _has_model(service: Service, settings: ServiceSettings) -> bool:
    return _is_there(service.reference, settings, service.name)


def _is_there(reference: str, settings: ServiceSettings, service: str) -> bool:
    try:
        find_artifact(reference, settings, service=service)
    except RegistryError:
        return False
    return True
