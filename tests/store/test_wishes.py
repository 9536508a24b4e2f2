"""Wishes and contributions in the store, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from allmende.errors import Conflict, NotFound
from allmende.model.audit import Entry
from allmende.model.contribution import Contribution
from allmende.model.wish import PUBLIC, Wish
from allmende.store.sql import SqlStore
from tests.postgres import Postgres

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
WISH = Wish("w1", "a" * 64, "Parkplätze", "Wie viele?", NOW, date(2026, 7, 31))
ENTRY = Entry(0, NOW, "p1", "answer", "wish:w1")
CELLS = {"place": "Markt", "missing": "Schatten"}


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


def test_a_wish_comes_back(store: SqlStore) -> None:
    """By its id, by its secret, by its state; newest first."""
    store.wishes.add(WISH)
    later = replace(WISH, id="w2", secret="b" * 64, made=NOW + timedelta(hours=1), state="open")
    store.wishes.add(later)
    assert store.wishes.get("w1") == WISH
    assert store.wishes.of_secret("b" * 64) == later
    assert store.wishes.in_states(("received", "open")) == (later, WISH)
    assert store.wishes.in_states(PUBLIC) == (later,)
    for ask in (store.wishes.get, store.wishes.of_secret):
        with pytest.raises(NotFound):
            ask("nothing")


def test_one_of_many_answers(store: SqlStore) -> None:
    """Eight people answer the same wish at the same moment: one answer is kept, and told in the log once."""
    store.wishes.add(WISH)

    def answer(number: int) -> bool:
        try:
            store.wishes.save(replace(WISH, state="refused", answer=f"{number}", revision=1), 0, ENTRY)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(answer, range(8))) == 1
    assert store.wishes.get("w1").state == "refused"
    assert len([one for one in store.people.audit() if one.subject == "wish:w1"]) == 1


def given(number: int, **changes: object) -> Contribution:
    """One contribution."""
    one = Contribution(f"c{number}", "hot-places", CELLS, NOW + timedelta(minutes=number), f"{number}" * 64)
    return replace(one, **changes)  # type: ignore[arg-type]


def test_contributions_wait_until_they_are_decided(store: SqlStore) -> None:
    """Only those that wait are decided, and only once."""
    store.contributions.add([given(1), given(2), given(3, given_by="key", secret="")])
    assert store.contributions.waiting() == {"hot-places": 3}
    assert store.contributions.decide(["c1", "c3", "nothing"], "accepted", "", NOW, ENTRY) == 2
    assert store.contributions.decide(["c1", "c2"], "rejected", "Doppelt.", NOW, ENTRY) == 1
    assert [one.id for one in store.contributions.of_dataset("hot-places", "accepted")] == ["c1", "c3"]
    rejected = store.contributions.of_secret("2" * 64)
    assert [(one.state, one.reason, dict(one.cells)) for one in rejected] == [("rejected", "Doppelt.", CELLS)]
    assert [one.id for one in store.contributions.given_by("key", "hot-places")] == ["c3"]
    assert store.contributions.waiting() == {}


def test_nobody_finds_contributions_without_a_link(store: SqlStore) -> None:
    """What came with a key has no link; nothing is found with an empty one."""
    store.contributions.add([given(1, given_by="key", secret="")])
    for secret in ("", "0" * 64):
        with pytest.raises(NotFound):
            store.contributions.of_secret(secret)
    assert store.contributions.given_by("", "hot-places") == ()


def test_rows_come_together_or_not_at_all(store: SqlStore) -> None:
    """A row that cannot be kept leaves none."""
    store.contributions.add([given(1)])
    with pytest.raises(Exception, match=r"(?i)unique|duplicate"):
        store.contributions.add([given(2), given(1)])
    assert store.contributions.waiting() == {"hot-places": 1}
