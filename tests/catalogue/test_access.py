"""Access travels: a dataset is as closed as the strictest of what it is made from."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.catalogue.access import Accesses
from allmende.model.access import Access
from allmende.model.city import City
from allmende.model.dataset import Column, Dataset
from allmende.model.knowledge import Indicator, Recipe
from allmende.model.text import Text
from allmende.testing.small import small_city

COLUMNS = (Column("year", "integer"), Column("people", "integer"), Column("secret", access=Access.PROTECTED))


def _city(
    sql: str, access: Access = Access.OPEN, own: Access = Access.OPEN, licence: str = "cc0-1.0"
) -> City:
    """A source dataset, and a recipe on it."""
    city = small_city(columns=COLUMNS, access=access)
    made = Dataset("made", Text("m"), recipe="made", columns=(Column("x"),), access=own)
    return replace(
        city,
        sources={"benches": replace(city.sources["benches"], licence=licence)},
        datasets={**city.datasets, "made": made},
        recipes={"made": Recipe("made", sql)},
    )


@given(st.sampled_from(Access), st.sampled_from(Access))
def test_a_result_is_never_more_open_than_its_input(access: Access, own: Access) -> None:
    """Whatever the files say, the stricter of both counts."""
    assert Accesses(_city("select year as x from benches", access, own)).dataset("made") is max(access, own)


@pytest.mark.parametrize(
    ("sql", "access"),
    [
        ("select year as x from benches", Access.OPEN),
        ("select secret as x from benches", Access.PROTECTED),
        ("select year as x from benches where secret = '1'", Access.PROTECTED),
        ("select year as x from benches order by secret nulls last", Access.PROTECTED),
        ("select b.year as x from benches a join benches b on a.secret = b.secret", Access.PROTECTED),
        ("with q as (select secret as s from benches) select s as x from q", Access.PROTECTED),
        ("select * from benches", Access.PROTECTED),
        ("this is not sql", Access.INTERNAL),
        ("select x from made", Access.INTERNAL),
    ],
)
def test_columns_that_a_recipe_reads_count(sql: str, access: Access) -> None:
    """Also those that only filter, sort or join; what cannot be understood is internal."""
    assert Accesses(_city(sql)).dataset("made") is access


def test_an_unknown_licence_closes_everything_behind_it() -> None:
    """The dataset itself and whatever is made from it."""
    for licence in ("unknown", "", "no-such-licence"):
        accesses = Accesses(_city("select year as x from benches", licence=licence))
        assert [accesses.dataset(name) for name in ("benches", "made")] == [Access.INTERNAL] * 2
        assert accesses.licences("made") == ()


def test_licences_and_sources_travel() -> None:
    """A result names the licences and sources of its inputs."""
    accesses = Accesses(_city("select year as x from benches"))
    assert [licence.id for licence in accesses.licences("made")] == ["cc0-1.0"]
    assert accesses.attributions("made") == ("Kleinstadt",)


def test_columns_and_indicators() -> None:
    """A column is as closed as its dataset at least; an indicator as the columns it shows or chooses by."""
    city = _city("select year as x from benches")
    people = Indicator("people", Text("p"), Text("d"), "benches", "people", period_column="year")
    chosen = replace(people, id="chosen", where={"secret": "1"})
    accesses = Accesses(replace(city, indicators={"people": people, "chosen": chosen}))
    assert (accesses.column("benches", "year"), accesses.column("benches", "secret")) == (
        Access.OPEN,
        Access.PROTECTED,
    )
    assert (accesses.indicator("people"), accesses.indicator("chosen")) == (Access.OPEN, Access.PROTECTED)


def test_what_does_not_exist_is_internal() -> None:
    """Default closed."""
    accesses = Accesses(_city("select year as x from benches"))
    found = [
        accesses.dataset("no"),
        accesses.column("no", "x"),
        accesses.column("benches", "no"),
        accesses.indicator("no"),
    ]
    assert set(found) == {Access.INTERNAL}
