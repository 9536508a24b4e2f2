"""What foreign catalogues list, in the store, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from allmende.model.harvest import ForeignDataset, ForeignDistribution, Harvest, Harvested
from allmende.store.sql import SqlStore
from tests.postgres import Postgres

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
HARVEST = Harvest("near", NOW, "f" * 64, '"1"', "Wed", ("entry 1 has no title",))
TREES = ForeignDataset(
    "x" * 1900 + "ä", "Bäume", "100 % grün", "Amt", "cc0-1.0", "CC0", "https://x.example/1", "2024",
    ("Baum", "Park_1"), (ForeignDistribution("Liste", "https://x.example/1.csv", "CSV"),),
)  # fmt: skip


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlStore]:
    """An empty store of each kind."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    else:
        postgres: Postgres = request.getfixturevalue("postgres")
        url = postgres.database()
    found = SqlStore.open(url)
    yield found
    found.close()


def test_a_harvest_comes_back(store: SqlStore) -> None:
    """Every field of the entry and of the harvest; a confirmed one is only newer."""
    assert store.harvests.replace(HARVEST, [TREES], {TREES.identifier: ("o", "1")}) == Harvested(new=1)
    (entry,), count = store.harvests.entries(["near"])
    assert (entry.dataset, entry.first_seen, entry.gone, entry.same_as, count) == (
        TREES,
        NOW,
        None,
        ("o", "1"),
        1,
    )
    later = NOW + timedelta(days=1)
    store.harvests.confirm("near", later)
    assert store.harvests.last() == {"near": replace(HARVEST, at=later)}
    assert list(store.harvests.others("near")) == []
    assert list(store.harvests.others("else")) == [("near", TREES)]


def test_words_and_pages(store: SqlStore) -> None:
    """Words in any order and case, signs of patterns as signs; those that are gone come last and are not counted as listed."""
    other = replace(TREES, identifier="2", title="Alleen", keywords=())
    store.harvests.replace(HARVEST, [TREES, other], {})
    assert [e.dataset.title for e in store.harvests.entries(["near"], "BÄUME park_1")[0]] == ["Bäume"]
    assert store.harvests.entries(["near"], "p_rk") == ((), 0)
    assert store.harvests.entries(["near"], "100 %")[1] == 2
    assert store.harvests.entries([])[1] == 0
    later = replace(HARVEST, at=NOW + timedelta(days=1))
    assert store.harvests.replace(later, [TREES], {}) == Harvested(gone=1, unchanged=1)
    assert [e.dataset.title for e in store.harvests.entries(["near"], limit=1, offset=1)[0]] == ["Alleen"]
    assert [one.title for _, one in store.harvests.others("else")] == ["Bäume"]
