"""How a series is doing now: is its newest value credible, and does anything still come?

The states are those of every other number (`catalogue/trust.py`), so that what is made from a series
can take over its state.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any, TypeGuard

from allmende.catalogue.doubts import doubts_of
from allmende.catalogue.trust import worst
from allmende.model.knowledge import Trust
from allmende.model.limits import Correction, Doubt, Limits
from allmende.model.observation import SUSPECT, Latest, Quality

LATE = 4
"""Without a limit a series is silent when this many of its usual intervals have passed."""
LEARNT = 10
"""Fewer values than this make no habit; then a series is never called silent without a limit."""
SECOND = 1_000_000
_HOUR = 3_600 * SECOND
_LISTS = ("resting", "codes")
_NUMBERS = frozenset(field.name for field in fields(Limits)) - {"live", *_LISTS}


@dataclass(frozen=True, slots=True)
class SeriesState:
    """How a series is doing: its trust, the flags and doubts of its newest value, and, when it is
    silent, since when (the time of its newest value, microseconds since 1970)."""

    trust: Trust
    flags: int = 0
    doubts: tuple[Doubt, ...] = ()
    silent_since: int | None = None

    @property
    def battery_low(self) -> bool:
        """True when the newest value is that of a battery, and low."""
        return bool(self.flags & Quality.BATTERY)


def judge_series(latest: Latest | None, limits: Limits, now: int) -> SeriesState:
    """The state of a series at `now` (microseconds since 1970): stale when silent, suspect when its
    newest value is, unknown when nothing ever came or the newest value is none."""
    newest = latest.observation if latest else None
    if latest is None or newest is None or latest.last_time is None:
        return SeriesState("unknown")
    silent = now - latest.last_time > longest_silence(latest, limits) * SECOND
    states: list[Trust] = ["stale"] if silent else []
    if newest.flags & SUSPECT:
        states.append("suspect")
    since = latest.last_time if silent else None
    return SeriesState(worst(states), newest.flags, doubts_of(newest.extra), since)


def longest_silence(latest: Latest, limits: Limits) -> float:
    """The seconds without a value that are still normal; infinite for archives, and when nobody can know."""
    if not limits.live:
        return float("inf")
    if limits.silence_after is not None:
        return limits.silence_after
    if latest.count < LEARNT or latest.first_time is None or latest.last_time is None:
        return float("inf")
    usual = (latest.last_time - latest.first_time) / (latest.count - 1)
    return max(LATE * usual, _HOUR) / SECOND


def worst_of(states: Iterable[SeriesState]) -> Trust:
    """The state of a thing by its series. One that never said anything is no fault of the others;
    batteries have flags, but do not make what the thing measures suspect."""
    known = [state.trust for state in states if state.trust != "unknown"]
    return worst(known) if known else "unknown"


def read_limits(properties: Mapping[str, Any]) -> Limits:
    """The limits in a datastream's `properties.limits`, as a producer may write them; what is no limit
    is left out: a stranger's word must not stop the values."""
    given = properties.get("limits")
    if not isinstance(given, Mapping):
        return Limits()
    found: dict[str, Any] = {}
    for name, value in given.items():
        if name == "live":
            found["live"] = value is not False
        elif name in _LISTS:
            found[name] = _numbers(value)
        elif name in _NUMBERS and _is_number(value):
            found[name] = float(value)
    return Limits(**found)


def read_correction(properties: Mapping[str, Any]) -> Correction:
    """The correction in a datastream's `properties.correction`, as `Correction.as_json` writes it; what
    is none of these leaves the values as they are."""
    given = properties.get("correction")
    if not isinstance(given, Mapping):
        return Correction()
    points = tuple(_numbers(pair) for pair in given.get("points") or () if isinstance(pair, list))
    if len(points) > 1 and all(len(pair) == 2 for pair in points) and _grows([pair[0] for pair in points]):
        return Correction(points=tuple((pair[0], pair[1]) for pair in points))
    found = given.get("coefficients")
    numbers = _numbers(found)
    whole = isinstance(found, list) and len(numbers) == len(found)
    return Correction(coefficients=numbers) if whole else Correction()


def _grows(numbers: Sequence[float]) -> bool:
    return all(earlier < later for earlier, later in pairwise(numbers))


def _numbers(value: object) -> tuple[float, ...]:
    return tuple(float(one) for one in value if _is_number(one)) if isinstance(value, list) else ()


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300
