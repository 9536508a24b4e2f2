"""Any version can be made again, and it is said whether it is the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from allmende.errors import NotFound
from allmende.flow.recompute import CHANGED, SAME, SAME_THOUGH_CHANGED, Recomputer
from allmende.model.city import City
from allmende.model.dataset import Pin
from allmende.model.knowledge import Recipe
from tests.flow.conftest import ROWS, Work

TABLE, RESULT = Pin("benches", 1), Pin("benches-by-year", 1)


def test_old_and_new_versions_are_equal(work: Work) -> None:
    """Tables from their raw bytes, results from their input versions, also after newer ones came."""
    work.run()
    work.answer([*ROWS, [4, 2022, 1]])
    work.wait(hours=2)
    work.run()
    again = Recomputer(work.workspace)
    for pin in (TABLE, RESULT, Pin("benches", 2), Pin("benches-by-year", 2)):
        made = again(pin)
        assert (made.equal, made.reason) == (True, SAME), pin
        assert made.content_hash == work.workspace.store.version(pin).content_hash


def test_a_changed_definition_is_named(work: Work) -> None:
    """A version under an old contract differs, and it is said why; an old recipe still gives its result."""
    work.run()

    def change(city: City) -> City:
        benches = city.datasets["benches"]
        columns = tuple(replace(c, type="text") if c.name == "height" else c for c in benches.columns)
        return replace(
            city,
            datasets={**city.datasets, "benches": replace(benches, columns=columns)},
            recipes={
                "benches-by-year": Recipe("benches-by-year", "select 1 as year, 1 as benches from benches")
            },
        )

    work.become(change)
    again = Recomputer(work.workspace)
    assert (again(TABLE).equal, again(TABLE).reason) == (False, CHANGED)
    assert (again(RESULT).equal, again(RESULT).reason) == (True, SAME_THOUGH_CHANGED)


def test_lost_bytes_are_a_reason_not_a_crash(work: Work) -> None:
    """When the raw bytes are gone, it is said; a version that never was is not found."""
    work.run()
    again = Recomputer(work.workspace)
    work.workspace.lake.raw_path(work.workspace.store.version(TABLE).raw[0]).unlink()
    made = again(TABLE)
    assert (made.equal, "no raw bytes" in made.reason) == (False, True)
    with pytest.raises(NotFound):
        again(Pin("benches", 9))


def test_nothing_is_written(work: Work) -> None:
    """Computing again changes neither store nor lake."""
    work.run()
    store = work.workspace.store
    before = (store.generation(), sorted(p.name for p in work.workspace.data.rglob("*.parquet")))
    Recomputer(work.workspace)(RESULT)
    Recomputer(work.workspace)(TABLE)
    assert (store.generation(), sorted(p.name for p in work.workspace.data.rglob("*.parquet"))) == before
