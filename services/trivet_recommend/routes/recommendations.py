"""`POST /v1/recommendations`."""

from __future__ import annotations

import time
from typing import Any

from fastapi import APIRouter, Body, Request

from trivet_recommend.ladder import Pick
from trivet_recommend.schemas import RecommendAnswer, Recommended, RecommendRequest
from trivet_recommend.shop import Shop
from trivet_recommend.shops import Shops
from trivet_service.access import Reader
from trivet_service.context import Context
from trivet_service.exchange import exchange_of
from trivet_service.predictions.prediction import Prediction
from trivet_service.provenance import provenance_of

_ASKED: Any = Body(
    openapi_examples={
        "a user": {"value": {"user": "u1", "n": 3}},
        "a visitor": {"value": {"history": ["i001"], "n": 3, "category": "Footwear"}},
        "anybody": {"value": {"n": 3, "exclude": ["i001"]}},
    }
)


def recommendation_routes(context: Context, shops: Shops) -> APIRouter:
    """The route over the shops of this app."""
    router = APIRouter()

    @router.post("/v1/recommendations", summary="What somebody may want next, and why")
    def recommend(request: Request, caller: Reader, asked: RecommendRequest = _ASKED) -> RecommendAnswer:
        model = context.models.take_in_thread("recommend", request, user=asked.user or "")
        shop, placement = shops.of(caller.tenant), shops.placement(caller.tenant, model)
        choice = shop.recommend(
            placement.index,
            placement.shares,
            user=asked.user or "",
            session=asked.history or (),
            n=asked.n,
            excluded=asked.exclude,
            category=asked.category or "",
        )
        exchange_of(request.scope).note(rung=choice.rung, items=len(choice.picks))
        context.metrics.count_answers(
            service="recommend",
            model=model.name,
            version=str(model.version),
            decisions={choice.rung: 1},
            truncated=0,
        )
        answered = Prediction(
            tenant=caller.tenant,
            request_id=exchange_of(request.scope).request_id,
            item=0,
            time=time.time(),
            service="recommend",
            model=model.name,
            version=model.version,
            label=choice.rung,
            decision=choice.rung,
            shown=tuple(pick.item for pick in choice.picks),
        )
        context.predictions.note([answered], [None])
        items = [_recommended(pick, shop) for pick in choice.picks]
        return RecommendAnswer(items=items, rung=choice.rung, **provenance_of(request, model))

    return router


def _recommended(pick: Pick, shop: Shop) -> Recommended:
    item = shop.item(pick.item)
    assert item is not None, "what is in the index is in the catalogue"
    return Recommended(
        item=pick.item,
        title=item.title,
        category=item.category,
        score=round(pick.score, 4),
        reason=_reason(pick, shop),
        because=pick.because or None,
    )


def _reason(pick: Pick, shop: Shop) -> str:
    if pick.because:
        source = shop.item(pick.because)
        return f"because of {source.title if source and source.title else pick.because}"
    return "popular" if shop.has_events(pick.item) else "new"
