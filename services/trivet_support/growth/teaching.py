"""Teaches a tenant's intents: embeds what is said of them, measures what that would do, and writes it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from trivet.errors import ArtifactError, InputError
from trivet_service.audit import actor_of
from trivet_service.problems import Flaw, ProblemError
from trivet_support.encoding import encoder_of
from trivet_support.growth.effect import Effect, Lesson, measure_effect
from trivet_support.growth.grown import base_of, can_grow, labels_of
from trivet_support.growth.growth import Growth
from trivet_support.growth.intent import MAX_ROWS, Phrase, Source, hash_text
from trivet_support.growth.intent_store import Change, Changed, IntentStore

if TYPE_CHECKING:
    from fastapi import Request

    from trivet_service.context import Context
    from trivet_service.model import Model


@dataclass(frozen=True)
class Asked:
    """What a caller wants of their intents, and how much that may cost the answers to others.

    `where` is what a change of too many rows is pointed at. With `is_dry` nothing is written; with `is_forced` the gate
    is passed over for a `reason`.
    """

    descriptions: Mapping[str, str | None]
    phrases: Sequence[Phrase]
    tolerance: float
    replaced: frozenset[str] = frozenset()
    source: Source = "api"
    is_dry: bool = False
    is_forced: bool = False
    reason: str = ""


@dataclass(frozen=True)
class Taught:
    """What came of it: nothing is `changed` by a dry run; `answers`: this process answers by it."""

    changed: Changed | None
    effect: Effect | None
    answers: bool


class Teaching:
    """Changes of intents and examples; a change is whole, on the disk and answered by when the caller hears of it."""

    def __init__(self, context: Context, growth: Growth) -> None:
        self._context = context
        self._growth = growth

    async def teach(self, request: Request, asked: Asked) -> Taught:
        """Do what is asked.

        Raises:
            InputError: a phrase holds no word, or is an example of another intent; `where` is its place.
            ProblemError: 413, too many rows; 409, the gate refuses the change.
        """
        if len(asked.phrases) > MAX_ROWS:
            flaw = Flaw(pointer="", detail=f"{len(asked.phrases)} examples; at most {MAX_ROWS} go into one request.")
            raise ProblemError(413, flaw.detail, code="batch_too_large", errors=[flaw])
        if asked.is_forced and not asked.reason.strip():
            raise ProblemError(
                422, "passing over the gate needs a reason.", errors=[Flaw(pointer="", detail="query parameter reason")]
            )
        tenant = request.state.caller.tenant
        model = await self._context.models.take("support", request)
        if not can_grow(model.artifact):
            raise ArtifactError("it holds no means of its labels to compare examples with.", where=model.name)
        change = await self._embed(model, asked)
        effect = await asyncio.to_thread(self._measure, model, tenant, change)
        if effect is not None:
            effect = replace(effect, tolerance=asked.tolerance)
        if asked.is_dry:
            return Taught(None, effect, answers=False)
        if effect is not None and not effect.passes:
            if not asked.is_forced:
                raise _refusal(effect)
            assert effect.held_out is not None, "what cannot be measured passes"
            told = {"reason": asked.reason.strip(), "change": round(effect.held_out.change, 4)}
            change = replace(change, action="intent.forced", detail=told)
        store = IntentStore(self._context.database, tenant)
        changed = await asyncio.to_thread(partial(store.apply, change, actor_of(request)))
        return Taught(changed, effect, answers=await self.answer_by(model, tenant, changed.revision))

    async def answer_by(self, model: Model, tenant: str, revision: int) -> bool:
        """Answer by rows that have just been written; whether all of them count by now."""
        self._growth.tell(tenant, revision)
        return (await asyncio.to_thread(self._growth.build, model, tenant)).is_whole

    async def measure_without(self, request: Request, intent: str) -> Effect | None:
        """What an intent does to the answers as they are: all of the tenant's examples against those of the others."""
        tenant = request.state.caller.tenant
        model = await self._context.models.take("support", request)
        if not can_grow(model.artifact):
            return None
        held = await asyncio.to_thread(self._growth.build, model, tenant)
        after = Lesson(held.rows, [one.intent for one in held.examples])
        kept = [at for at, one in enumerate(held.examples) if one.intent != intent]
        before = Lesson(held.rows[kept], [held.examples[at].intent for at in kept])
        return await asyncio.to_thread(self._compare, model, before, after)

    async def _embed(self, model: Model, asked: Asked) -> Change:
        texts = [phrase.text for phrase in asked.phrases]
        try:
            rows = await model.embed(texts, pointer="{row}")
        except InputError as error:
            place = asked.phrases[int(error.where)].place if error.where.isdigit() else error.where
            raise InputError(error.what, where=place, todo=error.todo) from error
        return Change(
            descriptions=asked.descriptions,
            phrases=asked.phrases,
            vectors=rows,
            graph=encoder_of(model.artifact),
            source=asked.source,
            replaced=asked.replaced,
        )

    def _measure(self, model: Model, tenant: str, change: Change) -> Effect | None:
        """What a change would do, compared with the rows as they are now."""
        if not change.phrases:
            return None
        held = self._growth.build(model, tenant)
        before = Lesson(held.rows, [one.intent for one in held.examples])
        known = {hash_text(one.text) for one in held.examples if one.intent not in change.replaced}
        fresh = [at for at, one in enumerate(change.phrases) if hash_text(one.text) not in known]
        kept = [at for at, one in enumerate(held.examples) if one.intent not in change.replaced]
        after = Lesson(
            np.concatenate([held.rows[kept], change.vectors[fresh]]),
            [held.examples[at].intent for at in kept] + [change.phrases[at].intent for at in fresh],
        )
        return self._compare(model, before, after)

    def _compare(self, model: Model, before: Lesson, after: Lesson) -> Effect:
        artifact, footings = base_of(model.artifact), self._growth.footings
        assert artifact.prototypes is not None, "what can grow has them"
        footing = footings.of(artifact)
        state = footings.state(artifact)
        return measure_effect(labels_of(artifact), artifact.prototypes.means, footing, before, after, state=state)


def _refusal(effect: Effect) -> ProblemError:
    count = effect.held_out
    assert count is not None, "what cannot be measured passes"
    points, names = -100 * count.change, ", ".join(f"{name} ({rows})" for name, rows in effect.confused[:5])
    detail = (
        f"answers to intents that the model knows would lose {points:.2f} points of accuracy "
        f"({count.before} of {count.rows} held-out rows are right, {count.after} would be), "
        f"more than the {100 * effect.tolerance:g} that are allowed. They would be lost by: {names}. "
        "Tell the examples apart from these, or send force=true with a reason."
    )
    return ProblemError(409, detail, code="gate_refused", errors=[Flaw(pointer="/examples", detail=detail)])
