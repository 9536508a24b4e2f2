"""Small groups are hidden at every publication, in refreshes and when a version is made again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyarrow.parquet as pq
import pytest

from allmende.errors import NotFound
from allmende.flow.recompute import Recomputer
from allmende.model.access import ANONYMOUS, Access
from allmende.model.city import City
from allmende.model.dataset import Column
from allmende.model.disclosure import Disclosure
from allmende.share.web import reads_of
from tests.flow.conftest import Work, work

__all__ = ["work"]
RULE = Disclosure("suppression", "sitting", ("park",), ("benches",), {"park": "all"})
COLUMNS = (Column("park"), Column("benches", "integer"))
HEADER = ["park", "benches"]


def counted(city: City, rule: Disclosure = RULE) -> City:
    """The benches are counts by park, of which small ones are hidden."""
    benches = replace(city.datasets["benches"], columns=COLUMNS, key=("park",), disclosure=rule)
    return replace(
        city, datasets={"benches": benches}, recipes={}, indicators={}, stories={}, front=type(city.front)()
    )


def parks(**benches: int) -> list[list[Any]]:
    """Rows with their sum."""
    return [HEADER, *([name, count] for name, count in benches.items()), ["all", sum(benches.values())]]


def rows(work: Work, version: int = 0) -> list[dict[str, Any]]:
    """The rows of a version; 0 is the newest."""
    found = work.workspace.store.versions("benches")[version]
    return work.workspace.lake.read("benches", found.lake_version).read_all().to_pylist()


def test_what_is_small_is_not_published(work: Work) -> None:
    """Neither in rows nor in the raw file; the log has it with its reason, and nobody reads the log."""
    work.become(counted)
    work.answer(parks(north=1, south=20, west=30))
    assert work.run()["publish:benches"] == "new"
    assert [(row["benches"], row["benches_status"]) for row in rows(work)] == [
        (None, "suppressed"),
        (None, "suppressed"),
        (30, ""),
        (51, ""),
    ]
    version = work.workspace.store.versions("benches")[0]
    log = pq.read_table(work.workspace.lake.raw_path(version.changes_raw)).to_pylist()
    assert {(one["before"], one["why"]) for one in log} == {(1.0, "small"), (20.0, "complementary")}
    reads = reads_of(work.workspace)
    for sha256 in (version.raw[0], version.changes_raw):
        with pytest.raises(NotFound):
            reads.raw(ANONYMOUS, sha256)


def test_a_version_is_made_again_as_it_was(work: Work) -> None:
    """Beside the tables that were public then, the same cells are hidden."""
    work.become(counted)
    work.answer(parks(north=1, south=20, west=30))
    work.run()
    work.answer(parks(north=1, south=45, west=60))
    work.wait(hours=2)
    assert work.run()["publish:benches"] == "new"
    again = Recomputer(work.workspace)
    for version in work.workspace.store.versions("benches"):
        assert again(version.pin).equal


def test_a_refresh_that_differs_by_two_people_is_held_back(work: Work) -> None:
    """The old version stays; nobody can approve it as it is."""
    work.become(counted)
    work.answer(parks(north=10, south=20, west=30))
    work.run()
    work.answer(parks(north=10, south=22, west=30))
    work.wait(hours=2)
    assert work.run()["publish:benches"] == "held"
    (held,) = work.workspace.store.releases.of_dataset("benches")
    assert (held.state, held.held_for) == ("held", ("disclosure",))
    assert held.failed_checks
    assert len(work.workspace.store.versions("benches")) == 1


def test_cell_keys_are_drawn_from_the_secret_of_the_lake(work: Work) -> None:
    """The same count has the same noise tomorrow, and the secret is readable by its owner only."""
    rule = replace(RULE, method="cell_key")
    work.become(lambda city: counted(city, rule))
    work.answer(parks(north=11, south=20, west=30))
    work.run()
    first = rows(work)
    assert {row["benches_status"] for row in first} == {"perturbed"}
    path = work.workspace.data / "secrets" / "disclosure.key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(path.read_bytes()) == 32
    assert Recomputer(work.workspace)(work.workspace.store.versions("benches")[0].pin).equal


def test_without_declared_columns_marks_are_not_asked_of_the_source(work: Work) -> None:
    """The second refresh is held to the source's columns, not to the marks."""
    work.become(lambda city: replace(counted(city), datasets={
        "benches": replace(counted(city).datasets["benches"], columns=())}))  # fmt: skip
    work.answer(parks(north=1, south=20, west=30))
    work.run()
    work.answer(parks(north=1, south=45, west=60))
    work.wait(hours=2)
    assert work.run()["publish:benches"] == "new"


def test_versions_from_before_the_rule_are_closed(work: Work) -> None:
    """What showed everybody's small numbers is not shown beside the protected version."""

    def plain(city: City) -> City:
        made = counted(city)
        return replace(made, datasets={"benches": replace(made.datasets["benches"], disclosure=None)})

    work.become(plain)
    work.answer(parks(north=1, south=20, west=30))
    assert work.run()["publish:benches"] == "new"
    assert reads_of(work.workspace).dataset(ANONYMOUS, "benches", 1).version is not None
    work.become(counted)
    with pytest.raises(NotFound):
        reads_of(work.workspace).dataset(ANONYMOUS, "benches", 1)
    work.wait(hours=2)
    assert work.run()["publish:benches"] == "new"
    reads = reads_of(work.workspace)
    assert reads.dataset(ANONYMOUS, "benches", 2).version is not None
    with pytest.raises(NotFound):
        reads.dataset(ANONYMOUS, "benches", 1)


def test_rows_that_are_not_taken_quote_no_numbers(work: Work) -> None:
    """A reason quotes what could not be read; of counts that are hidden nobody reads it."""
    work.become(counted)
    rows_given = parks(north=10, south=20, west=30)
    work.answer([*rows_given, ["east", "2 people"]])
    assert work.run()["publish:benches"] == "new"
    version = work.workspace.store.versions("benches")[0]
    assert version.rejected == 1
    assert reads_of(work.workspace).rejected(ANONYMOUS, "benches").rejected == ()


def test_readers_see_the_marks_as_they_see_the_counts(work: Work) -> None:
    """On pages, in rows and in downloads, also where the columns are declared; closed with their column."""
    work.become(counted)
    work.answer(parks(north=1, south=20, west=30))
    work.run()
    page = reads_of(work.workspace).rows(ANONYMOUS, "benches")
    assert [column.name for column in page.columns] == ["park", "benches", "benches_status"]
    assert page.rows[0] == ("north", None, "suppressed")
    closed = (COLUMNS[0], replace(COLUMNS[1], access=Access.INTERNAL))
    work.become(
        lambda city: replace(city, datasets={"benches": replace(city.datasets["benches"], columns=closed)})
    )
    assert [c.name for c in reads_of(work.workspace).rows(ANONYMOUS, "benches").columns] == ["park"]
