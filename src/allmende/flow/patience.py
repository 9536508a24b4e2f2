"""How long to wait for a receiver that does not answer, and when to give up."""

from __future__ import annotations

import random
from dataclasses import dataclass

SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Patience:
    """Pauses in seconds between attempts, doubling from `first` to `longest`, each shortened by chance.

    The chance (down to half) keeps many subscriptions from coming back at the same moment. A receiver
    that cannot be reached is tried for `hours`; one that refuses an event `refusals` times.
    """

    first: float = 5.0
    longest: float = 3600.0
    hours: float = 72.0
    refusals: int = 8

    def pause(self, failures: int) -> float:
        """Seconds to wait after so many failures in a row (1 or more)."""
        whole = min(self.longest, self.first * 2.0 ** min(max(failures, 1) - 1, 40))
        return whole * random.uniform(0.5, 1.0)  # noqa: S311 - no secret depends on it

    def is_over(self, waits_since: int, now: int) -> bool:
        """Has something waited too long? Both in microseconds since 1970."""
        return now - waits_since > self.hours * 3600 * SECOND
