"""Attacks by people who know the method, the other tables, and the versions before. The truth is known."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allmende.errors import ContractBroken, HeldBack
from allmende.guard.disclosure.attack import Known, bounds, revealed
from allmende.guard.disclosure.cube import Cube, Flags, cube_of
from allmende.guard.disclosure.protect import protect, shown_of
from allmende.model.disclosure import Disclosure
from tests.guard.disclosure.tables import TOTAL, rule_of, summed, table_of

SECRET = b"a secret of this family, 32 byte"


def hidden_of(
    truth: pa.Table, shown: pa.Table, rule: Disclosure
) -> tuple[Cube, Flags, dict[Hashable, float]]:
    """What was left out of a table, with the truth of it."""
    rule = replace(rule, largest="", contributors="")
    true, seen = cube_of(truth, rule), cube_of(shown, rule)
    hidden = true.present & ~seen.present
    places = [tuple(map(int, place)) for place in zip(*hidden.nonzero(), strict=True)]
    return true, hidden, {true.name(place): float(true.values[place]) for place in places}


@settings(max_examples=40, deadline=None)
@given(st.sampled_from([(2, 2), (3, 3), (2, 4)]), st.integers(0, 10_000))
def test_who_knows_that_nothing_hidden_is_none_learns_no_more(sizes: tuple[int, ...], seed: int) -> None:
    """Zeros are always shown, so a hidden count is 1 at least; even so none is told to within 2."""
    truth, rule = table_of(sizes, seed, small=0.3, largest=8), rule_of(len(sizes))
    try:
        made = protect(truth, rule)
    except HeldBack:
        return
    cube, hidden, values = hidden_of(truth, made.table, rule)
    known = Known()
    known.add_cube(cube, hidden)
    known.lower = dict.fromkeys(known.names(), 1.0)
    found = bounds(known, [{name: 1.0} for name in values])
    for (low, high), value in zip(found, values.values(), strict=True):
        assert low < value - 2.5 or high > value + 2.5


def test_a_cell_that_could_only_be_none_hides_nothing() -> None:
    """With 3 beside it the 1 can become 4 only if the 3 becomes none: everybody knows that it is not."""
    truth, rule = summed({(0, 0): 1, (0, 1): 3, (1, 0): 3, (1, 1): 9}, (2, 2)), rule_of(2)
    cube = cube_of(truth, rule)
    corners = cube.present.copy()
    corners[2], corners[:, 2] = False, False
    values: dict[Hashable, float] = {
        cube.name((a, b, 0)): float(cube.values[a, b, 0]) for a in (0, 1) for b in (0, 1)
    }
    assert revealed([(cube, corners)], values, 2)
    again, hidden, left_out = hidden_of(truth, protect(truth, rule).table, rule)
    assert revealed([(again, hidden)], left_out, 2) == {}


def test_a_dominated_cell_cannot_be_told_to_a_few_percent() -> None:
    """To hide a turnover of 1000 within 3 would be nothing: what it may be is not dominated by the largest."""
    table = pa.table(
        {
            "branch": ["a", "b", "c", TOTAL],
            "turnover": [1000, 60, 900, 1960],
            "largest": [950, 20, 100, 950],
        }
    )
    rule = Disclosure(
        "suppression", "firms", ("branch",), ("turnover",), {"branch": TOTAL}, largest="largest"
    )
    made = protect(table, rule)
    assert made.table.column("turnover").to_pylist() == [None, 60, None, 1960]
    cube, hidden, _ = hidden_of(table, made.table, rule)
    known = Known()
    known.add_cube(cube, hidden)
    [(low, high)] = bounds(known, [{cube.name((0, 0)): 1.0}])
    assert high * rule.share > 950
    assert low < 1000


def test_few_contributors_are_hidden_whatever_they_turn_over() -> None:
    """Two firms with a large turnover know each other's; the number of firms is not published."""
    table = pa.table(
        {
            "branch": ["a", "b", "c", TOTAL],
            "turnover": [1000, 800, 900, 2700],
            "firms": [2, 30, 40, 72],
        }
    )
    rule = Disclosure(
        "suppression", "firms", ("branch",), ("turnover",), {"branch": TOTAL}, contributors="firms"
    )
    made = protect(table, rule)
    assert made.table.column_names == ["branch", "turnover", "turnover_status"]
    assert made.table.column("turnover").to_pylist()[0] is None
    assert {one.why for one in made.changes} == {"small", "complementary"}


