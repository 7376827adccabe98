"""Who sent a request."""

from __future__ import annotations

from dataclasses import dataclass

from trivet_service.keys import SCOPES, Key
from trivet_service.tenants import DEFAULT, OPERATORS


@dataclass(frozen=True)
class Caller:
    """Whose data a request may see and what it may do; an operator may name any tenant in the path."""

    tenant: str
    scopes: tuple[str, ...]
    key_id: str = ""
    is_operator: bool = False


# Where no keys are asked for.
EVERYBODY = Caller(DEFAULT, SCOPES, is_operator=True)


def caller_with(key: Key) -> Caller:
    """Whoever presents a key."""
    return Caller(key.tenant, key.scopes, key.id, is_operator=key.tenant == OPERATORS and "admin" in key.scopes)
