"""Can a device's clock be believed? Its time is held against the moment its message came in.

Only for live messages: an old file of measurements tells nothing about a clock.
"""

from __future__ import annotations

from allmende.structure.quality.track import HOUR, Track

_MINUTE = HOUR // 60
_QUARTER = HOUR // 4

AHEAD = 5 * _MINUTE
"""Clocks of devices and of this machine may differ by so much."""
EARLIEST = 1_262_304_000_000_000
"""2010: a live value from before comes from a clock that was never set (1970, 1980 or 2000 after a new battery)."""
STEADY = 3
"""So many values in a row with the same shift are a wrong time zone, not a late message."""
JITTER = 2 * _MINUTE
"""A shift is a time zone's when it misses whole quarters of an hour by no more than a message is under way."""
NEAREST, FARTHEST = 4, 14 * 4
"""In quarters: time zones differ from UTC by one to 14 hours, some of them by half hours more."""


def check_clock(track: Track, time: int, received: int) -> int:
    """A time in the future, one of a clock never set, or one that is steadily hours off."""
    behind = received - time
    if -AHEAD <= behind < JITTER:  # nearly every value
        track.shifts = 0
        return 0
    if time < EARLIEST:
        return track.doubt("unset", since=time)
    shift = _shift(behind)
    _follow(track, shift)
    if shift and track.shifts >= STEADY and _unusual(track, behind):
        return track.doubt("zone", -shift / 4)
    return track.doubt("future", -behind / 1e6) if behind < 0 else 0


def _shift(behind: int) -> int:
    """By how many quarters of an hour the time is off, or 0 when it is off by no such amount."""
    quarters = round(behind / _QUARTER)
    fits = abs(behind - quarters * _QUARTER) <= JITTER and NEAREST <= abs(quarters) <= FARTHEST
    return quarters if fits and quarters % 2 == 0 else 0


def _follow(track: Track, shift: int) -> None:
    track.shifts = track.shifts + 1 if shift and shift == track.shift else 1 if shift else 0
    track.shift = shift


def _unusual(track: Track, behind: int) -> bool:
    """A series that comes hourly with the hour's beginning as its time is an hour behind by right."""
    return behind < 0 or track.interval * 2 <= behind
