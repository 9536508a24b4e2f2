"""Clocks for tests: time stands still until it is moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class FixedClock:
    """A Clock that always says `moment` (aware, UTC) until `advance` moves it."""

    def __init__(self, moment: datetime = START) -> None:
        if moment.tzinfo is None:
            raise ValueError("a clock tells aware times")
        self._moment = moment.astimezone(UTC)

    def now(self) -> datetime:
        """The moment."""
        return self._moment

    def advance(self, step: timedelta) -> None:
        """Let `step` pass."""
        self._moment += step
