"""Cell keys and rounding: unbiased, repeatable, without small counts, and averaging brings nothing."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allmende.errors import HeldBack
from allmende.guard.disclosure.cell_key import cell_key, key_of_records, perturb, record_key, transitions
from allmende.guard.disclosure.protect import protect
from tests.guard.disclosure.tables import people_of, rule_of, summed, table_of

SECRET = b"a secret of this family, 32 byte"


@settings(deadline=None)
@given(st.integers(1, 200), st.integers(3, 8), st.sampled_from([1.0, 2.0, 3.0]), st.sampled_from([3, 5]))
def test_the_noise_is_unbiased_and_shows_no_small_count(
    count: int, noise: int, variance: float, minimum: int
) -> None:
    """Its mean is the count, its chances add up, and no value from 1 to the minimum comes out."""
    table = transitions(count, noise, variance, minimum)
    chances = [up_to - (table[n - 1][1] if n else 0.0) for n, (_, up_to) in enumerate(table)]
    mean = sum(value * chance for (value, _), chance in zip(table, chances, strict=True))
    assert mean == pytest.approx(count, abs=0.02)
    assert all(chance >= -1e-12 for chance in chances)
    assert all(value == 0 or value >= minimum for value, _ in table)
    assert all(abs(value - count) <= max(noise, minimum) for value, _ in table)


def test_the_noise_has_the_set_variance() -> None:
    """Where the range allows it."""
    for variance in (1.0, 2.0, 4.0):
        table = transitions(50, 6, variance, 3)
        chances = [up_to - (table[n - 1][1] if n else 0.0) for n, (_, up_to) in enumerate(table)]
        found = sum(p * (v - 50) ** 2 for (v, _), p in zip(table, chances, strict=True))
        assert found == pytest.approx(variance, rel=0.02)


def test_nothing_stays_nothing() -> None:
    """A zero is never made into people."""
    assert {perturb(0, n / 100, 4, 2.0, 3) for n in range(100)} == {0}


def test_the_same_cell_has_the_same_noise_in_every_table() -> None:
    """A margin of one table and a cell of another are the same people, so asking twice brings nothing."""
    counts = {(a, b): 10 + 7 * a + 3 * b for a in range(4) for b in range(3)}
    fine = protect(summed(counts, (4, 3)), rule_of(2, "cell_key"), secret=SECRET).table
    rows = {a: sum(counts[a, b] for b in range(3)) for a in range(4)}
    coarse = protect(
        summed({(a,): n for a, n in rows.items()}, (4,)), rule_of(1, "cell_key"), secret=SECRET
    ).table
    margins = {
        d0: people
        for d0, d1, people in zip(*(fine.column(n).to_pylist() for n in ("d0", "d1", "people")), strict=True)
        if d1 == "all"
    }
    assert margins == dict(
        zip(coarse.column("d0").to_pylist(), coarse.column("people").to_pylist(), strict=True)
    )


def test_averaging_over_repeats_brings_nothing() -> None:
    """A hundred publications of the same table are one publication."""
    truth, rule = table_of((5, 5), 3), rule_of(2, "cell_key")
    first = protect(truth, rule, secret=SECRET).table.column("people").to_pylist()
    assert all(
        protect(truth, rule, secret=SECRET).table.column("people").to_pylist() == first for _ in range(20)
    )
    other = protect(truth, rule, secret=b"x" * 32).table.column("people").to_pylist()
    assert other != first


def test_over_many_cells_the_noise_cancels() -> None:
    """Sums over hundreds of cells stay useful."""
    truth = table_of((20, 20), 5, small=0.0, largest=90)
    before = people_of(truth)
    after = people_of(protect(truth, rule_of(2, "cell_key"), secret=SECRET).table)
    differences = [b - a for a, b in zip(before, after, strict=True)]
    assert abs(statistics.fmean(differences)) < 0.35
    assert max(map(abs, differences)) <= 5


def test_without_a_secret_there_is_no_noise() -> None:
    """A key that everybody can compute would be none."""
    with pytest.raises(HeldBack, match="no secret"):
        protect(table_of((3, 3), 1), rule_of(2, "cell_key"))
    assert cell_key(SECRET, "people", frozenset({("a", "1")}), 5) != cell_key(
        SECRET, "others", frozenset({("a", "1")}), 5
    )


def test_keys_of_records_do_not_depend_on_their_order() -> None:
    """The same people have the same key, however they are listed."""
    keys = [record_key(SECRET, f"person {n}") for n in range(10)]
    assert key_of_records(keys) == key_of_records(reversed(keys))
    assert key_of_records(keys) != key_of_records(keys[1:])


@given(st.integers(0, 500), st.sampled_from([3, 5, 10]))
def test_rounding_is_to_the_base(seed: int, base: int) -> None:
    """Every value is a multiple of the base and at most half of it away; the mark says so."""
    truth = table_of((3, 4), seed, small=0.0, largest=400)
    try:
        made = protect(truth, rule_of(2, "rounding", base=base))
    except HeldBack:
        return
    for before, after in zip(people_of(truth), people_of(made.table), strict=True):
        assert after % base == 0
        assert abs(after - before) <= base / 2
    assert set(made.table.column("people_status").to_pylist()) == {"rounded"}


def test_rounding_that_tells_a_small_number_is_refused() -> None:
    """Eleven ones round to nothing; their sum is shown as 12, so it was 11 at least, and each of them 1."""
    with pytest.raises(HeldBack, match="rounded sums"):
        protect(summed({(n,): 1 for n in range(11)}, (11,)), rule_of(1, "rounding", base=3))
    protect(summed({(n,): 1 for n in range(12)}, (12,)), rule_of(1, "rounding", base=3))
