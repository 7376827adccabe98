"""How long a batch will take, learnt while batches run."""

from __future__ import annotations

# Weight that an older batch keeps for each newer one: about the last 50 batches count.
MEMORY = 0.98


class BatchTime:
    """An online least-squares fit of seconds = a * tokens + b over recent batches, with a and b never below 0.

    Before the first batch it predicts 0, so that nothing is refused on a guess.
    """

    def __init__(self) -> None:
        self._weight = 0.0
        self._tokens = 0.0
        self._seconds = 0.0
        self._tokens_squared = 0.0
        self._product = 0.0

    def learn(self, *, tokens: int, seconds: float) -> None:
        """Add one batch of `tokens` padded tokens that took `seconds`."""
        self._weight = MEMORY * self._weight + 1.0
        self._tokens = MEMORY * self._tokens + tokens
        self._seconds = MEMORY * self._seconds + seconds
        self._tokens_squared = MEMORY * self._tokens_squared + tokens * tokens
        self._product = MEMORY * self._product + tokens * seconds

    def coefficients(self) -> tuple[float, float]:
        """Seconds a token and seconds a batch."""
        if self._weight == 0.0:
            return 0.0, 0.0
        spread = self._weight * self._tokens_squared - self._tokens**2
        if spread <= 1e-9 * self._tokens**2:
            # Batches of one size cannot tell slope from offset: all of the time is put on the tokens.
            return self._seconds / self._tokens, 0.0
        slope = (self._weight * self._product - self._tokens * self._seconds) / spread
        if slope <= 0.0:
            return 0.0, self._seconds / self._weight
        offset = (self._seconds - slope * self._tokens) / self._weight
        return (slope, offset) if offset >= 0.0 else (self._product / self._tokens_squared, 0.0)

    def predict(self, *, tokens: int, batches: int) -> float:
        """Seconds that `tokens` padded tokens in `batches` batches take."""
        slope, offset = self.coefficients()
        return slope * tokens + offset * batches
