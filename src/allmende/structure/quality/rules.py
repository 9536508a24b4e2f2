"""The rules about one value after another of a series. Each is a few comparisons, about 0.1 microseconds.

A rule gets the track (what was before), the value's time (microseconds since 1970) and its number,
and gives 0 or its flag. Rules that compare with what was before are only asked about values that are
newer; a late value is judged by itself. None of them changes the track but the one about jumps.
"""

from __future__ import annotations

from collections.abc import Callable

from allmende.model.limits import Limits
from allmende.structure.quality.track import HOUR, Track

Rule = Callable[[Track, int, float], int]

ALLOWANCE = HOUR // 6
"""A change within ten minutes is held against what ten minutes allow: noise of a fast sensor is no jump."""
AGREEING = 3
"""So many values in a row at a new level are believed: it was a step, not a spike."""
SAME = 3
"""A value has to come this often before it can be stuck: after a silence the second one is no proof."""
LEARNT = 10
"""After so many values the usual interval is trusted."""
LATE = 4.0
"""A value is missed when this many usual intervals have passed and nothing else was said."""
_PACE = 1.1


def check_range(track: Track, time: int, number: float) -> int:
    """Outside of what is plausible."""
    limits = track.limits
    if limits.maximum is not None and number > limits.maximum:
        return track.doubt("above", number, limits.maximum)
    if limits.minimum is not None and number < limits.minimum:
        return track.doubt("below", number, limits.minimum)
    return 0


def check_battery(track: Track, time: int, number: float) -> int:
    """The battery is low; this says nothing against the value."""
    low = track.limits.low
    return track.doubt("battery", number, low) if low is not None and number < low else 0


def check_stuck(track: Track, time: int, number: float) -> int:
    """One and the same value for too long; values that may rest are left alone."""
    limits = track.limits
    if number != track.number or track.equal < SAME - 1 or number in limits.resting:
        return 0
    lasted = (time - track.since) / 1e6
    if limits.stuck_after is None or lasted < limits.stuck_after:
        return 0
    return track.doubt("stuck", number, lasted, track.since)


def check_rate(track: Track, time: int, number: float) -> int:
    """A jump: more per hour, from the last credible value, than the limit. A new level is believed in the end."""
    if track.good_time is None or track.limits.max_rate is None:
        return _believe(track, time, number)
    hours = max(time - track.good_time, ALLOWANCE) / HOUR
    change, allowed = abs(number - track.good_number), track.limits.max_rate * hours
    if change <= allowed:
        return _believe(track, time, number)
    near = track.rivals > 0 and abs(number - track.rival) <= allowed
    track.rivals, track.rival = (track.rivals + 1 if near else 1), number
    if track.rivals >= AGREEING:
        return _believe(track, time, number)
    return track.doubt("rate", change / hours, track.limits.max_rate, track.good_time)


def _believe(track: Track, time: int, number: float) -> int:
    track.good_time, track.good_number, track.rivals = time, number, 0
    return 0


def check_gap(track: Track, time: int) -> int:
    """Values are missing before this one: longer silent than said, or than four usual intervals."""
    if track.time is None:
        return 0
    silence, limit = time - track.time, longest_silence(track)
    return track.doubt("gap", silence / 1e6, limit, track.time) if silence > limit * 1e6 else 0


def longest_silence(track: Track) -> float:
    """The seconds without a value that are still normal; infinite when nobody said and nothing is learnt."""
    if track.limits.silence_after is not None:
        return track.limits.silence_after
    return track.interval * LATE / 1e6 if track.seen >= LEARNT else float("inf")


def check_repeated(track: Track, time: int, number: float | None, result_time: int | None) -> int:
    """A second value for the same time. Forecasts of different issue are none: their result times differ."""
    if time != track.time or result_time != track.result_time:
        return 0
    return track.doubt("repeated" if number == track.number else "conflict", number, track.number)


def learn(track: Track, time: int, number: float | None, result_time: int | None) -> None:
    """Take a newer value into the track: runs of equal values, and the usual interval."""
    before = track.time
    if before is not None and time > before:
        _learn_interval(track, time - before)
    if number is not None and number == track.number:
        track.equal += 1
    else:
        track.since, track.equal = time, 1
    track.time, track.number, track.result_time = time, number, result_time


def _learn_interval(track: Track, passed: int) -> None:
    """Follow the median of the intervals in small steps: one long gap moves it by a tenth only."""
    track.seen += 1
    if track.seen <= 1:
        track.interval = float(passed)
    elif passed > track.interval:
        track.interval = min(track.interval * _PACE, float(passed))
    else:
        track.interval = max(track.interval / _PACE, float(passed))


def rules_for(limits: Limits) -> tuple[tuple[Rule, ...], tuple[Rule, ...]]:
    """The rules that these limits ask for: those about any value, and those about a newer value only."""
    alone: list[Rule] = []
    if limits.minimum is not None or limits.maximum is not None:
        alone.append(check_range)
    if limits.low is not None:
        alone.append(check_battery)
    after: list[Rule] = []
    if limits.stuck_after is not None:
        after.append(check_stuck)
    if limits.max_rate is not None:
        after.append(check_rate)
    return tuple(alone), tuple(after)
