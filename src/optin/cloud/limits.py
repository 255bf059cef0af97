"""Rate limits: a bucket of requests for each client address, in memory only, the oldest forgotten first."""

from __future__ import annotations

MOST_CLIENTS = 100_000


class RateLimit:
    """``rate`` requests a second on average, ``burst`` at once, for each client."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._buckets: dict[str, tuple[float, float]] = {}

    def admits(self, client: str, now: float) -> bool:
        """Whether one more request of the client is served at ``now`` (seconds)."""
        left, since = self._buckets.pop(client, (self._burst, now))
        left = min(self._burst, left + max(0.0, now - since) * self._rate)
        admitted = left >= 1
        self._buckets[client] = (left - 1 if admitted else left, now)
        while len(self._buckets) > MOST_CLIENTS:
            del self._buckets[next(iter(self._buckets))]
        return admitted
