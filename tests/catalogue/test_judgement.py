"""On course, at risk or missed: by a rule that anybody can work out by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from allmende.catalogue.judgement import judge
from allmende.catalogue.trust import older_than, worst
from allmende.model.knowledge import Direction, Judgement, Target, Trust

RISING = [("2020", 100.0), ("2021", 110.0), ("2022", 120.0)]


@pytest.mark.parametrize(
    ("target", "direction", "values", "trust", "judgement"),
    [
        (Target(200, 2030), "up", RISING, "ok", "on_course"),
        (Target(210, 2030), "up", RISING, "ok", "at_risk"),
        (Target(300, 2030), "up", RISING, "ok", "missed"),
        (Target(150, 2030), "down", RISING, "ok", "missed"),
        (Target(120), "up", RISING, "ok", "on_course"),
        (Target(130, 2022), "up", RISING, "ok", "at_risk"),
        (Target(200, 2030), "up", RISING[1:], "ok", "missed"),
        (None, "up", RISING, "ok", "no_target"),
        (Target(200, 2030), "none", RISING, "ok", "no_target"),
        (Target(200, 2030), "up", [], "ok", "no_data"),
        (Target(200, 2030), "up", RISING, "stale", "no_data"),
    ],
)
def test_the_line_is_prolonged_to_the_year(
    target: Target | None,
    direction: Direction,
    values: list[tuple[str, float]],
    trust: Trust,
    judgement: Judgement,
) -> None:
    """Ten more each year: 200 in 2030 is reached, 210 within a tenth, 300 not; two periods are no trend."""
    assert judge(target, direction, values, trust) == judgement


@pytest.mark.parametrize(
    ("period", "days", "older"),
    [("2025", 300, True), ("2025", 400, False), ("2026-11-01", 10, True), ("2026-11-20", 10, False),
     ("2025", None, False), ("Winter", 1, False)],
)  # fmt: skip
def test_a_period_grows_old(period: str, days: int | None, older: bool) -> None:
    """Counted from the end of the year or the day; what cannot be read is not called old."""
    assert older_than(period, days, datetime(2026, 11, 22, tzinfo=UTC)) is older


def test_the_least_trustworthy_state_counts() -> None:
    """Unknown is worse than suspect, suspect than stale, stale than incomplete."""
    assert worst([]) == "ok"
    assert worst(["ok", "incomplete", "stale"]) == "stale"
    assert worst(["suspect", "stale"]) == "suspect"
    assert worst(["unknown", "suspect"]) == "unknown"