def test_a_share_beside_the_counts_is_refused() -> None:
    """From the share of a hidden number in its sum everybody can work it out; texts say nothing."""
    truth = summed({(0,): 1, (1,): 30, (2,): 40}, (3,))
    shares = pa.array([n / 71 for n in (1, 30, 40, 71)])
    beside = truth.append_column("share", shares)
    with pytest.raises(ContractBroken, match="'share'"):
        protect(beside, rule_of(1))
    protect(truth.append_column("name", pa.array(["a", "b", "c", "all"])), rule_of(1))
    protect(beside, rule_of(1, beside=("share",)))


def test_a_total_that_nobody_named_is_refused() -> None:
    """Without its name the sum would tell what is left out of it."""
    truth = table_of((5, 4), 1)
    with pytest.raises(ContractBroken, match="sum of the others"):
        protect(truth, replace(rule_of(2), totals={"d0": TOTAL}))


def test_a_name_beside_a_key_is_no_dimension() -> None:
    """Then no part would belong to the total, and nothing would be hidden from it."""
    truth = summed({(0,): 1, (1,): 30, (2,): 40}, (3,))
    named = truth.append_column("name", pa.array(["north", "south", "west", "town"]))
    rule = replace(rule_of(1), dimensions=("d0", "name"))
    with pytest.raises(ContractBroken, match="no parts"):
        protect(named, rule)


def nested(counts: dict[str, dict[str, int]]) -> pa.Table:
    """Blocks of districts, the districts, and the city."""
    rows = [("all", "all", sum(sum(blocks.values()) for blocks in counts.values()))]
    for district, blocks in counts.items():
        rows.append((district, "all", sum(blocks.values())))
        rows += [(district, block, count) for block, count in blocks.items()]
    return pa.table(
        {name: [row[n] for row in rows] for n, name in enumerate(("district", "block", "people"))}
    )


def test_blocks_that_add_up_to_districts_are_protected() -> None:
    """A block stands in the sum of its district only: one more block of it is left out, and no more."""
    truth = nested({"north": {"n1": 1, "n2": 30, "n3": 50}, "south": {"s1": 20, "s2": 40}})
    rule = Disclosure(
        "suppression", "blocks", ("district", "block"), ("people",), {"district": "all", "block": "all"}
    )
    made = protect(truth, rule)
    assert made.table.column("people").to_pylist() == [141, 81, None, None, 50, 60, 20, 40]
    cube, hidden, values = hidden_of(truth, made.table, rule)
    assert revealed([(cube, hidden)], values, 2) == {}


