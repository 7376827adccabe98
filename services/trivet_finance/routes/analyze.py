"""`POST /v1/analyze`."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Body, Request

from trivet.answers.classification import ClassificationAnswer, ClassificationFacts
from trivet.errors import ArtifactError
from trivet_finance.polarity import score_of, standard_name
from trivet_finance.schemas import (
    Analysis,
    AnalyzeAnswer,
    AnalyzeAnswers,
    AnalyzeRequest,
    Article,
    ArticleAnalysis,
    FailedArticle,
)
from trivet_service.access import Reader
from trivet_service.batches import Answering, Failed
from trivet_service.context import Context
from trivet_service.limits import check_batch
from trivet_service.model import Model
from trivet_service.provenance import provenance_of

_HEADLINE = "Alder Robotics cuts its forecast after orders for warehouse arms fell short"
_ASKED: Any = Body(
    openapi_examples={
        "text": {"value": {"text": _HEADLINE}},
        "articles": {"value": {"articles": [{"id": "a1", "text": _HEADLINE}, {"id": "a2", "text": "Profit doubled"}]}},
    }
)


def analyze_routes(context: Context) -> APIRouter:
    """The routes over the model of this app."""
    router = APIRouter()

    @router.post("/v1/analyze", summary="How good or bad news is")
    async def analyze(request: Request, _: Reader, asked: AnalyzeRequest = _ASKED) -> AnalyzeAnswer | AnalyzeAnswers:
        model = await context.models.take("finance", request)
        depth = len(_facts(model).labels)
        if asked.text is not None:
            analysis = render(await model.answer(asked.text, top=depth))
            Answering(request, context, model).note([asked.text], [analysis])
            return AnalyzeAnswer(**dict(analysis), **provenance_of(request, model))
        articles = asked.articles or []
        check_batch(len(articles), limit=context.settings.max_batch, pointer="/articles")
        texts = [article.text for article in articles]
        outcomes = await model.answer_many(texts, top=depth, pointer="/articles/{row}/text")
        found = Answering(request, context, model).render(texts, outcomes, render)
        named = [_name(article, one) for article, one in zip(articles, found, strict=True)]
        return AnalyzeAnswers(articles=named, **provenance_of(request, model))

    return router


def render(answer: ClassificationAnswer) -> Analysis:
    """An answer as it goes out, with the scale that all data sets share."""
    chances = {standard_name(label): chance for label, chance in answer.ranking}
    score = score_of(chances)
    return Analysis(
        sentiment=standard_name(answer.label),
        confidence=round(answer.confidence, 4),
        score=None if score is None else round(score, 4),
        probabilities={name: round(chance, 4) for name, chance in sorted(chances.items())},
        decision=answer.decision,
        truncated=answer.truncated,
        tokens=answer.tokens,
    )


def _name(article: Article, found: Analysis | Failed) -> ArticleAnalysis | FailedArticle:
    if isinstance(found, Failed):
        return FailedArticle(id=article.id, **dict(found))
    return ArticleAnalysis(id=article.id, **dict(found))


def _facts(model: Model) -> ClassificationFacts:
    facts = model.artifact.facts
    if not isinstance(facts, ClassificationFacts):
        raise ArtifactError(f"it does not classify: its task is {facts.kind}.", where=model.name)
    return facts
