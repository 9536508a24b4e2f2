"""Nothing that was left out can be worked out: every plan is attacked by linear programming, with the truth known."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allmende.errors import ContractBroken, HeldBack
from allmende.guard.disclosure.attack import Known, bounds, revealed
from allmende.guard.disclosure.cube import cube_of
from allmende.guard.disclosure.protect import Shown, protect, shown_of
from allmende.model.disclosure import Disclosure
from tests.guard.disclosure.tables import TOTAL, rule_of, summed, table_of


def told(truth: pa.Table, published: pa.Table, rule: Disclosure) -> dict[Hashable, tuple[float, float]]:
    """What an attacker who knows all sums can tell of the cells that were left out."""
    true, seen = cube_of(truth, rule), cube_of(published, rule)
    hidden = true.present & ~seen.present
    values: dict[Hashable, float] = {
        true.name(index): float(true.values[index])
        for index in (tuple(map(int, place)) for place in zip(*hidden.nonzero(), strict=True))
    }
    return revealed([(true, hidden)], values, rule.protection)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([(5, 6), (3, 12), (4, 4, 4), (2, 5, 3)]),
    st.integers(0, 10_000),
    st.sampled_from([0.05, 0.2, 0.5]),
    st.sampled_from([3, 5]),
)
def test_no_attack_by_linear_programming_succeeds(
    sizes: tuple[int, ...], seed: int, small: float, minimum: int
) -> None:
    """Small counts are gone, none of what is gone can be told to within 2, and nothing else is changed."""
    truth, rule = table_of(sizes, seed, small=small), rule_of(len(sizes), minimum=minimum)
    try:
        made = protect(truth, rule)
    except HeldBack:
        return  # an honest no: nothing is published
    before, after = truth.column("people").to_pylist(), made.table.column("people").to_pylist()
    marks = made.table.column("people_status").to_pylist()
    for counted, shown, mark in zip(before, after, marks, strict=True):
        assert shown in (None, counted)
        assert (shown is None) == (mark == "suppressed")
        assert shown is None or counted is None or not 0 < counted < minimum
    assert told(truth, made.table, rule) == {}
    assert sorted(one.row - 1 for one in made.changes) == [n for n, v in enumerate(after) if v is None]


def test_most_tables_can_be_published() -> None:
    """The honest no is rare: of 40 tables with many small counts nearly all are protected."""
    refused = 0
    for seed in range(40):
        try:
            protect(table_of((6, 5, 4), seed), rule_of(3))
        except HeldBack:
            refused += 1
    assert refused <= 2


def test_primary_suppression_alone_would_be_broken() -> None:
    """The attack of these tests works: with only the small cell left out it finds it."""
    counts = {(0, 0): 1, (0, 1): 20, (1, 0): 30, (1, 1): 40}
    truth, rule = summed(counts, (2, 2)), rule_of(2)
    people = [None if value == 1 else value for value in truth.column("people").to_pylist()]
    naive = truth.set_column(2, "people", pa.array(people))
    assert list(told(truth, naive, rule).values()) == [(1.0, 1.0)]
    made = protect(truth, rule)
    assert told(truth, made.table, rule) == {}
    assert {one.why for one in made.changes} == {"small", "complementary"}


def test_a_dominated_cell_is_left_out() -> None:
    """One firm with nearly all of the turnover would see the others', and they it."""
    table = pa.table(
        {
            "branch": ["a", "b", "c", "all"],
            "turnover": [1000.0, 800.0, 900.0, 2700.0],
            "largest": [950.0, 100.0, 100.0, 950.0],
        }
    )
    rule = Disclosure(
        "suppression", "firms", ("branch",), ("turnover",), {"branch": "all"}, largest="largest"
    )
    made = protect(table, rule)
    assert made.table.column_names == ["branch", "turnover", "turnover_status"]
    assert made.table.column("turnover").to_pylist()[0] is None
    assert made.changes[0].why == "dominated"
    assert len(made.changes) >= 2


def test_value_columns_that_add_up_are_a_dimension() -> None:
    """A wide table (households of one, two, more, all) hides a small number from its row's sum, too."""
    table = pa.table(
        {
            "district": ["north", "south", "west", "all"],
            "one": [1, 50, 60, 111],
            "two": [70, 80, 90, 240],
            "more": [30, 40, 50, 120],
            "households": [101, 170, 200, 471],
        }
    )
    rule = Disclosure(
        "suppression", "households", ("district",), ("one", "two", "more", "households"),
        {"district": "all"}, total_column="households",
    )  # fmt: skip
    made = protect(table, rule)
    assert made.table.column("one").to_pylist()[0] is None
    hidden = sum(made.table.column(name).null_count for name in rule.values)
    assert hidden == 4
    assert told(table, made.table, rule) == {}


