"""What happens when the columns of a source change."""

from __future__ import annotations

from typing import Any

import pytest

from allmende.errors import HeldBack
from allmende.model.dataset import Column
from allmende.testing.small import small_city
from tests.structure.conftest import Bench

COLUMNS = (Column("number", "integer", required=True), Column("name"))
GOOD: list[list[Any]] = [["number", "name"], [1, "a"], [2, "b"]]
WIDER: list[list[Any]] = [["extra", "number", "name"], [True, 1, "a"], [False, 2, "b"]]
NARROWER: list[list[Any]] = [["number"], [1], [2]]


def test_discard_drops_what_is_not_declared(bench: Bench) -> None:
    """New columns never get out when the contract says discard."""
    city = small_city(columns=COLUMNS, contract="discard")
    assert bench.publish(city, WIDER).outcome == "new"
    assert bench.table().column_names == ["number", "name"]


def test_evolve_takes_new_columns_along(bench: Bench) -> None:
    """New columns come after the declared ones."""
    city = small_city(columns=COLUMNS, contract="evolve")
    bench.publish(city, WIDER)
    assert bench.table().column_names == ["number", "name", "extra"]
    assert bench.versions()[0].columns[2].type == "boolean"


def test_forgiven_columns_are_unknown_not_invented(bench: Bench) -> None:
    """A column that went missing is None in every row; one that is needed is never forgiven."""
    city = small_city(columns=COLUMNS, contract="evolve")
    bench.publish(city, NARROWER)
    assert bench.rows() == [{"number": 1, "name": None}, {"number": 2, "name": None}]
    run = bench.publish(city, [["name"], ["a"]])
    assert (run.outcome, "'number'" in run.message) == ("failed", True)


def test_freeze_names_the_nearest_column(bench: Bench) -> None:
    """A renamed column is pointed out."""
    run = bench.publish(small_city(columns=COLUMNS), [["number", "names"], [1, "a"]])
    assert run.outcome == "failed"
    assert "Did you mean 'names'?" in run.hint


def test_without_declared_columns_the_first_version_is_the_contract(bench: Bench) -> None:
    """Detected columns are promised from then on: a new column or another type is refused."""
    city = small_city()
    assert bench.publish(city, GOOD).outcome == "new"
    with pytest.raises(HeldBack, match="'extra'") as held:
        bench.publish(city, WIDER)
    assert held.value.reasons == ("columns",)
    with pytest.raises(HeldBack, match="'number' was integer and is text"):
        bench.publish(city, [["number", "name"], ["x1", "a"], ["x2", "b"]])
    assert bench.publish(city, [*GOOD, [3, "c"]]).outcome == "new"


def test_evolve_without_declared_columns_takes_other_types(bench: Bench) -> None:
    """Whoever writes evolve wants whatever comes."""
    city = small_city(contract="evolve")
    bench.publish(city, GOOD)
    assert bench.publish(city, [["number", "name"], ["x1", "a"], ["x2", "b"]]).outcome == "new"
    assert bench.versions()[0].columns[0].type == "text"
