"""The city as it stands: its files and what the store says over them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from allmende.catalogue.access import Accesses
from allmende.city.current import CurrentCity
from allmende.city.overlay import overlay
from allmende.model.access import ANONYMOUS, Access, Principal, Scope
from allmende.model.city import City, Contact
from allmende.model.dataset import Dataset
from allmende.model.knowledge import Recipe
from allmende.model.source import Source
from allmende.model.standing import Definition, Standing
from allmende.model.text import Text
from allmende.store.sql import SqlStore

TREES = Dataset("trees", Text("Bäume", "Trees"), source="trees", access=Access.OPEN, licence="cc0-1.0")
SUMS = Dataset("sums", Text("Summen", "Sums"), recipe="sums", access=Access.OPEN)
CITY = City(
    "x", Text("X", "X"), Contact("X"),
    sources={"trees": Source("trees", Text("B", "T"), "table", "https://x.example/t.csv", licence="cc0-1.0")},
    datasets={"trees": TREES, "sums": SUMS},
    recipes={"sums": Recipe("sums", "select count(*) as n from trees")},
)  # fmt: skip
ALL = Principal("key", "all", (Scope(Access.INTERNAL),))


def test_a_description_in_the_store_is_a_dataset_and_files_win() -> None:
    """The source comes along; a dataset with a file keeps what the file says."""
    roads = replace(TREES, id="roads", source="roads")
    source = replace(CITY.sources["trees"], id="roads", address="upload:roads.csv")
    mine = replace(TREES, title=Text("Andere", "Others"))
    found = overlay(
        CITY,
        [
            Standing("roads", "released", Definition(roads, source)),
            Standing("trees", "released", Definition(mine, CITY.sources["trees"])),
        ],
    )
    assert (found.datasets["roads"], found.sources["roads"]) == (roads, source)
    assert found.datasets["trees"] == TREES
    assert "roads" not in CITY.datasets


def test_what_was_withdrawn_is_closed_to_everybody_with_all_that_is_made_of_it() -> None:
    """Also for those who may read internal data; withheld data stay for them."""
    gone = Accesses(overlay(CITY, [Standing("trees", "withdrawn")]))
    assert gone.dataset("trees") is gone.dataset("sums") is Access.WITHDRAWN
    assert not ALL.may_read(gone.dataset("sums"), "sums")
    held = Accesses(overlay(CITY, [Standing("trees", "withheld")]))
    assert held.dataset("sums") is Access.INTERNAL
    assert not ANONYMOUS.may_read(held.dataset("trees"), "trees")
    assert ALL.may_read(held.dataset("trees"), "trees")


def test_a_standing_without_its_dataset_says_nothing() -> None:
    """The city's file may be gone since."""
    assert overlay(CITY, [Standing("parks", "withdrawn")]) == CITY


def test_the_city_is_looked_at_anew_when_a_standing_changed(tmp_path: Path) -> None:
    """And is the same object as long as nothing did."""
    store = SqlStore.open(f"sqlite:///{tmp_path / 'store.sqlite'}")
    current = CurrentCity(CITY, store.releases)
    first = current()
    assert current() is first
    store.releases.stand(Standing("trees", "withdrawn"))
    current._until = 0.0
    assert current().datasets["trees"].access is Access.WITHDRAWN
    store.close()
