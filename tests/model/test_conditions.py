"""Conditions: what begins ends, nothing flutters between the two limits, late values change nothing."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.model.conditions import SECOND, fall_silent, see
from allmende.model.observation import Observation, Quality, result_of
from allmende.model.subscription import (
    BecomesSilent,
    BecomesSuspect,
    Condition,
    Described,
    EventKind,
    EveryValue,
    Interest,
    Standing,
    Threshold,
)


def value(second: float, result: object, flags: int = 0, revision: int = 1) -> Observation:
    """A value measured so many seconds after 1970."""
    number, text = result_of(result)
    time = int(second * SECOND)
    return Observation(1, time, 1, revision=revision, number=number, value=text, flags=flags)


def told(condition: Condition, rows: Sequence[Observation]) -> list[tuple[EventKind, int]]:
    """The kinds of events, with the index of the value that gave each."""
    standing, found = Standing(), list[tuple[EventKind, int]]()
    for index, row in enumerate(rows):
        standing, kind = see(condition, standing, row)
        if kind:
            found.append((kind, index))
    return found


def test_every_value_is_told_even_a_late_one() -> None:
    """New values are observations, revised ones corrections."""
    rows = [value(10, 1), value(5, 2), value(10, 3, revision=2)]
    assert told(EveryValue(), rows) == [("observation", 0), ("observation", 1), ("correction", 2)]


def test_between_the_two_limits_nothing_changes() -> None:
    """Above 30 begins; 29 does not end it, 28 does; 29 does not begin it again."""
    numbers = [29, 31, 29, 32, 28.1, 28, 29, 30, 30.1]
    rows = [value(second, number) for second, number in enumerate(numbers)]
    assert told(Threshold("above", 30.0, until=28.0), rows) == [("began", 1), ("ended", 5), ("began", 8)]


def test_it_has_to_last() -> None:
    """A dip starts the time anew; it begins with the first value after the time is over."""
    rows = [value(0, 5), value(50, 5), value(70, 9), value(80, 5), value(130, 5), value(140, 5)]
    assert told(Threshold("below", 6.0, seconds=60), rows) == [("began", 5)]


@pytest.mark.parametrize(
    ("compare", "limit", "results", "kinds"),
    [
        ("at_least", 3.0, [2.9, 3, 3, 2], [("began", 1), ("ended", 3)]),
        ("at_most", 3.0, [3.1, 3, 4], [("began", 1), ("ended", 2)]),
        ("equal", "occupied", ["free", "occupied", 5, "free"], [("began", 1), ("ended", 3)]),
        ("other_than", True, [True, False, 0, True], [("began", 1), ("ended", 3)]),
        ("equal", 1.0, [True, 1], [("began", 1)]),
    ],
)
def test_comparisons(compare: str, limit: object, results: list[object], kinds: list[object]) -> None:
    """Each comparison, and that a text is never compared with a number or a truth."""
    condition = Threshold(compare, limit)  # type: ignore[arg-type]
    assert told(condition, [value(n, result) for n, result in enumerate(results)]) == kinds


def test_doubted_values_neither_begin_nor_end() -> None:
    """A spike that is flagged wakes nobody, unless that is wanted."""
    rows = [value(0, 1), value(1, 99, Quality.RANGE), value(2, 99), value(3, 0, Quality.STUCK)]
    assert told(Threshold("above", 30.0), rows) == [("began", 2)]
    assert told(Threshold("above", 30.0, doubted=True), rows) == [("began", 1), ("ended", 3)]


def test_late_values_change_nothing() -> None:
    """A value older than one that was seen is no news."""
    rows = [value(10, 1), value(5, 99), value(11, 99), value(10.5, 1)]
    assert told(Threshold("above", 30.0), rows) == [("began", 2)]


def test_suspect_and_credible_again() -> None:
    """Only flags that make a value suspect count; a gap does not."""
    rows = [value(0, 1, Quality.GAP), value(1, 1, Quality.RANGE), value(2, 1, Quality.STUCK), value(3, 1)]
    assert told(BecomesSuspect(), rows) == [("began", 1), ("ended", 3)]


def test_silence_begins_once_and_ends_with_the_next_value() -> None:
    """The clock begins it, a value ends it; a late value does not."""
    standing, kind = fall_silent(Standing(seen=10), 10)
    assert (standing.holds, standing.since, kind) == (True, 10, "began")
    assert fall_silent(standing, 10) == (standing, None)
    assert see(BecomesSilent(), standing, Observation(1, 9, 1)) == (standing, None)
    assert see(BecomesSilent(), standing, Observation(1, 11, 1))[1] == "ended"


NUMBERS = st.lists(st.floats(-100, 100), max_size=60)


@given(
    NUMBERS, st.floats(-50, 50), st.floats(0, 30), st.sampled_from(["above", "at_least", "below", "at_most"])
)
def test_beginnings_and_ends_alternate(numbers: list[float], limit: float, band: float, compare: str) -> None:
    """Whatever comes: began, ended, began ...; between the two the value crossed the whole band."""
    rising = compare in ("above", "at_least")
    condition = Threshold(compare, limit, until=limit - band if rising else limit + band)  # type: ignore[arg-type]
    found = told(condition, [value(n, number) for n, number in enumerate(numbers)])
    assert [kind for kind, _ in found] == ["began", "ended"] * (len(found) // 2) + ["began"] * (
        len(found) % 2
    )
    for (_, first), (_, second) in pairwise(found):
        assert abs(numbers[first] - numbers[second]) >= band - 1e-9


@given(NUMBERS, st.floats(0, 30))
def test_what_must_last_lasted(numbers: list[float], seconds: float) -> None:
    """When it begins, every value of the last `seconds` was above the limit."""
    rows = [value(n, number) for n, number in enumerate(numbers)]
    for kind, index in told(Threshold("above", 0.0, seconds=seconds), rows):
        if kind == "began":
            window = [n for n in range(index + 1) if index - n <= seconds]
            assert all(numbers[n] > 0 for n in window)


@pytest.mark.parametrize(
    ("compare", "limit", "until"),
    [("above", "x", None), ("above", True, None), ("above", 1.0, 2.0), ("below", 1.0, 0.0),
     ("equal", 1.0, 1.0), ("equal", "a", 1.0)],
)  # fmt: skip
def test_senseless_thresholds_are_refused(compare: str, limit: object, until: float | None) -> None:
    """A limit that can never end, or that compares apples with names, is a mistake."""
    with pytest.raises(ValueError, match=r"until|compares"):
        Threshold(compare, limit, until)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("interest", "taken"),
    [
        (Interest(), True),
        (Interest((7,)), True),
        (Interest((8,)), False),
        (Interest(things=("tree/*",)), True),
        (Interest(things=("tree/64",)), False),
        (Interest((7,), ("tree/647",), ("water",)), True),
        (Interest((7,), ("tree/647",), ("heat",)), False),
    ],
)
def test_interest(interest: Interest, taken: bool) -> None:
    """Every part that is given has to fit."""
    assert interest.takes(Described(7, "tree/647", ("water", "battery"))) is taken
