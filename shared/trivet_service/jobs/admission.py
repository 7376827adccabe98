"""Checks what somebody asks for while they still wait for the answer, and fixes what it rests on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, assert_never

from trivet.data.cards import read_card
from trivet.encoders.catalogue import CATALOGUE
from trivet.errors import DataError, InputError, RecipeError, RegistryError
from trivet.recipe import Recipe, read_recipe
from trivet.registry.reference import check_name, read_reference
from trivet_service.datasets.shelf import Shelf
from trivet_service.jobs.asked import EvaluateAsked, ImportAsked, JobAsked, RebuildAsked, TrainAsked
from trivet_service.jobs.kinds import kinds_of
from trivet_service.jobs.queue import Wish
from trivet_service.service import Service
from trivet_service.settings import ServiceSettings
from trivet_service.sources import MARK
from trivet_service.tenants import DEFAULT

if TYPE_CHECKING:
    from trivet.registry.registry import Registry

# Steps between two checkpoints where the recipe says nothing: what a lost worker loses at most.
CHECKPOINT_STEPS = 50
# Knobs that a caller may turn. The others name files, models of others, or what a candidate must reach.
_OPEN = ("data.columns.", "method.", "task.", "training.", "trust.", "export.", "encoder.")
_OPEN_DATA = frozenset(
    {"data.split", "data.test_share", "data.validation_share", "data.shots", "data.core", "data.seed"}
)
_TASKS = frozenset({"pretraining", "multitask"})
_ENCODER = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")


def own_model(service: str, tenant: str) -> str:
    """The name in the registry of a tenant's own model.

    Raises:
        RegistryError: the tenant's name cannot be part of one.
    """
    return check_name(service if tenant == DEFAULT else f"{service}{MARK}{tenant}")


def live_model(registry: Registry, service: str, tenant: str) -> str:
    """The model that answers a tenant: its own where that is live, else everybody's; empty where neither is."""
    names = (own_model(service, tenant), service)
    return next((f"{name}@live" for name in names if "live" in registry.aliases(name)), "")


def admit(asked: JobAsked, services: Sequence[Service], settings: ServiceSettings, *, tenant: str) -> Wish:
    """What is asked for, as a worker will find it.

    Raises:
        InputError: it cannot be done; `where` points at what is wrong.
    """
    service = _service(asked, services)
    match asked:
        case TrainAsked():
            request = _dataset(asked.dataset, settings, tenant=tenant) | {
                "recipe": asked.recipe,
                "overrides": asked.overrides,
                "judge": asked.judge,
                "model": _own_model(service.name, tenant),
            }
            build_recipe(service, request, settings, tenant=tenant)
        case EvaluateAsked():
            data = _dataset(asked.dataset, settings, tenant=tenant) if asked.dataset else {}
            request = {"model": _model(asked.model, service, settings, tenant=tenant), **data}
        case ImportAsked():
            request = _dataset(asked.dataset, settings, tenant=tenant)
        case RebuildAsked():
            request = {"model": _model(asked.model, service, settings, tenant=tenant)}
        case _:
            assert_never(asked)
    timeout_s = asked.timeout_s or settings.job_timeout_s
    if timeout_s > settings.job_timeout_s:
        raise InputError(f"a job may run for {settings.job_timeout_s:g} s at most.", where="/timeout_s")
    return Wish(service.name, asked.kind, request, timeout_s)


def build_recipe(service: Service, request: Mapping[str, Any], settings: ServiceSettings, *, tenant: str) -> Recipe:
    """The recipe of a training job.

    Raises:
        InputError: there is no such recipe, or a knob that is wrong, or not the caller's to turn.
    """
    path = service.recipes / f"{request['recipe']}.toml"
    if not path.is_file():
        there = ", ".join(sorted(file.stem for file in service.recipes.glob("*.toml")))
        raise InputError(f"{service.name} has no recipe {request['recipe']!r}; it has {there}.", where="/recipe")
    for knob, value in request["overrides"].items():
        _check_knob(knob, value, settings, tenant=tenant, service=service.name)
    # A kind comes first: it clears the knobs of the kind that it replaces.
    turned = dict(sorted(request["overrides"].items(), key=lambda pair: not pair[0].endswith(".kind")))
    columns = {f"data.columns.{role}": column for role, column in request.get("columns", {}).items()}
    fixed = {"name": request["model"], "data.dataset": place_of(request, settings, tenant=tenant)}
    try:
        recipe = read_recipe(path, overrides={**columns, **turned, **fixed})
    except RecipeError as error:
        knob = error.where.removeprefix("--set ")
        pointer = f"/overrides/{knob}" if error.where.startswith("--set ") else "/overrides"
        raise InputError(f"{error.what} {error.todo}".strip(), where=pointer) from error
    if recipe.training.checkpoint_steps:
        return recipe
    return recipe.model_copy(
        update={"training": recipe.training.model_copy(update={"checkpoint_steps": CHECKPOINT_STEPS})}
    )


