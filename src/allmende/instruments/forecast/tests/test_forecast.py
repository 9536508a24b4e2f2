"""Instrument `forecast`: proof in hindsight, honest intervals, and silence when it is no better than naive."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allmende.errors import RecipeInvalid
from allmende.model.finding import Application
from allmende.testing.instrument_contract import InstrumentContract
from allmende.understand.instrument import examine

START = datetime(2025, 1, 6, tzinfo=UTC)  # a Monday
APPLICATION = Application("forecast", {"time": "time", "value": "value"})


def table(values: list[float | None], hours: int = 1) -> pa.Table:
    times = [START + timedelta(hours=hours * n) for n in range(len(values))]
    return pa.table(
        {"time": pa.array(times, pa.timestamp("us", "UTC")), "value": pa.array(values, pa.float64())}
    )


def noisy(weeks: int, seed: int = 1) -> list[float | None]:
    """Bicycles that follow the hour and the day of the week, with chance on top."""
    chance = np.random.default_rng(seed)
    hours = np.arange(weeks * 168)
    usual = 60 + 40 * np.sin((hours % 24 - 8) / 24 * 2 * np.pi) - 25 * (hours // 24 % 7 >= 5)
    return [float(value) for value in np.maximum(0, usual + chance.normal(0, 12, len(hours)))]


def applied(values: list[float | None], hours: int = 1, **parameters: Any) -> Any:
    return examine(Application("forecast", APPLICATION.columns, parameters), table(values, hours), "test")


def numbers(made: Any) -> dict[str, float]:
    return {one.name: one.value for one in made.findings[0].quantities}


class TestForecast(InstrumentContract):
    """The contract of every instrument."""

    application = APPLICATION
    odd: ClassVar[Mapping[str, pa.Table]] = {
        "nothing": table([]),
        "one row": table([1.0]),
        "no value": table([None] * 3000),
        "always the same": table([5.0] * 3000),
        "mostly gaps": table([1.0, *[None] * 9] * 300),
        "twice": pa.concat_tables([table([1.0, 2.0]), table([1.0])]),
    }  # fmt: skip

    def rows(self) -> pa.Table:
        return table(noisy(26))


def test_the_example_by_hand() -> None:
    """method.md: weeks of 1 to 7 leave nothing to gain; with 1 more each week the naive forecast errs by exactly 1."""
    same = applied([float(1 + n % 7) for n in range(140)], 24)
    assert same.findings[0].verdict == "withheld"
    assert numbers(same)["naive"] == pytest.approx(0, abs=1e-9)
    rising = applied([float(1 + n % 7 + n // 7) for n in range(140)], 24)
    assert numbers(rising)["naive"] == pytest.approx(1.0)


def test_chance_on_top_of_a_pattern_is_averaged_out() -> None:
    """Against noise the mean of weeks beats the last week by nearly a third (1 - 1/sqrt(2)); the interval holds."""
    made = applied(noisy(40))
    said = numbers(made)
    assert made.findings[0].verdict == "forecast"
    assert 20 < said["gain"] < 30
    assert 75 <= said["coverage"] <= 85


def test_a_walk_at_random_is_withheld_or_hardly_better() -> None:
    """The value of a week ago plus chance: nothing can be known beyond it, and nothing is claimed."""
    chance = np.random.default_rng(3)
    week = np.cumsum(chance.normal(0, 1, (60, 168)), axis=0).reshape(-1) + 100
    made = applied([float(value) for value in week])
    assert made.findings[0].verdict == "withheld"
    assert "ahead" not in made.table.column("kind").to_pylist()


def test_the_shown_errors_are_those_of_the_rows() -> None:
    """Anybody can compute the proof again from the published rows."""
    made = applied(noisy(30))
    rows = [row for row in made.table.to_pylist() if row["kind"] == "backtest"]
    error = np.mean([abs(row["forecast"] - row["actual"]) for row in rows])
    inside = np.mean([row["low"] <= row["actual"] <= row["high"] for row in rows])
    said = numbers(made)
    assert said["error"] == pytest.approx(error)
    assert said["coverage"] == pytest.approx(100 * inside)
    assert all(row["time"] > row["origin"] for row in rows)


def test_nothing_is_known_before_its_time() -> None:
    """Values after the last back-test's origin do not change that back-test's forecast."""
    values = noisy(30)
    other = [*values[:-168], *([0.0] * 168)]
    first, second = (applied(v).table.to_pylist() for v in (values, other))
    last = max(row["origin"] for row in first if row["kind"] == "backtest")
    of = [
        [r["forecast"] for r in rows if r["origin"] == last and r["kind"] == "backtest"]
        for rows in (first, second)
    ]
    assert of[0] == of[1]
    assert len(of[0]) == 168


def test_summer_time_does_not_shift_the_morning() -> None:
    """By the clock of the city eight o'clock is the same slot in March and in April."""
    times = [datetime(2025, 1, 6, tzinfo=UTC) + timedelta(hours=n) for n in range(168 * 20)]
    local = [(t + timedelta(hours=2 if datetime(2025, 3, 30, 1, tzinfo=UTC) <= t else 1)).hour for t in times]
    chance = np.random.default_rng(5).normal(0, 5, len(times))
    values = [100.0 * (hour == 8) + 50 + float(noise) for hour, noise in zip(local, chance, strict=True)]
    made = applied(list(values), zone="Europe/Berlin")
    ahead = [row for row in made.table.to_pylist() if row["kind"] == "ahead"]
    peaks = {row["time"].hour for row in ahead if row["forecast"] > 100}
    assert peaks == {6}, "eight in Berlin's summer is six in UTC"


def test_a_time_twice_is_named() -> None:
    """The fault says which time, and what to do."""
    twice = pa.concat_tables([table(noisy(26)), table([1.0])])
    with pytest.raises(RecipeInvalid, match="2025-01-06 00:00") as fault:
        examine(APPLICATION, twice, "test")
    assert "group by" in fault.value.hint


def told(values: list[float | None], hours: int) -> list[object]:
    """The numbers of the finding, or the remedy of the fault."""
    try:
        return [*numbers(applied(values, hours)).values()]
    except RecipeInvalid as fault:
        return [fault.hint] if fault.hint else []


@settings(max_examples=25, deadline=None)
@given(st.lists(st.none() | st.floats(-1e6, 1e6), min_size=0, max_size=150), st.sampled_from([1, 24]))
def test_any_values_end_in_a_finding_or_a_fault(values: list[float | None], hours: int) -> None:
    """Whatever a recipe gives, it is a finding or a fault with a remedy, and no number is infinite."""
    outcome = told(values, hours)
    assert outcome
    assert all(np.isfinite(one) for one in outcome if isinstance(one, float))
