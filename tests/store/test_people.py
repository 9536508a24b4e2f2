"""People, roles and the audit log in the store, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import update

from allmende.errors import Conflict, NotFound
from allmende.model.audit import Entry, first_fault
from allmende.model.person import Grant, Person
from allmende.store.people_tables import AUDIT
from allmende.store.sql import SqlStore
from tests.postgres import Postgres

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
ANNA = Person("p1", "anna", "Anna", "anna@city.example", (Grant("steward", "green"),), NOW)


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


def entry(action: str = "add") -> Entry:
    """What is told of it."""
    return Entry(0, NOW, "operator", action, "person:p1")


def test_people_come_back_with_their_roles(store: SqlStore) -> None:
    """Roles are given for a time, taken away, and everything is told."""
    store.people.add(ANNA, entry())
    deputy = Grant("releaser", "*", date(2026, 8, 1), "p9")
    store.people.grant("p1", deputy, entry("grant"))
    assert set(store.people.called("anna").grants) == {Grant("steward", "green"), deputy}
    store.people.revoke("p1", Grant("steward", "green"), entry("revoke"))
    assert store.people.called("anna").grants == (deputy,)
    store.people.close("p1", NOW, entry("close"))
    assert store.people.called("anna").closed == NOW
    assert [one.action for one in store.people.audit()] == ["add", "grant", "grant", "revoke", "close"]
    assert first_fault(store.people.audit()) == ""


def test_names_are_there_once_and_what_is_not_there_is_said(store: SqlStore) -> None:
    """A second Anna is refused, and nothing is told of her."""
    store.people.add(ANNA, entry())
    with pytest.raises(Conflict):
        store.people.add(Person("p2", "anna", "Another", created=NOW), entry())
    with pytest.raises(NotFound):
        store.people.called("ben")
    with pytest.raises(NotFound):
        store.people.revoke("p1", Grant("releaser", "green"), entry("revoke"))
    assert [one.action for one in store.people.audit()] == ["add", "grant"]


def test_many_at_once_make_one_chain(store: SqlStore) -> None:
    """Each entry follows one other; none is lost, none has two followers."""

    def tell(number: int) -> int:
        for _ in range(20):
            try:
                store.people.tell(Entry(0, NOW, f"person {number}", "look", "x"))
            except Exception:
                continue
            return 1
        return 0

    with ThreadPoolExecutor(8) as pool:
        told = sum(pool.map(tell, range(40)))
    entries = list(store.people.audit())
    assert (told, len(entries), first_fault(entries)) == (40, 40, "")


def test_a_change_behind_our_back_is_seen(store: SqlStore) -> None:
    """Also by somebody who has the database."""
    for number in range(3):
        store.people.tell(Entry(0, NOW, "anna", "look", str(number)))
    with store.engine.begin() as db:
        db.execute(update(AUDIT).where(AUDIT.c.number == 2).values(actor="ben"))
    assert first_fault(store.people.audit()) == "entry 2 was changed"