def place_of(request: Mapping[str, Any], settings: ServiceSettings, *, tenant: str) -> str:
    """What the core calls the data set of a job: the path of a tenant's own, or the name of a public one."""
    if not request.get("data_version"):
        return str(request["dataset"])
    return str(Shelf(settings.home, tenant).folder(request["dataset"], request["data_version"]))


def _service(asked: JobAsked, services: Sequence[Service]) -> Service:
    by_name = {service.name: service for service in services}
    if not asked.service and len(services) > 1:
        raise InputError(f"name one of {', '.join(by_name)}.", where="/service")
    service = by_name.get(asked.service) if asked.service else services[0]
    if service is None:
        raise InputError(f"no service of that name is served; name one of {', '.join(by_name)}.", where="/service")
    if asked.kind not in kinds_of(service):
        able = ", ".join(kinds_of(service))
        raise InputError(f"{service.name} has nothing to {asked.kind}; it can {able}.", where="/kind")
    return service


def _dataset(name: str, settings: ServiceSettings, *, tenant: str) -> dict[str, Any]:
    """A tenant's own set as it stands at this moment, else a public one."""
    own = Shelf(settings.home, tenant).find(name)
    if own is not None:
        return {"dataset": name, "data_version": own.version, "columns": dict(own.columns)}
    try:
        read_card(name)
    except DataError as error:
        what = f"you have no data set {name!r}, and there is no public one of that name."
        raise InputError(what, where="/dataset") from error
    return {"dataset": name, "data_version": "", "columns": {}}


def _model(reference: str, service: Service, settings: ServiceSettings, *, tenant: str) -> str:
    """A model that the tenant may use: its own, or everybody's; where none is named, what is live for it."""
    from trivet.registry.registry import open_registry

    own = _own_model(service.name, tenant)
    registry = open_registry(settings)
    wanted = reference or live_model(registry, service.name, tenant) or service.reference
    try:
        named = read_reference(wanted)
        if named.name not in (own, service.name):
            raise InputError(f"{named.name!r} is no model of yours: {own} or {service.name} is.", where="/model")
        name, version = registry.resolve(wanted)
    except RegistryError as error:
        raise InputError(f"{error.what} {error.todo}".strip(), where="/model") from error
    return f"{name}/{version}"


def _own_model(service: str, tenant: str) -> str:
    try:
        return own_model(service, tenant)
    except RegistryError as error:
        what = f"a tenant called {tenant!r} can have no model of its own: small letters, digits and hyphens only."
        raise InputError(what, where="/service") from error


def _check_knob(knob: str, value: Any, settings: ServiceSettings, *, tenant: str, service: str) -> None:
    where = f"/overrides/{knob}"
    if not (knob.startswith(_OPEN) or knob in _OPEN_DATA) or knob.startswith("task.parts"):
        raise InputError(f"{knob} is not a knob of yours to turn.", where=where)
    if knob == "task.kind" and value in _TASKS:
        raise InputError(f"the task {value} is for the command line.", where=where)
    if knob == "encoder.name":
        _check_encoder(str(value), settings, tenant=tenant, service=service, where=where)


def _check_encoder(name: str, settings: ServiceSettings, *, tenant: str, service: str, where: str) -> None:
    """Neither a path nor anybody else's weights: an encoder of the catalogue, of this machine, or a model of ours."""
    mirrored = settings.models is not None and (settings.models.expanduser() / name).is_dir()
    if name in CATALOGUE or (_ENCODER.fullmatch(name) and mirrored):
        return
    try:
        named = read_reference(name)
    except RegistryError:
        named = None
    if named is None or named.name not in (service, _own_model(service, tenant)) or named.name == name:
        able = ", ".join(CATALOGUE)
        raise InputError(f"{name!r} is no encoder that is here, nor a model of yours; for one {able}.", where=where)
