"""Keeps what answers for a name in step with what the registry says of it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from trivet.answers.classification import ClassificationFacts
from trivet.errors import ArtifactError, RegistryError
from trivet_service.happening import Happening, Kind
from trivet_service.model import Model
from trivet_service.refusal import Refusal, Role, Wanted, refuse
from trivet_service.shadow import Shadow
from trivet_service.sources import MARK, Source, find_artifact
from trivet_service.storage.errors import StoreUnavailableError
from trivet_service.surroundings import StoppedError, Surroundings
from trivet_service.traffic import Traffic

if TYPE_CHECKING:
    from trivet_service.bulletin import Bulletin, Notice


class Handover:
    """The models of one name. A version is loaded beside the one that answers, checked, and then takes its place.

    What cannot take it is refused, and what answered goes on; only the start raises what is wrong with a version. One
    thread at a time may change it, any may read `traffic`. A tenant's own stands beside `everybody`'s: it has neither
    canary nor shadow, and may be without a model.
    """

    def __init__(
        self,
        service: str,
        source: Source,
        surroundings: Surroundings,
        *,
        tenant: str = "",
        everybody: Handover | None = None,
    ) -> None:
        self.service = service
        self.source = source
        self.tenant = tenant
        self.traffic: Traffic | None = None
        self.refusals: dict[Role, Refusal] = {}
        self.outcomes: Counter[Kind] = Counter()
        self.last: tuple[Happening, datetime] | None = None
        self.trouble = ""
        self._everybody = everybody
        self._surroundings = surroundings
        self._notice: Notice | None = None
        self._bulletin: Bulletin | None = None

    @property
    def place(self) -> str:
        """Its name in paths: SERVICE, or SERVICE--TENANT."""
        return f"{self.service}{MARK}{self.tenant}" if self.tenant else self.service

    @property
    def bulletin(self) -> Bulletin:
        """Where the registry says what is wanted, of a name that is followed."""
        assert self.source.alias, "a folder or a version is followed by nobody"
        if self._bulletin is None:
            # A server of folders needs no registry, nor the file systems that one may lie on.
            from trivet_service.bulletin import Bulletin

            self._bulletin = Bulletin(self._surroundings.settings.registry_address, self.source.name)
        return self._bulletin

    def refused(self) -> list[Refusal]:
        """What is refused at the moment, for threads that only look."""
        return list(self.refusals.values())

    def start(self) -> None:
        """Load what was asked for; where the live version is damaged, the last that was live before and can be read.

        Raises:
            RegistryError, ArtifactError: the model is missing, or none can be read.
        """
        settings, service = self._surroundings.settings, self.service
        name, version, path = find_artifact(self.source.reference, settings, service=service)
        try:
            model = self._surroundings.loader.open(path, service=service, name=name, version=version)
        except ArtifactError as error:
            found = self._replace_damaged(error) if self.source.alias == "live" else None
            if found is None:
                raise
            model = found
        self.traffic = Traffic(model)

    def follow(self, *, again: bool = False) -> None:
        """Do what the registry says, where that has changed; `again` tries once more what was refused.

        Raises:
            StoppedError: the server ends.
        """
        if not self.source.alias:
            return
        try:
            notice = self.bulletin.read()
        except Exception as error:
            # Whatever the file system of an address raises: what answers goes on answering.
            self._note_trouble(error)
            return
        if notice is self._notice and not again:
            return
        if again:
            self.refusals.clear()
        self._notice = notice
        self._follow_live(notice)
        if self.traffic is not None and not self.tenant:
            self._follow_canary(notice, self.traffic)
            self._follow_shadow(notice, self.traffic)
        if self._notice is notice:
            self.trouble = ""

    def rehearse(self, version: int, role: Role) -> Model:
        """A version as if it took over a role: loaded, checked, all made ready for it; held by the caller alone.

        Raises:
            RegistryError: the registry does not hold it.
            ArtifactError: it would be refused; also whatever a preparation raises.
            StoppedError: the server ends.
        """
        return self._open(version, role)

    def close(self) -> None:
        """Let go of every model."""
        if self.traffic is not None and self.traffic.shadow is not None:
            self.traffic.shadow.close()
        self.traffic = None

    def _replace_damaged(self, error: ArtifactError) -> Model | None:
        notice = self.bulletin.read()
        wanted, earlier = notice.wanted("live"), self._find_earlier(notice, self._load)
        if wanted is not None and earlier is not None:
            self._refuse("live", wanted, error)
        return earlier

    def _follow_live(self, notice: Notice) -> None:
        wanted = notice.wanted(self.source.alias)
        live = None if self.traffic is None else self.traffic.live
        if wanted is None or (live is not None and wanted.version == live.version):
            self.refusals.pop("live", None)
            return
        began = time.perf_counter()
        model = self._try("live", wanted)
        if model is None and live is None:
            model = self._find_earlier(notice, lambda version: self._open(version, "live"))
        if model is None:
            return
        self.traffic = Traffic(model) if self.traffic is None else replace(self.traffic, live=model)
        self._note_swap("live", model, live, began=began)
        preparation = self._surroundings.preparations.get(self.service)
        if preparation is not None and not self.tenant:
            try:
                preparation.adopt(model)
            except Exception as error:
                # The model answers already; what was to be kept for the next start is not.
                self._happen("trouble", "live", detail=f"{type(error).__name__}: {error}")

    def _follow_canary(self, notice: Notice, traffic: Traffic) -> None:
        found = notice.canary_beside(traffic.live.version)
        held = traffic.canary
        if found is None:
            self.refusals.pop("canary", None)
            if held is not None:
                self.traffic = replace(traffic, canary=None, choice=None)
                self._happen("ended", "canary", previous=held.version)
            return
        wanted, choice = found
        if held is not None and held.version == wanted.version:
            self.traffic = replace(traffic, choice=choice)
            return
        began = time.perf_counter()
        model = self._try("canary", wanted)
        # One that is no longer wanted answers nothing, even where the next one is refused.
        self.traffic = replace(traffic, canary=model, choice=None if model is None else choice)
        if model is not None:
            self._note_swap("canary", model, held, began=began)

    def _follow_shadow(self, notice: Notice, traffic: Traffic) -> None:
        wanted = notice.wanted("shadow") if self.source.alias == "live" else None
        held = traffic.shadow
        if wanted is None:
            self.refusals.pop("shadow", None)
        if wanted is not None and held is not None and held.model.version == wanted.version:
            return
        began = time.perf_counter()
        model = None if wanted is None else self._try("shadow", wanted)
        assert self.traffic is not None, "nobody else changes it"
        self.traffic = replace(self.traffic, shadow=None if model is None else Shadow(model, is_busy=self._is_busy))
        if model is not None:
            self._note_swap("shadow", model, None if held is None else held.model, began=began)
        elif held is not None:
            self._happen("ended", "shadow", previous=held.model.version)
        if held is not None:
            held.close()

    def _is_busy(self) -> bool:
        """Whether somebody waits for the live model."""
        traffic = self.traffic
        return traffic is not None and traffic.live.batcher.queue_length() > 0

    def _find_earlier(self, notice: Notice, open_version: Callable[[int], Model]) -> Model | None:
        """The last version that was live before and can be read; None where there is none."""
        live = notice.history.aliases.get("live")
        for version in dict.fromkeys(reversed(notice.history.lived)):
            if version == live:
                continue
            try:
                return open_version(version)
            except (ArtifactError, RegistryError):
                continue
        return None

    def _try(self, role: Role, wanted: Wanted) -> Model | None:
        """The wanted version ready to answer, or None where it is refused or cannot be reached for the moment."""
        known = self.refusals.get(role)
        if known is not None and known.wanted == wanted:
            return None
        try:
            model = self._open(wanted.version, role)
        except StoppedError:
            raise
        except (RegistryError, StoreUnavailableError) as error:
            # An address or a database does not answer, or the version is still being copied there.
            self._note_trouble(error)
            return None
        except Exception as error:
            self._refuse(role, wanted, error)
            return None
        self.refusals.pop(role, None)
        return model

    def _open(self, version: int, role: Role) -> Model:
        self._surroundings.go_on()
        model = self._load(version)
        self._check(model, role)
        preparation = self._surroundings.preparations.get(self.service)
        if preparation is not None and role != "shadow":
            preparation.prepare(model, go_on=self._surroundings.go_on)
        return model

    def _load(self, version: int) -> Model:
        settings, service = self._surroundings.settings, self.service
        reference = f"{self.source.name}/{version}"
        try:
            name, version, path = find_artifact(reference, settings, service=service)
        except OSError as error:
            raise RegistryError(f"it cannot be fetched ({error}).", where=reference) from error
        is_shared = bool(self.tenant) and not settings.tenant_graphs
        return self._surroundings.loader.open(
            path, service=service, name=name, version=version, tenant=self.tenant, is_shared=is_shared
        )

    def _check(self, model: Model, role: Role) -> None:
        """The routes of a service were made for one kind of answers."""
        facts = model.artifact.facts
        if role == "shadow" and not isinstance(facts, ClassificationFacts):
            raise ArtifactError("only a model that tells labels apart can be a shadow.", where=model.name)
        traffic = self.traffic
        if traffic is None and self._everybody is not None:
            traffic = self._everybody.traffic
        kind = facts.kind if traffic is None else traffic.live.artifact.facts.kind
        if kind != facts.kind:
            raise ArtifactError(f"its task is {facts.kind}, that of the live version {kind}.", where=model.name)

    def _refuse(self, role: Role, wanted: Wanted, error: Exception) -> None:
        self.refusals[role] = refuse(role, wanted, error)
        detail = error.line() if isinstance(error, ArtifactError) else f"{type(error).__name__}: {error}"
        self._happen("refused", role, version=wanted.version, detail=detail)

    def _note_trouble(self, error: Exception) -> None:
        # The next look does everything that the registry says, be it the same as before.
        self._notice = None
        trouble = refuse("live", Wanted(0, ""), error).why
        if trouble != self.trouble:
            self.trouble = trouble
            self._happen("trouble", "live", detail=f"{type(error).__name__}: {error}")

    def _note_swap(self, role: Role, model: Model, held: Model | None, *, began: float) -> None:
        seconds = round(time.perf_counter() - began, 3)
        self._happen("swapped", role, version=model.version, previous=held.version if held else 0, seconds=seconds)

    def _happen(self, kind: Kind, role: Role, **facts: Any) -> None:
        happening = Happening(kind, self.service, self.source.name, role, **facts)
        self.outcomes[kind] += 1
        if kind == "swapped" and role == "live":
            self.last = (happening, datetime.now(UTC))
        self._surroundings.tell(happening)
