"""Recipes: the same rows every time, typed as declared, and no new version when nothing changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from allmende.catalogue.lineage import Lineage
from allmende.errors import NotFound, RecipeInvalid
from allmende.flow.workspace import Workspace
from allmende.model.access import Access
from allmende.model.city import City
from allmende.model.dataset import Column, Dataset, Pin
from allmende.model.knowledge import Recipe
from allmende.model.run import Run
from allmende.model.text import Text
from allmende.structure.publish import publish_dataset
from allmende.testing.small import Lists, receive, small_city
from allmende.testing.small_work import small_workspace
from allmende.understand.recipe import make_table, run_recipe

ROWS: list[list[Any]] = [["number", "street"], [3, "B"], [1, "A"], [2, "A"]]
SQL = "select street, count(*) as benches from benches group by street"
COUNTED = Dataset(
    "by-street",
    Text("Nach Straße", "By street"),
    recipe="by-street",
    access=Access.OPEN,
    key=("street",),
    columns=(Column("street", "text"), Column("benches", "integer")),
)


def _city(sql: str = SQL, counted: Dataset = COUNTED) -> City:
    city = small_city(columns=(Column("number", "integer"), Column("street", "text")), key=("number",))
    return replace(
        city, datasets={**city.datasets, counted.id: counted}, recipes={"by-street": Recipe("by-street", sql)}
    )


def _published(tmp_path: Path, city: City) -> Workspace:
    w = small_workspace(city, tmp_path, ROWS)
    _receive(w, ROWS)
    return w


def _receive(w: Workspace, rows: list[list[Any]]) -> None:
    receive(w.store, w.lake, w.clock, rows)
    assert (
        publish_dataset(w.city, w.city.datasets["benches"], Lists(), w.store, w.lake, w.clock).outcome
        == "new"
    )


def _run(w: Workspace) -> Run:
    return run_recipe(w.city, w.city.datasets["by-street"], w.store, w.lake, w.engine, w.clock)


def test_a_recipe_makes_a_version_that_names_its_inputs(tmp_path: Path) -> None:
    """The version holds rows by key, the recipe's text and the pins it was made from."""
    w = _published(tmp_path, _city())
    assert _run(w).outcome == "new"
    version = w.store.version(Pin("by-street", 1))
    assert (version.inputs, version.recipe_text, version.rows) == ((Pin("benches", 1),), SQL, 2)
    rows = w.lake.read("by-street", version.lake_version).read_all().to_pylist()
    assert rows == [{"street": "A", "benches": 2}, {"street": "B", "benches": 1}]


def test_the_same_again_is_no_new_version(tmp_path: Path) -> None:
    """Only other rows make another version; the same recipe on old pins still gives the old rows."""
    w = _published(tmp_path, _city())
    _run(w)
    assert _run(w).outcome == "unchanged"
    old = make_table(COUNTED, SQL, {"benches": Pin("benches", 1)}, w.engine)
    _receive(w, [*ROWS, [4, "C"]])
    assert _run(w).outcome == "new"
    assert make_table(COUNTED, SQL, {"benches": Pin("benches", 1)}, w.engine).equals(old)
    hashes = {version.content_hash for version in w.store.versions("by-street")}
    assert len(hashes) == 2
    assert w.lake.content_hash(old) in hashes


def test_a_recipe_without_its_input_waits(tmp_path: Path) -> None:
    """A source that never answered is no fault of the recipe: it is skipped and says for what it waits."""
    run = _run(small_workspace(_city(), tmp_path, ROWS))
    assert run.outcome == "skipped"
    assert "benches" in run.message


@pytest.mark.parametrize(
    "sql",
    [
        "select street from benches",
        "select street, street as benches from benches",
        "select street, nothing as benches from benches",
        "select street, 1 / number as benches from benches",
        "drop table benches",
    ],
)
def test_a_wrong_recipe_fails_and_the_last_version_stays(sql: str, tmp_path: Path) -> None:
    """Missing columns, wrong types, unknown names and forbidden SQL are told with a hint; nothing is lost."""
    w = _published(tmp_path, _city())
    _run(w)
    wrong = replace(w, files=_city(sql))
    run = _run(wrong)
    assert (run.outcome, bool(run.message), bool(run.hint)) == ("failed", True, True)
    assert len(w.store.versions("by-street")) == 1
    with pytest.raises(RecipeInvalid):
        make_table(COUNTED, sql, {"benches": Pin("benches", 1)}, w.engine)


def test_lineage_leads_both_ways(tmp_path: Path) -> None:
    """From the source's dataset to what uses it, and from the result back to the raw file's receipt."""
    w = _published(tmp_path, _city())
    _run(w)
    lineage = Lineage(w.city, w.store)
    assert lineage.used_by("benches").datasets == ("by-street",)
    assert lineage.used_by("by-street").datasets == ()
    tree = lineage.derivation(Pin("by-street", 1))
    assert [one.version.pin for one in tree.flat()] == [Pin("by-street", 1), Pin("benches", 1)]
    assert [r.sha256 for r in tree.inputs[0].receipts] == list(w.store.version(Pin("benches", 1)).raw)
    with pytest.raises(NotFound):
        lineage.derivation(Pin("by-street", 9))
