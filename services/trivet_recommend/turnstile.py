"""Lets many write a tenant's events at once, and one stop them all for a moment."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class Turnstile:
    """A tenant's writers pass together; whoever stops them waits until those inside have left."""

    def __init__(self) -> None:
        self._inside: Counter[str] = Counter()
        self._stopped: set[str] = set()
        self._changed = threading.Condition()

    @contextmanager
    def passing(self, tenant: str) -> Iterator[None]:
        """Be one of many, unless the tenant's are stopped; then wait."""
        with self._changed:
            self._changed.wait_for(lambda: tenant not in self._stopped)
            self._inside[tenant] += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside[tenant] -= 1
                if not self._inside[tenant]:
                    del self._inside[tenant]
                self._changed.notify_all()

    @contextmanager
    def stopped(self, tenant: str) -> Iterator[None]:
        """Be the only one, with nobody inside."""
        with self._changed:
            self._changed.wait_for(lambda: tenant not in self._stopped)
            self._stopped.add(tenant)
            self._changed.wait_for(lambda: not self._inside[tenant])
        try:
            yield
        finally:
            with self._changed:
                self._stopped.discard(tenant)
                self._changed.notify_all()
