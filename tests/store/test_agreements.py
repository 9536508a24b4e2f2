"""Agreements in the store, on both databases: kept as they are, never more given than was agreed."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from allmende.errors import NotFound
from allmende.model.agreement import Agreement, Delivery, Gift, Quota
from allmende.model.audit import Entry, first_fault
from allmende.model.run import AccessKey
from allmende.store.sql import SqlStore
from tests.postgres import Postgres

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
DAY = date(2026, 7, 1)
REQUESTS = Quota("requests", "day", 25)
ROWS = Quota("rows", "month", 100)
MADE = Agreement(
    "a1", "Beispiel GmbH", ("product", "research"), ("benches",), DAY, date(2027, 6, 30),
    (REQUESTS, ROWS), (Gift("fixes", "Faults found", date(2027, 1, 31)), Gift("text", "A report")), 12_050, True,
)  # fmt: skip


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlStore]:
    """A store of each kind with one agreement."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    else:
        postgres: Postgres = request.getfixturevalue("postgres")
        url = postgres.database()
    found = SqlStore.open(url)
    found.agreements.add(MADE, NOW, entry("agree"))
    yield found
    found.close()


def entry(action: str) -> Entry:
    """What is told of it."""
    return Entry(0, NOW, "operator", action, "agreement:a1")


def test_an_agreement_comes_back_as_it_was_made(store: SqlStore) -> None:
    """With its keys, its signature and its end; whatever is done is told in the log."""
    assert store.agreements.get("a1") == MADE
    key = AccessKey("k1", "Beispiel", "0" * 64, (), NOW)
    store.agreements.bind("a1", key, entry("key"))
    store.agreements.bind("a1", replace(key, id="k2", secret_hash="1" * 64), entry("key"))
    store.agreements.sign("a1", DAY, entry("sign"))
    store.agreements.sign("a1", DAY + timedelta(days=9), entry("sign"))
    wanted = replace(MADE, keys=("k1", "k2"), signed=DAY)
    assert store.agreements.of_key("k2") == store.agreements.get("a1") == wanted
    store.agreements.revoke("a1", NOW, "not paid", entry("revoke"))
    store.agreements.revoke("a1", NOW + timedelta(days=1), "again", entry("revoke"))
    assert store.agreements.all() == (replace(wanted, revoked=NOW, revoked_because="not paid"),)
    assert {key.id for key in store.keys()} == {"k1", "k2"}  # noqa: SIM118 (a port, not a dict)
    told = [one.action for one in store.people.audit()]
    assert told == ["agree", "key", "key", "sign", "sign", "revoke", "revoke"]
    assert first_fault(store.people.audit()) == ""


def test_what_is_not_there_is_said(store: SqlStore) -> None:
    """And nothing is kept or told of it."""
    agreements = store.agreements
    assert agreements.of_key("k9") is None
    for ask in (
        lambda: agreements.get("a9"),
        lambda: agreements.sign("a9", DAY, entry("sign")),
        lambda: agreements.deliver(Delivery("a9", 1, NOW, "x"), entry("deliver")),
        lambda: agreements.bind("a9", AccessKey("k", "k", "0" * 64, (), NOW), entry("key")),
    ):
        with pytest.raises(NotFound):
            ask()
    assert store.keys() == ()
    assert len(list(store.people.audit())) == 1


def test_what_was_given_back_is_noted_in_order(store: SqlStore) -> None:
    """Also twice for one promise."""
    given = [Delivery("a1", number, NOW, f"part {number}") for number in (2, 1, 2)]
    for one in given:
        store.agreements.deliver(one, entry("deliver"))
    assert store.agreements.deliveries("a1") == tuple(given)


def test_what_does_not_fit_one_quota_is_counted_in_none(store: SqlStore) -> None:
    """And a new day has room again, while the month goes on."""
    both = [(replace(ROWS, counted="rows", span="day", amount=70), DAY), (ROWS, DAY)]
    assert store.agreements.take("a1", 60, both) is None
    assert store.agreements.take("a1", 20, both) == both[0][0]
    tomorrow = [(both[0][0], DAY + timedelta(days=1)), both[1]]
    assert store.agreements.take("a1", 50, tomorrow) == ROWS
    assert store.agreements.used("a1", *tomorrow[0]) == 0
    assert store.agreements.take("a1", 40, tomorrow) is None
    assert [store.agreements.used("a1", *one) for one in (both[0], tomorrow[0], both[1])] == [60, 40, 100]


def test_many_at_once_get_exactly_what_was_agreed(store: SqlStore) -> None:
    """Not one more, not one less."""

    def ask(_: int) -> bool:
        return store.agreements.take("a1", 1, [(REQUESTS, DAY)]) is None

    with ThreadPoolExecutor(8) as pool:
        given = sum(pool.map(ask, range(60)))
    assert (given, store.agreements.used("a1", REQUESTS, DAY)) == (25, 25)
