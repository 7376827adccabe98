"""Bitext's responses as replies of ours: their placeholders as variables, and who knows those."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from trivet_support.bitext.rows import Row

_PLACEHOLDER = re.compile(r"\{\{([^{}]*)\}\}")
_NO_NAME = re.compile(r"[^a-z0-9]+")
# A placeholder in the responses to so many intents is a fact of the house, such as its telephone number.
_OF_HOUSE = 3
# Placeholders that stand for what a question names, by its entity.
_ENTITIES: Mapping[str, re.Pattern[str]] = {
    "order_id": re.compile(r"(order|purchase)_(number|id)"),
    "invoice_id": re.compile(r"invoice_(number|id)|bill_number"),
    "person_name": re.compile(r"(client|person|customer)_(first_|last_)?name"),
    "refund_amount": re.compile(r"(refund|currency)_amount|money_amount|amount"),
    "account_type": re.compile(r"account_(type|category)"),
    "delivery_city": re.compile(r"delivery_city|city"),
    "delivery_country": re.compile(r"delivery_country|country"),
}
_MOST = 40


def write_replies(rows: Sequence[Row]) -> dict[str, dict[str, Any]]:
    """The body of `PUT /v1/replies/{intent}` by intent: the responses of these rows, those that ask for most first.

    So a question that names its order gets the reply that repeats it, and another one gets the next.
    """
    texts: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        text = _PLACEHOLDER.sub(lambda found: f"{{{_variable(found[1])}}}", row.response)
        # Half a placeholder is a fault of the set's; a template with one is refused.
        if "{{" not in text and "}}" not in text and text not in texts[row.intent]:
            texts[row.intent].append(text)
    return {
        intent: {
            "variants": [
                {"text": text} for text in sorted(found, key=lambda text: (-len(_entities(text)), found.index(text)))
            ][:_MOST]
        }
        for intent, found in texts.items()
    }


def house_facts(rows: Sequence[Row]) -> dict[str, str]:
    """The variables that the house itself knows, those of several intents' responses; each has its name as a value."""
    intents = defaultdict(set)
    for row in rows:
        for name in _PLACEHOLDER.findall(row.response):
            intents[_variable(name)].add(row.intent)
    return {
        name: name.replace("_", " ")
        for name, found in intents.items()
        if len(found) >= _OF_HOUSE and name not in _ENTITIES
    }


def named_in(row: Row) -> dict[str, str]:
    """What a question names, as an entity of its text would tell it; nothing where the value is not written there."""
    return {row.entity: row.value} if row.value and row.value.lower() in row.question.lower() else {}


def _variable(placeholder: str) -> str:
    """The variable of a placeholder: an entity's where it stands for one, else its own name."""
    name = _NO_NAME.sub("_", placeholder.lower().removesuffix("anonymized")).strip("_") or "unnamed"
    name = name if name[0].isalpha() else f"v_{name}"
    return next((entity for entity, pattern in _ENTITIES.items() if pattern.fullmatch(name)), name[:64])


def _entities(text: str) -> set[str]:
    return {entity for entity in _ENTITIES if f"{{{entity}}}" in text}
