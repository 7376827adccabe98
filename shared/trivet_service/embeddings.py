"""Requests and answers of `/v1/embeddings`, in the shape of the OpenAI API."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag

from trivet_service.limits import Text

PATH = "/v1/embeddings"


def _shape(value: Any) -> str:
    return "<texts>" if isinstance(value, list) else "<text>"


def _refuse_tokens(value: Any) -> Any:
    if isinstance(value, list) and any(isinstance(one, int | list) for one in value):
        raise ValueError("arrays of tokens are not read, as every model has tokens of its own; send texts")
    return value


Input = Annotated[
    Annotated[Text, Tag("<text>")] | Annotated[list[Text], Field(min_length=1), Tag("<texts>")],
    Discriminator(_shape),
    BeforeValidator(_refuse_tokens),
]


class EmbeddingsRequest(BaseModel):
    """One text or several, and which model is to embed them."""

    model_config = ConfigDict(extra="forbid")

    input: Input
    model: str = Field(
        "",
        max_length=256,
        description="A service, a model, or MODEL/VERSION that is served; empty: the first that embeds.",
    )
    encoding_format: Literal["float", "base64"] = Field(
        "float", description="`base64`: the numbers as little-endian float32."
    )
    dimensions: int | None = Field(
        None, ge=1, description="Numbers of each embedding; only what the model was trained to be cut to."
    )
    user: str = Field("", max_length=256, description="Read by nobody.")


class Embedding(BaseModel):
    """The embedding of one text."""

    object: Literal["embedding"]
    index: int
    embedding: list[float] | str


class Usage(BaseModel):
    """Tokens that the model read."""

    prompt_tokens: int
    total_tokens: int


class EmbeddingsAnswer(BaseModel):
    """Embeddings of unit length in the order of the texts; `model` is MODEL/VERSION.

    The header `Trivet-Truncated` counts texts of which the model read only the beginning.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "object": "list",
                    "data": [{"object": "embedding", "index": 0, "embedding": [0.0123, -0.0456, 0.0789]}],
                    "model": "support/3",
                    "usage": {"prompt_tokens": 6, "total_tokens": 6},
                }
            ]
        }
    )

    object: Literal["list"]
    data: list[Embedding]
    model: str
    usage: Usage
