"""Releases in the store, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from allmende.errors import Conflict, NotFound
from allmende.model.access import Access
from allmende.model.dataset import Check, Column, Dataset
from allmende.model.guard import Decision, GuardFinding
from allmende.model.release import Release, ReleaseStep
from allmende.model.source import Source
from allmende.model.standing import Definition, Standing
from allmende.model.text import Text
from allmende.model.withdrawal import Incident
from allmende.store.sql import SqlStore
from tests.postgres import Postgres

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
DEFINITION = Definition(
    Dataset("trees", Text("Bäume", "Trees"), source="trees", columns=(Column("n", "integer", Text("Zahl", "n")),),
            access=Access.COMMERCIAL),
    Source("trees", Text("Bäume", "Trees"), "table", "upload:trees.xlsx", options={"header": 2}),
)  # fmt: skip
RELEASE = Release(
    "r1", "trees", "green", "draft", 1, NOW, NOW, "anna", raw="ab", definition=DEFINITION,
    checks=(Check("read", True),), findings=(GuardFinding("iban", "n", 2, values={"a": "b"}),),
    decisions=(Decision("iban", "n", "ours", "clara", NOW),),
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


def step(action: str) -> ReleaseStep:
    """A step of the release."""
    return ReleaseStep("r1", 0, NOW, "anna", action, "draft", "why")


def test_a_release_comes_back_as_it_was_with_its_history(store: SqlStore) -> None:
    """With description, findings and decisions; steps are numbered as they came."""
    store.releases.add(RELEASE, step("begin"))
    store.releases.save(replace(RELEASE, revision=2, state="described"), 1, step("describe"))
    found = store.releases.get("r1")
    assert found == replace(RELEASE, revision=2, state="described")
    assert [(s.number, s.action) for s in store.releases.steps("r1")] == [(1, "begin"), (2, "describe")]
    assert store.releases.of_dataset("trees") == store.releases.in_states(["described"]) == (found,)
    assert store.releases.of_departments(["roads"]) == ()
    assert store.releases.of_departments(None) == store.releases.of_departments(["green"]) == (found,)
    store.releases.keep_look("r1", '{"rows": 3}')
    assert store.releases.look("r1") == '{"rows": 3}'
    with pytest.raises(NotFound):
        store.releases.get("r2")


def test_who_comes_second_changes_nothing(store: SqlStore) -> None:
    """Neither the release nor its history nor how the dataset stands."""
    store.releases.add(RELEASE, step("begin"))
    store.releases.save(replace(RELEASE, revision=2), 1)
    with pytest.raises(Conflict):
        store.releases.publish(
            replace(RELEASE, revision=2, state="published"), 1, step("publish"), Standing("trees", "released")
        )
    assert store.releases.get("r1").state == "draft"
    assert len(store.releases.steps("r1")) == 1
    assert store.releases.standings() == ()


def test_a_standing_is_seen_by_readers_and_by_the_city(store: SqlStore) -> None:
    """Both numbers grow, so that no cache keeps what was withdrawn."""
    before = store.generation(), store.releases.edition()
    store.releases.stand(Standing("trees", "withheld", DEFINITION))
    store.releases.stand(Standing("trees", "withdrawn", DEFINITION))
    assert store.releases.standings() == (Standing("trees", "withdrawn", DEFINITION),)
    assert (store.generation(), store.releases.edition()) == (before[0] + 2, before[1] + 2)


def test_incidents_are_kept(store: SqlStore) -> None:
    """A second writing under the same id is the newer word."""
    incident = Incident("i1", "trees", NOW, "ben", "names in it", (1, 2), NOW, ("tree-sums",), 12)
    store.releases.add_incident(incident)
    store.releases.add_incident(replace(incident, told="the officer on 2 July"))
    assert store.releases.incidents() == (replace(incident, told="the officer on 2 July"),)
