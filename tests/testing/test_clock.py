"""The clock of tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from allmende.testing.clock import FixedClock


def test_time_stands_still_until_it_is_moved() -> None:
    """The same moment every time, in UTC whatever zone it was given in."""
    clock = FixedClock(datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=2))))
    assert clock.now() == clock.now() == datetime(2026, 7, 1, 10, tzinfo=UTC)
    assert clock.now().tzinfo is UTC
    clock.advance(timedelta(days=1))
    assert clock.now() == datetime(2026, 7, 2, 10, tzinfo=UTC)


def test_a_clock_without_a_zone_is_refused() -> None:
    """Naive times would be local on one machine and not on the next."""
    with pytest.raises(ValueError, match="aware"):
        FixedClock(datetime(2026, 7, 1))
