"""Requests and answers of the finance service."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from trivet_service.batches import Failed
from trivet_service.limits import Text
from trivet_service.provenance import EXAMPLE, Provenance

_ANALYSIS: dict[str, Any] = {
    "sentiment": "negative",
    "confidence": 0.91,
    "score": -0.87,
    "probabilities": {"negative": 0.91, "neutral": 0.05, "positive": 0.04},
    "decision": "answer",
    "truncated": False,
    "tokens": 17,
}
_PROVENANCE = EXAMPLE | {"model": "finance"}


class Article(BaseModel):
    """A text under a name of the caller's own."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(min_length=1, max_length=256)
    text: Text


class AnalyzeRequest(BaseModel):
    """One text, or several articles."""

    model_config = ConfigDict(extra="forbid")

    text: Text | None = None
    articles: list[Article] | None = Field(None, min_length=1)

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.text is None) == (self.articles is None):
            raise ValueError("give either text or articles")
        return self


class Analysis(BaseModel):
    """The sentiment of a text; `unsure` lies below the confidence that keeps the promised error."""

    sentiment: str = Field(
        description="`positive`, `negative` or `neutral`; bullish and bearish go by those names too."
    )
    confidence: float = Field(description="Calibrated probability of the sentiment.")
    score: float | None = Field(description="p(positive) - p(negative); null where the model knows other labels.")
    probabilities: dict[str, float]
    decision: Literal["answer", "unsure", "out_of_scope"]
    truncated: bool = Field(description="Whether the text was longer than the model reads.")
    tokens: int = Field(description="Length of the whole text in tokens.")

    @property
    def label(self) -> str:
        """The sentiment, as every answer of the kit calls it."""
        return self.sentiment


class ArticleAnalysis(Analysis):
    """The sentiment of one article."""

    id: str


class AnalyzeAnswer(Provenance, Analysis):
    """The answer to one text."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ANALYSIS | _PROVENANCE]})


class FailedArticle(Failed):
    """An article that could not be analysed, while the others were."""

    id: str


class AnalyzeAnswers(Provenance):
    """The answers to several articles, in order."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"articles": [{"id": "a1", **_ANALYSIS}], **_PROVENANCE}]}
    )

    articles: list[ArticleAnalysis | FailedArticle]
