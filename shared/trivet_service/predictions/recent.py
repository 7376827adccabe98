"""The latest answers of a process, in memory: what feedback is joined to before, or without, a row in the database."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

from trivet_service.predictions.prediction import Prediction


class Recent:
    """The last answers by request, without their texts; never more than `most`."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._count = 0
        self._requests: OrderedDict[tuple[str, str], tuple[Prediction, ...]] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, answers: Sequence[Prediction]) -> None:
        """Remember the answers to one request; of a request id the first ones count."""
        key = (answers[0].tenant, answers[0].request_id)
        with self._lock:
            if key in self._requests:
                return
            self._requests[key] = tuple(answers)
            self._count += len(answers)
            while self._count > self._most and len(self._requests) > 1:
                _, oldest = self._requests.popitem(last=False)
                self._count -= len(oldest)

    def find(self, tenant: str, request_id: str, item: int) -> Prediction | None:
        """The answer to an item of a request, if it is among the last."""
        with self._lock:
            answers = self._requests.get((tenant, request_id), ())
        return next((one for one in answers if one.item == item), None)

    def holds(self, tenant: str, request_id: str) -> bool:
        """Whether answers to a request are among the last."""
        with self._lock:
            return (tenant, request_id) in self._requests
