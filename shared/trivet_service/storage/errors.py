"""What can go wrong with a database."""

from __future__ import annotations

from trivet.errors import TrivetError


class StoreError(TrivetError):
    """A database that cannot be opened, or whose tables this version does not know."""


class StoreUnavailableError(TrivetError):
    """A database that does not answer at the moment; nothing of the call is stored."""