def test_a_small_district_is_hidden_with_its_blocks() -> None:
    """The sum of a district that is left out cannot be told from its blocks either."""
    truth = nested({"north": {"n1": 2}, "south": {"s1": 20, "s2": 40}, "west": {"w1": 30, "w2": 9}})
    rule = Disclosure(
        "suppression", "blocks", ("district", "block"), ("people",), {"district": "all", "block": "all"}
    )
    try:
        made = protect(truth, rule)
    except HeldBack:
        return  # an honest no
    cube, hidden, values = hidden_of(truth, made.table, rule)
    assert revealed([(cube, hidden)], values, 2) == {}


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_two_tables_of_a_family_do_not_tell_each_others_cells(seed: int) -> None:
    """Households by district and size, and by district and age: attacked together, with the sums of both."""
    fine = table_of((4, 3), seed, small=0.2, largest=30)
    margins = {
        d0: people
        for d0, d1, people in zip(*(fine.column(n).to_pylist() for n in ("d0", "d1", "people")), strict=True)
        if d1 == TOTAL and d0 != TOTAL
    }
    ages = {(int(d0[1:]), n): 0 for d0 in margins for n in range(3)}
    for d0, people in margins.items():
        split = [people * (seed % 3) // 7, people * (seed % 5) // 11]
        for n, count in enumerate([*split, people - sum(split)]):
            ages[int(d0[1:]), n] = count
    other = summed(ages, (4, 3)).rename_columns(["d0", "age", "people"])
    one, two = rule_of(2), replace(rule_of(2), dimensions=("d0", "age"), totals={"d0": TOTAL, "age": TOTAL})
    try:
        first = protect(fine, one)
        second = protect(other, two, family=[shown_of(first.table, one)])
    except HeldBack:
        return
    a, hidden_a, truth_a = hidden_of(fine, first.table, one)
    b, hidden_b, truth_b = hidden_of(other, second.table, two)
    cells = [*shown_of(first.table, one).cells.items(), *shown_of(second.table, two).cells.items()]
    read: dict[Hashable, float] = dict(cells)
    truth: dict[Hashable, float] = {**truth_a, **truth_b}
    assert revealed([(a, hidden_a), (b, hidden_b)], truth, 2, {}, read) == {}


def test_a_column_of_totals_is_the_same_cell_alone() -> None:
    """What the wide table leaves out of its total, a table of totals alone does not show."""
    wide = pa.table(
        {
            "d0": ["a", "b", "c", TOTAL],
            "one": [1, 20, 30, 51],
            "two": [1, 20, 30, 51],
            "every": [2, 40, 60, 102],
        }
    )
    rule = Disclosure(
        "suppression", "people", ("d0",), ("one", "two", "every"), {"d0": TOTAL}, total_column="every"
    )
    alone = replace(rule, values=("every",), total_column="")
    shown = shown_of(protect(wide.select(["d0", "every"]), alone).table, alone)
    assert {name for name in shown.hidden if ("(values)", "every") in name}
    made = protect(wide, rule, family=[shown])
    assert made.table.column("every").to_pylist()[0] is None


def test_a_cell_that_the_last_version_showed_hides_nothing() -> None:
    """Only the first number became small; beside the last version the change of the sum would tell it."""
    rule = rule_of(1)
    first = protect(summed({(0,): 10, (1,): 20, (2,): 30}, (3,)), rule)
    before = replace(shown_of(first.table, rule), earlier=True)
    truth = summed({(0,): 1, (1,): 20, (2,): 30}, (3,))
    assert protect(truth, rule).table.column("people").to_pylist() == [None, None, 30, 51]
    assert protect(truth, rule, family=[before]).table.column("people").to_pylist() == [None, 20, 30, None]
    other = summed({(0,): 1, (1,): 35, (2,): 50}, (3,))
    assert protect(other, rule, family=[before]).table.column("people").to_pylist() == [None, None, 50, 86]


def test_what_was_public_before_the_rule_does_not_stop_it() -> None:
    """The first protected version is better than the one that showed everything."""
    rule, truth = rule_of(1), summed({(0,): 1, (1,): 20, (2,): 30}, (3,))
    before = shown_of(truth, rule, earlier=True)
    assert not before.marked
    assert protect(truth, rule, family=[before]).table.column("people").null_count == 2


def test_every_earlier_version_is_compared() -> None:
    """Two people more than the version before the last are two people who can be told."""
    rule = rule_of(1)
    versions = [
        shown_of(protect(summed({(0,): n, (1,): 90}, (2,)), rule).table, rule, earlier=True) for n in (46, 40)
    ]
    with pytest.raises(HeldBack, match="differ"):
        protect(summed({(0,): 47, (1,): 90}, (2,)), rule, family=versions)


def test_noise_cannot_be_averaged_over_cells_with_the_same_people() -> None:
    """When all people of a row are in one column, cell and sum have one noise: two looks are one."""
    counts = {(a, b): 10 + a if b == a % 3 else 0 for a in range(12) for b in range(3)}
    truth = summed(counts, (12, 3))
    shown = protect(truth, rule_of(2, "cell_key"), secret=SECRET).table.to_pylist()
    seen = {(row["d0"], row["d1"]): row["people"] for row in shown}
    for a in range(12):
        assert seen[f"c{a}", f"c{a % 3}"] == seen[f"c{a}", TOTAL]
    coarse = protect(summed({(a,): 10 + a for a in range(12)}, (12,)), rule_of(1, "cell_key"), secret=SECRET)
    assert all(
        row["people"] == seen[row["d0"], TOTAL] for row in coarse.table.to_pylist() if row["d0"] != TOTAL
    )
