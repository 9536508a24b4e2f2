"""Observations: immutable id, revisions with the moment they were recorded, quality as flags.

Times in rows are whole microseconds since 1970 in UTC: a hundred million of them are compared and
stored as numbers; `moment` and `microseconds` are the two ways across the border.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntFlag
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(time: datetime) -> int:
    """An aware time as microseconds since 1970 UTC; ValueError when it has no zone."""
    if time.tzinfo is None:
        raise ValueError("a time needs a zone")
    return (time - _EPOCH) // _MICROSECOND


def moment(microseconds: int) -> datetime:
    """Microseconds since 1970 as an aware time in UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)


def result_of(result: Any) -> tuple[float | None, str | None]:
    """A result as its two columns: the number, or JSON text for everything else."""
    if isinstance(result, float):
        return result, None
    if isinstance(result, int) and not isinstance(result, bool) and abs(result) <= 2**53:
        return float(result), None
    return None, json.dumps(result, ensure_ascii=False)


class Quality(IntFlag):
    """What the rules found odd about a value; 0 is nothing. Flagged values are never deleted."""

    GOOD = 0
    RANGE = 1
    RATE = 2
    STUCK = 4
    GAP = 8
    DUPLICATE = 16
    CLOCK = 32
    POSITION = 64
    BATTERY = 128
    NEIGHBOURS = 256
    NOT_A_NUMBER = 512
    CORRECTED = 1024


SUSPECT = (
    Quality.RANGE
    | Quality.RATE
    | Quality.STUCK
    | Quality.CLOCK
    | Quality.POSITION
    | Quality.NEIGHBOURS
    | Quality.NOT_A_NUMBER
)
"""Flags that make a value suspect; the others only tell."""


@dataclass(slots=True)
class Observation:
    """One row as the store and the history keep it, in the order of their columns.

    `number` is the result when it is a number, else None and `value` is the result as JSON text.
    `raw` is the number before a correction (calibration) and None when there was none.
    `phenomenon_end` closes an interval. `extra` is JSON: parameters, resultQuality, validTime.
    A row is current while `superseded_at` is None; it was known on T when
    `recorded_at <= T < superseded_at`. All times are microseconds since 1970 UTC.
    """

    datastream_id: int
    phenomenon_time: int
    id: int
    revision: int = 1
    phenomenon_end: int | None = None
    result_time: int | None = None
    number: float | None = None
    value: str | None = None
    raw: float | None = None
    flags: int = 0
    recorded_at: int = 0
    superseded_at: int | None = None
    message_id: int | None = None
    feature_id: int | None = None
    extra: str | None = None


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest current observation of a datastream, and how many there are from when to when."""

    datastream_id: int
    observation: Observation | None
    count: int
    first_time: int | None
    last_time: int | None
    first_result_time: int | None = None
    last_result_time: int | None = None
