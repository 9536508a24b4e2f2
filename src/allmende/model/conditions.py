"""Conditions at work: one value further, and whether there is something to tell. Pure."""

from __future__ import annotations

import json
import operator
from collections.abc import Callable
from typing import Any

from allmende.model.observation import SUSPECT, Observation
from allmende.model.subscription import (
    BecomesSilent,
    BecomesSuspect,
    Comparison,
    Condition,
    EventKind,
    EveryValue,
    Standing,
    Threshold,
)

SECOND = 1_000_000
_HOLDS: dict[Comparison, Callable[[Any, Any], bool]] = {
    "above": operator.gt,
    "at_least": operator.ge,
    "below": operator.lt,
    "at_most": operator.le,
    "equal": operator.eq,
    "other_than": operator.ne,
}


def see(condition: Condition, standing: Standing, row: Observation) -> tuple[Standing, EventKind | None]:
    """What a condition makes of the next value of a datastream: how it stands now, and what to tell.

    Values that come late (older than one that was seen) change nothing, except that each of them is
    told to who wants every value.
    """
    if isinstance(condition, EveryValue):
        return standing, "correction" if row.revision > 1 else "observation"
    if standing.seen is not None and row.phenomenon_time < standing.seen:
        return standing, None
    if isinstance(condition, BecomesSilent):
        return _turn(standing, False, row)
    if isinstance(condition, BecomesSuspect):
        return _turn(standing, bool(row.flags & SUSPECT), row)
    return _compare(condition, standing, row)


def fall_silent(standing: Standing, last: int) -> tuple[Standing, EventKind | None]:
    """What waiting for silence makes of it: it begins once. `last` is the time of the last value."""
    if standing.holds:
        return standing, None
    return Standing(True, last, last if standing.seen is None else max(standing.seen, last)), "began"


def _turn(standing: Standing, holds: bool, row: Observation) -> tuple[Standing, EventKind | None]:
    """From one state to the other, at once."""
    kind: EventKind | None = None
    if holds != standing.holds:
        kind = "began" if holds else "ended"
    since = (standing.since if standing.holds else row.phenomenon_time) if holds else None
    return Standing(holds, since, row.phenomenon_time), kind


def _compare(condition: Threshold, standing: Standing, row: Observation) -> tuple[Standing, EventKind | None]:
    if row.flags & SUSPECT and not condition.doubted:
        return standing, None
    result = _result(row)
    if not _comparable(result, condition.value):
        return standing, None
    time = row.phenomenon_time
    if standing.holds:
        if _is_back(condition, result):
            return Standing(False, None, time), "ended"
        return Standing(True, standing.since, time), None
    if not _HOLDS[condition.compare](result, condition.value):
        return Standing(False, None, time), None
    since = time if standing.since is None else standing.since
    if time - since < condition.seconds * SECOND:
        return Standing(False, since, time), None
    return Standing(True, since, time), "began"


def _is_back(condition: Threshold, result: Any) -> bool:
    """What held has ended: the comparison is no longer true, and the value is at `until` or beyond it."""
    if _HOLDS[condition.compare](result, condition.value):
        return False
    if condition.until is None:
        return True
    rising = condition.compare in ("above", "at_least")
    return bool(result <= condition.until if rising else result >= condition.until)


def _result(row: Observation) -> Any:
    return json.loads(row.value) if row.value is not None else row.number


def _comparable(result: Any, wanted: Any) -> bool:
    """Numbers are compared with numbers, texts with texts, truths with truths."""
    for kind in (bool, str):
        if isinstance(wanted, kind) or isinstance(result, kind):
            return isinstance(wanted, kind) and isinstance(result, kind)
    return isinstance(result, int | float)
