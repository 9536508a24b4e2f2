"""Instrument `compare_places`: intervals as in the books, and no ranking of noise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allmende.errors import RecipeInvalid
from allmende.instruments.compare_places.rates import byar, discoveries, shrunk, wilson
from allmende.model.finding import Application
from allmende.testing.instrument_contract import InstrumentContract
from allmende.understand.instrument import examine

APPLICATION = Application("compare_places", {"place": "district", "count": "cases", "base": "people"})


def table(counts: list[float | None], bases: list[float | None]) -> pa.Table:
    names = [f"D{n}" for n in range(len(counts))]
    return pa.table(
        {
            "district": pa.array(names, pa.string()),
            "cases": pa.array(counts, pa.float64()),
            "people": pa.array(bases, pa.float64()),
        }
    )


def compared(counts: list[float | None], bases: list[float | None], **parameters: Any) -> Any:
    return examine(
        Application("compare_places", APPLICATION.columns, parameters), table(counts, bases), "test"
    )


class TestComparePlaces(InstrumentContract):
    """The contract of every instrument."""

    application = APPLICATION
    odd: ClassVar[Mapping[str, pa.Table]] = {
        "nothing": table([], []),
        "one row": table([3.0], [100.0]),
        "base of zero": table([0.0, 0.0, 0.0], [0.0, 0.0, 0.0]),
        "nothing known": table([None] * 5, [None] * 5),
        "more than all": table([5.0, 1.0, 1.0], [4.0, 90.0, 90.0]),
        "below zero": table([-5.0, 1.0, 1.0], [40.0, 90.0, 90.0]),
        "twice": pa.concat_tables([table([3.0], [100.0])] * 2),
    }

    def rows(self) -> pa.Table:
        return table([10.0, 12.0, 60.0, 9.0, None], [100.0, 110.0, 120.0, 100.0, 80.0])


def test_the_example_by_hand() -> None:
    """method.md: 10 of 100 lie between 5.5 and 17.4 %, and four equal places differ in nothing."""
    low, high = wilson(np.array([10.0]), np.array([100.0]), 0.95)
    assert (round(float(low[0]), 3), round(float(high[0]), 3)) == (0.055, 0.174)
    made = compared([10.0] * 4, [100.0] * 4)
    assert made.findings[0].verdict == "no-differences"
    assert set(made.table.column("compared").to_pylist()) == {"same"}
    assert {round(one, 9) for one in made.table.column("shrunk").to_pylist()} == {10.0}


def test_a_frequency_has_the_interval_of_the_tables() -> None:
    """Ten cases: the exact Poisson interval is 4.795 to 18.39; Byar's is within 1 % of it."""
    low, high = byar(np.array([10.0]), np.array([1.0]), 0.95)
    assert float(low[0]) == pytest.approx(4.795, rel=0.01)
    assert float(high[0]) == pytest.approx(18.39, rel=0.01)
    assert byar(np.array([0.0]), np.array([1.0]), 0.95)[0][0] == 0


def test_bounds_of_many_tests_are_those_of_the_paper() -> None:
    """Benjamini and Hochberg 1995, their example of 15 tests: four hold at 5 %."""
    chances = [
        0.0001,
        0.0004,
        0.0019,
        0.0095,
        0.0201,
        0.0278,
        0.0298,
        0.0344,
        0.0459,
        0.3240,
        0.4262,
        0.5719,
        0.6528,
        0.7590,
        1.0,
    ]
    assert list(np.flatnonzero(discoveries(np.array(chances), 0.05))) == [0, 1, 2, 3]


def test_noise_is_not_ranked() -> None:
    """One truth for all: in 200 invented cities of 30 districts hardly any has a district that differs."""
    chance = np.random.default_rng(7)
    wrong = 0
    for _ in range(200):
        bases = chance.integers(200, 5000, 30).astype(float)
        counts = chance.binomial(bases.astype(int), 0.08).astype(float)
        wrong += compared(list(counts), list(bases)).findings[0].verdict == "differences"
    assert wrong / 200 <= 0.08


def test_a_real_difference_is_found() -> None:
    """One district with twice the rate: named higher, in at least 95 of 100 invented cities."""
    chance = np.random.default_rng(8)
    found = 0
    for _ in range(100):
        bases = np.full(30, 2000.0)
        counts = chance.binomial(2000, np.where(np.arange(30) == 4, 0.16, 0.08)).astype(float)
        rows = compared(list(counts), list(bases)).table.to_pylist()
        found += next(row for row in rows if row["place"] == "D4")["compared"] == "higher"
    assert found >= 95


def test_the_cautious_estimate_errs_less() -> None:
    """With small districts it lies nearer to the truth than the raw rate, in the mean over invented cities."""
    chance = np.random.default_rng(9)
    raw, careful = [], []
    for _ in range(100):
        truth = np.clip(chance.normal(0.1, 0.02, 30), 0.01, 0.5)
        bases = chance.integers(40, 400, 30).astype(float)
        counts = chance.binomial(bases.astype(int), truth).astype(float)
        raw.append(np.mean((counts / bases - truth) ** 2))
        careful.append(np.mean((shrunk(counts, bases)[0] - truth) ** 2))
    assert np.mean(careful) < 0.6 * np.mean(raw)


def test_a_small_place_is_unknown_and_not_lower() -> None:
    """Below the smallest base there is no rate; unknown is never 0."""
    made = compared([10.0, 12.0, 11.0, 0.0, None], [100.0, 110.0, 120.0, 10.0, 90.0])
    rows = {row["place"]: row for row in made.table.to_pylist()}
    assert (rows["D3"]["compared"], rows["D3"]["rate"]) == ("unknown", None)
    assert (rows["D4"]["compared"], rows["D4"]["count"]) == ("unknown", None)
    unknown = compared([10.0, 12.0, 11.0, 5.0], [100.0, 110.0, 120.0, None]).table.to_pylist()
    row = next(one for one in unknown if one["place"] == "D3")
    assert (row["base"], row["rate"], row["compared"]) == (None, None, "unknown")


def test_what_was_counted_is_published_to_the_last_digit() -> None:
    """Only computed numbers are rounded; counts are those of the input."""
    count = 12345678901.25
    made = compared([count, 1e10, 1e10], [5e10, 5e10, 5e10]).table.to_pylist()
    assert count in [row["count"] for row in made]


def test_more_cases_than_there_can_be_is_a_fault_with_its_place() -> None:
    """It names the district and the remedy."""
    with pytest.raises(RecipeInvalid, match="'D1'") as fault:
        compared([1.0, 50.0, 2.0], [100.0, 40.0, 100.0])
    assert "frequency" in fault.value.hint


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 500), st.integers(0, 5000)), max_size=40),
    st.sampled_from(["share", "frequency"]),
)
def test_bounds_hold_the_rate(rows: list[tuple[int, int]], kind: str) -> None:
    """For any counts the interval holds the rate, and the cautious estimate lies between it and that of all."""
    counts = [float(min(n, base) if kind == "share" else n) for n, base in rows]
    made = compared(list(counts), [float(base) for _, base in rows], kind=kind)
    overall = next(one.value for one in made.findings[0].quantities if one.name == "rate")
    for row in made.table.to_pylist():
        if row["rate"] is not None:
            assert row["low"] - 1e-9 <= row["rate"] <= row["high"] + 1e-9
            assert overall is not None
            assert min(row["rate"], overall) - 1e-9 <= row["shrunk"] <= max(row["rate"], overall) + 1e-9