def test_what_one_table_of_a_family_hides_another_does_not_show() -> None:
    """A cell that is hidden elsewhere stays hidden, and one that can be read elsewhere hides nothing."""
    rule = rule_of(2)
    counts = {(0, 0): 1, (0, 1): 20, (1, 0): 30, (1, 1): 40, (2, 0): 50, (2, 1): 60}
    truth = summed(counts, (3, 2))
    first = protect(truth, rule)
    before = shown_of(first.table, rule)
    again = protect(truth, rule, family=[before])
    assert again.table.column("people").to_pylist() == first.table.column("people").to_pylist()
    cube = cube_of(truth, rule)
    readable = {cube.name((1, 0, 0)): 30.0, cube.name((2, 0, 0)): 50.0}
    with pytest.raises(HeldBack, match="public already"):
        protect(truth, rule, family=[Shown(rule, readable | {cube.name((0, 0, 0)): 1.0}, frozenset())])


def test_versions_that_differ_by_a_few_are_refused() -> None:
    """Two more people in one cell since the last version are two people who can be told."""
    rule = rule_of(1)
    first = protect(summed({(0,): 40, (1,): 50}, (2,)), rule)
    before = shown_of(first.table, rule, earlier=True)
    with pytest.raises(HeldBack, match="differ from the last version") as refused:
        protect(summed({(0,): 42, (1,): 50}, (2,)), rule, family=[before])
    assert refused.value.reasons == ("disclosure",)
    protect(summed({(0,): 47, (1,): 50}, (2,)), rule, family=[before])
    protect(summed({(0,): 40, (1,): 50}, (2,)), rule, family=[before])


def test_areas_that_overlap_are_refused() -> None:
    """A school district and a quarter that differ by one block show who lives in that block."""
    areas = {"school": ("b1", "b2", "b3"), "quarter": ("b1", "b2")}
    rule = Disclosure("suppression", "areas", ("area",), ("people",), areas=areas)
    with pytest.raises(HeldBack, match="overlap"):
        protect(pa.table({"area": ["school", "quarter"], "people": [102, 100]}), rule)
    protect(pa.table({"area": ["school", "quarter"], "people": [140, 100]}), rule)


def test_bounds_of_sums_are_those_of_the_equations() -> None:
    """What can be told of x when x + y is 10 and neither is negative."""
    known = Known()
    known.add({"x": 1.0, "y": 1.0}, 10.0)
    assert bounds(known, [{"x": 1.0}, {"x": 1.0, "y": 1.0}, {"z": 1.0}]) == [
        (0.0, 10.0),
        (10.0, 10.0),
        (0.0, float("inf")),
    ]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"values": ("nothing",)}, "not there: nothing"),
        ({"values": ()}, "not there"),
        ({"dimensions": ("d0",)}, "same cell"),
    ],
)
def test_a_rule_that_does_not_fit_says_so(changes: dict[str, Any], words: str) -> None:
    """Nothing is published under a rule that names other columns."""
    with pytest.raises(ContractBroken, match=words):
        protect(table_of((3, 3), 1), replace(rule_of(2), **changes))


def test_unknown_cells_stay_unknown() -> None:
    """A cell without a number is no small number; lines with gaps are no equations."""
    truth = summed({(0, 0): 10, (0, 1): 20, (1, 0): 30, (1, 1): 40}, (2, 2))
    people = truth.column("people").to_pylist()
    people[0] = None
    made = protect(truth.set_column(2, "people", pa.array(people)), rule_of(2))
    assert made.table.column("people").to_pylist() == people
    assert made.table.column("people_status").to_pylist() == [""] * len(people)
    assert TOTAL in made.table.column("d0").to_pylist()


def test_a_total_that_is_no_sum_is_refused() -> None:
    """With wrong sums nobody could say what they tell; the first one is named, without its numbers."""
    table = pa.table({"d0": ["c0", "c1", TOTAL], "people": [10, 20, 31]})
    with pytest.raises(ContractBroken, match="in row 3 is not the sum of its parts"):
        protect(table, rule_of(1))
