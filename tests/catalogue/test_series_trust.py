"""The state of a series: silent, suspect, fine, or not known."""

from __future__ import annotations

import pytest

from allmende.catalogue.series_trust import (
    SeriesState,
    judge_series,
    read_correction,
    read_limits,
    worst_of,
)
from allmende.model.knowledge import Trust
from allmende.model.limits import Correction, Limits
from allmende.model.observation import Latest, Observation, Quality

HOUR = 3_600_000_000
NOW = 1_763_000_000_000_000


def latest(age: float, flags: int = 0, count: int = 100, hours: float = 99) -> Latest:
    """`count` values over `hours`, the newest `age` hours ago."""
    time = NOW - int(age * HOUR)
    row = Observation(1, time, 7, number=3.0, flags=flags, extra='{"doubts":[{"rule":"above","value":3}]}')
    return Latest(1, row, count, time - int(hours * HOUR), time)


@pytest.mark.parametrize(
    ("found", "limits", "expected"),
    [
        (latest(1.5), Limits(silence_after=7200), "ok"),
        (latest(2.5), Limits(silence_after=7200), "stale"),
        (latest(3.9), Limits(), "ok"),
        (latest(4.1), Limits(), "stale"),
        (latest(500, count=9), Limits(), "ok"),
        (latest(500), Limits(live=False, silence_after=60), "ok"),
        (latest(1, Quality.RANGE), Limits(), "suspect"),
        (latest(9, Quality.POSITION), Limits(), "suspect"),
        (latest(1, Quality.GAP | Quality.BATTERY | Quality.DUPLICATE | Quality.CORRECTED), Limits(), "ok"),
        (Latest(1, None, 0, None, None), Limits(), "unknown"),
        (None, Limits(), "unknown"),
    ],
)
def test_a_series_is_as_its_newest_value_and_its_silence_say(
    found: Latest | None, limits: Limits, expected: Trust
) -> None:
    """By the limit if there is one, else after four usual intervals; archives are never silent."""
    assert judge_series(found, limits, NOW).trust == expected


def test_silence_says_since_when_and_doubts_say_why() -> None:
    """What the health list shows."""
    state = judge_series(latest(9, Quality.RANGE), Limits(silence_after=60), NOW)
    assert (state.silent_since, [d.oddity for d in state.doubts]) == (NOW - 9 * HOUR, ["above"])
    assert judge_series(latest(1), Limits(), NOW).silent_since is None
    assert judge_series(latest(1, Quality.BATTERY), Limits(), NOW).battery_low


def test_a_thing_is_as_bad_as_its_worst_series_that_ever_spoke() -> None:
    """A property that a device never sends is no fault of the others."""
    states = [SeriesState(trust) for trust in ("ok", "unknown", "stale")]
    assert worst_of(states) == "stale"
    assert worst_of([SeriesState("unknown"), SeriesState("ok")]) == "ok"
    assert worst_of([]) == worst_of([SeriesState("unknown")]) == "unknown"


def test_limits_of_a_producer_are_read_as_far_as_they_are_limits() -> None:
    """Rubbish from outside leaves a rule out; it never stops a value."""
    given = {
        "minimum": -40,
        "maximum": "hot",
        "codes": [-999, "x", True],
        "silence_after": 60,
        "live": 0,
        "low": 1e999,
    }
    assert read_limits({"limits": given}) == Limits(minimum=-40.0, codes=(-999.0,), silence_after=60.0)
    assert read_limits({"limits": {"live": False}}) == Limits(live=False)
    assert read_limits({"limits": 7}) == read_limits({}) == Limits()
    assert read_limits({"limits": {"codes": 7, "resting": [0]}}) == Limits(resting=(0.0,))


@pytest.mark.parametrize(
    "given",
    [
        None,
        [1, 2],
        {"coefficients": [1, "x"]},
        {"coefficients": 7},
        {"points": [[1, 2]]},
        {"points": [[2, 1], [1, 2]]},
        {"points": [[1], [2, 3]]},
        {"points": {"a": 1}},
    ],
)
def test_what_is_no_correction_changes_nothing(given: object) -> None:
    """One point is no table, and raw numbers have to grow."""
    assert not read_correction({"correction": given}).changes


def test_limits_and_corrections_come_back_from_a_datastreams_properties() -> None:
    """What the city's file says is written there once, for all who read it."""
    limits = Limits(-1.0, 1.0, 5.0, 60.0, (0.0,), 90.0, (-999.0,), 3.3, 1.5, live=False)
    assert read_limits({"limits": limits.as_json()}) == limits
    assert Limits().as_json() == Correction().as_json() == {}
    for correction in (Correction((1.0, 2.0)), Correction(points=((0.0, 1.0), (2.0, 5.0)))):
        assert read_correction({"correction": correction.as_json()}) == correction
