"""Telling subscribers: nothing lost, in order, twice only with the same id, and only what they may read."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.collect.post import GuardedPost
from allmende.errors import SourceRefused, SourceUnreachable
from allmende.flow.events import Events
from allmende.flow.patience import Patience
from allmende.flow.silence import tell_silence
from allmende.flow.telling import TOPICS, PrincipalOf, Readable, now
from allmende.model.access import ANONYMOUS, Access, Principal
from allmende.model.subscription import BecomesSilent, EveryValue, Interest, Receiver, Subscription, Topic
from allmende.ports import Publisher, Sender
from allmende.share.principals import Principals, make_key
from allmende.share.signatures import make_secret, sign
from allmende.share.web import reads_of
from allmende.store.sql import SqlStore
from allmende.testing.clock import FixedClock
from allmende.testing.every_class import make_tiny
from allmende.testing.server import serving, status
from allmende.testing.subscriptions_contract import MOMENT, NOON, SECOND, append, make_streams, measured
from tests.postgres import Postgres

QUICK = Patience(first=0.02, longest=0.1)
ADDRESS = "https://hooks.example/a"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    """A new store."""
    store = SqlStore.open(f"sqlite:///{tmp_path / 'store.sqlite'}")
    yield store
    store.close()


def wish(id_: str = "a", to: Receiver | Topic | None = None, key_id: str = "") -> Subscription:
    """A subscription to every value."""
    return Subscription(id_, Interest(), EveryValue(), to or Receiver(ADDRESS, make_secret()), MOMENT, key_id)


def everything(_: Principal, ids: frozenset[int]) -> frozenset[int]:
    """A gate that is open."""
    return ids


class Calls:
    """A Sender and a Publisher that remember; `fail` may raise for a number of an observation."""

    def __init__(self, fail: Callable[[int], None] = lambda _: None) -> None:
        self.fail = fail
        self.told: list[tuple[str, int]] = []
        self.ids: list[str] = []

    def send(self, address: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Take an event."""
        self._take(address, json.loads(body))

    def publish(self, messages: Any) -> None:
        """Take messages."""
        for topic, payload in messages:
            self._take(topic, json.loads(payload))

    def _take(self, where: str, event: dict[str, Any]) -> None:
        number = int(event["data"]["observation"]["result"])
        self.fail(number)
        self.told.append((where, number))
        self.ids.append(event["id"])


@contextmanager
def running(
    store: SqlStore,
    sender: Sender,
    publisher: Publisher | None = None,
    *,
    readable: Readable = everything,
    principal_of: PrincipalOf = lambda _: ANONYMOUS,
    patience: Patience = QUICK,
) -> Iterator[Events]:
    """The service at work."""
    events = Events(store, readable, principal_of, sender, publisher, patience=patience, seconds=0.05)
    events.start()
    try:
        yield events
    finally:
        events.close()


def until(found: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait for something; fail when it does not come."""
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end, "it did not come in time"
        time.sleep(0.01)


def numbers(store: SqlStore, *values: int) -> int:
    """Store values of a new datastream; its id."""
    water, _ = make_streams(store)
    append(store, *(measured(water, n, float(n)) for n in values))
    return water


def test_told_in_order_each_once(store: SqlStore) -> None:
    """300 events to two receivers; nothing is left, everything is counted."""
    calls = Calls()
    other = Receiver("https://other.example", make_secret())
    store.subscriptions.add(wish("a"))
    store.subscriptions.add(wish("b", other))
    numbers(store, *range(300))
    with running(store, calls):
        until(lambda: len(calls.told) == 600)
        until(lambda: store.subscriptions.progress("b").told == 300)
    for where in (ADDRESS, other.address):
        assert [number for address, number in calls.told if address == where] == list(range(300))
    assert len(set(calls.ids)) == 600
    assert store.subscriptions.progress("a").waiting == 0


def test_a_receiver_that_is_down_gets_all_of_it_later(store: SqlStore) -> None:
    """Failures hold the line; afterwards everything comes, in order. Another one is not held up."""
    down = threading.Event()
    down.set()

    def fail(number: int) -> None:
        if down.is_set() and number < 100:
            raise SourceUnreachable("connection refused")

    calls = Calls(fail)
    store.subscriptions.add(wish("a"))
    water = numbers(store, *range(5))
    with running(store, calls):
        until(lambda: store.subscriptions.progress("a").failures >= 3)
        assert "refused" in store.subscriptions.progress("a").reason
        append(store, measured(water, 6, 6.0))
        down.clear()
        until(lambda: len(calls.told) == 6)
        until(lambda: store.subscriptions.progress("a").failures == 0)
    assert [number for _, number in calls.told] == [0, 1, 2, 3, 4, 6]


def test_what_is_refused_is_put_aside_and_can_be_tried_again(store: SqlStore) -> None:
    """One event that a receiver does not take must not stop the others for ever."""
    mended = threading.Event()

    def fail(number: int) -> None:
        if number == 2 and not mended.is_set():
            raise SourceRefused("the receiver says 422")

    calls = Calls(fail)
    store.subscriptions.add(wish())
    numbers(store, *range(5))
    with running(store, calls, patience=Patience(0.01, 0.02, refusals=3)) as events:
        until(lambda: len(calls.told) == 4)
        (aside,) = store.subscriptions.given_up("a")
        assert (aside.observation.number, aside.attempts) == (2.0, 2)
        assert "422" in aside.reason
        mended.set()
        assert store.subscriptions.retry("a") == 1
        events.notice([])
        until(lambda: len(calls.told) == 5)
    assert store.subscriptions.given_up("a") == ()


def test_after_days_it_gives_up(store: SqlStore) -> None:
    """What nobody took for too long is put aside, with the reason."""

    def fail(_: int) -> None:
        raise SourceUnreachable("no answer in time")

    store.subscriptions.add(wish())
    numbers(store, 1, 2)
    with running(store, Calls(fail), patience=Patience(0.01, 0.02, hours=0.0)):
        until(lambda: store.subscriptions.progress("a").given_up == 2)
    assert "no answer in time" in store.subscriptions.given_up("a")[0].reason


def test_only_what_the_key_may_read_now(tmp_path: Path) -> None:
    """Closed after the subscription: withheld. A broker's topics carry open data only, whatever the key."""
    tiny = make_tiny(tmp_path)
    principals, reads = Principals(tiny.store, FixedClock()), reads_of(tiny)
    made = make_key("office", ["read:protected"], FixedClock().now())
    tiny.store.add_key(made.key)
    closed, _ = make_streams(tiny.store, Access.PROTECTED)
    for id_, to, key_id in (
        ("office", Receiver("https://office.example", make_secret()), made.key.id),
        ("anyone", Receiver("https://anyone.example", make_secret()), ""),
        ("broker", Topic("water"), made.key.id),
    ):
        tiny.store.subscriptions.add(wish(id_, to, key_id))
    append(tiny.store, measured(closed, 0, 1.0))
    calls = Calls()
    with running(tiny.store, calls, calls, readable=reads.readable, principal_of=principals.of_id):
        until(lambda: tiny.store.subscriptions.progress("office").told == 1)
        for id_ in ("anyone", "broker"):
            until(lambda id_=id_: tiny.store.subscriptions.progress(id_).withheld == 1)  # type: ignore[misc]
        assert calls.told == [("https://office.example", 1)]
        tiny.store.revoke_key(made.key.id, FixedClock().now())
        append(tiny.store, measured(closed, 1, 2.0))
        until(lambda: tiny.store.subscriptions.progress("office").given_up == 1)
    assert calls.told == [("https://office.example", 1)]


def test_topics_lie_below_one_name(store: SqlStore) -> None:
    """No subscription can publish on a topic that switches something."""
    calls = Calls()
    store.subscriptions.add(wish(to=Topic("water/alarm")))
    numbers(store, 7)
    with running(store, calls, calls):
        until(lambda: calls.told == [(TOPICS + "water/alarm", 7)])


def test_silence_is_told_once(store: SqlStore) -> None:
    """Found by the clock, ended by a value, found again."""
    water, heat = make_streams(store)
    store.subscriptions.add(
        Subscription("a", Interest((water,)), BecomesSilent(60.0), Receiver(ADDRESS, make_secret()), MOMENT)
    )
    append(store, measured(water, 0), measured(heat, 0))
    assert tell_silence(store, NOON + 59 * SECOND) == 0
    assert [tell_silence(store, NOON + n * SECOND) for n in (61, 62, 3600)] == [1, 0, 0]
    append(store, measured(water, 3601))
    assert tell_silence(store, NOON + 3700 * SECOND) == 1
    assert [event.kind for event in store.subscriptions.waiting("a")] == ["began", "ended", "began"]


def test_silence_by_limits_of_the_series(store: SqlStore) -> None:
    """Without a number of its own the condition takes what the series says of itself."""
    water, _ = make_streams(store)
    stream = store.things.get("datastream", water)
    store.things.update(replace(stream, properties={"limits": {"silence_after": 600}}))
    store.subscriptions.add(Subscription("a", Interest(), BecomesSilent(), Topic("silent"), MOMENT))
    append(store, measured(water, 0))
    assert [tell_silence(store, NOON + n * SECOND) for n in (599, 601)] == [0, 1]


def test_two_services_share_the_work(store: SqlStore) -> None:
    """Two processes that tell from one store: each event once, in order."""
    calls = Calls(lambda _: time.sleep(0.002))
    store.subscriptions.add(wish())
    with running(store, calls), running(store, calls):
        numbers(store, *range(200))
        until(lambda: store.subscriptions.progress("a").told == 200)
    assert [number for _, number in calls.told] == list(range(200))


def test_the_same_on_postgresql(postgres: Postgres) -> None:
    """Two services, a failing receiver and one store that is a server: all of it, in order, once."""
    store = SqlStore.open(postgres.database())
    failing = iter([True] * 4)

    def fail(_: int) -> None:
        if next(failing, False):
            raise SourceUnreachable("no answer in time")

    calls = Calls(fail)
    store.subscriptions.add(wish())
    with running(store, calls), running(store, calls):
        numbers(store, *range(60))
        until(lambda: store.subscriptions.progress("a").told == 60)
    assert [number for _, number in calls.told] == list(range(60))
    assert store.subscriptions.progress("a").failures == 0
    store.close()


@given(st.integers(1, 200))
def test_pauses_grow_and_stay_bounded(failures: int) -> None:
    """Between half of the doubled pause and all of it, never more than the longest."""
    patience = Patience()
    whole = min(3600.0, 5.0 * 2.0 ** (failures - 1))
    assert whole / 2 <= patience.pause(failures) <= whole


# --- with real processes and receivers ---


def test_a_real_receiver_checks_the_signature(store: SqlStore) -> None:
    """A server that is down, then says 500, then takes it: one id, one body, signed each time."""
    with serving() as server:
        secret = make_secret()
        store.subscriptions.add(wish(to=Receiver(server.address("/hook"), secret)))
        numbers(store, 1)
        server.routes["/hook"] = status(500)
        with running(store, GuardedPost(private_hosts=["127.0.0.1"])):
            until(lambda: len(server.posted) >= 3)
            server.routes["/hook"] = status(200)
            until(lambda: store.subscriptions.progress("a").told == 1)
        assert len({body for _, _, body in server.posted}) == 1
        for _, headers, body in server.posted:
            again = sign(secret, headers["webhook-id"], int(headers["webhook-timestamp"]), body)
            assert again["webhook-signature"] == headers["webhook-signature"]
            assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60


def test_private_addresses_are_never_told(store: SqlStore) -> None:
    """A subscription cannot make us knock at the city's inside; its owner sees why nothing comes."""
    with serving() as server:
        store.subscriptions.add(wish(to=Receiver(server.address("/hook"), make_secret())))
        numbers(store, 1)
        with running(store, GuardedPost(), patience=Patience(0.01, 0.02, refusals=2)):
            until(lambda: store.subscriptions.progress("a").given_up == 1)
        assert server.posted == []
        assert "private network" in store.subscriptions.given_up("a")[0].reason


_CHILD = """
import os, signal, sys, time
from allmende.collect.post import GuardedPost
from allmende.flow import telling
from allmende.flow.events import Events
from allmende.model.access import ANONYMOUS
from allmende.store.sql import SqlStore

class Dying:
    left = int(sys.argv[2])
    def __init__(self): self.inner = GuardedPost(private_hosts=["127.0.0.1"])
    def send(self, *given):
        self.inner.send(*given)
        Dying.left -= 1
        if Dying.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

telling.HOLD = 0.3
store = SqlStore.open("sqlite:///" + sys.argv[1])
events = Events(store, lambda who, ids: ids, lambda key: ANONYMOUS, Dying(), seconds=0.05)
events.start()
while store.subscriptions.progress("a").waiting:
    time.sleep(0.02)
events.close()
"""


def test_killed_between_sending_and_marking(store: SqlStore, tmp_path: Path) -> None:
    """kill -9 again and again: every event arrives, what comes twice has the same id and the same body."""
    with serving() as server:
        server.routes["/hook"] = status(200)
        store.subscriptions.add(wish(to=Receiver(server.address("/hook"), make_secret())))
        numbers(store, *range(40))
        killed = 0
        for lives in (3, 1, 7, 2, 11, 1000):
            command = [sys.executable, "-c", _CHILD, str(tmp_path / "store.sqlite"), str(lives)]
            done = subprocess.run(command, timeout=60, check=False)
            killed += done.returncode == -signal.SIGKILL
        assert killed == 5
        assert done.returncode == 0
    bodies: dict[str, set[bytes]] = {}
    for _, headers, body in server.posted:
        bodies.setdefault(headers["webhook-id"], set()).add(body)
    assert len(bodies) == 40
    assert all(len(same) == 1 for same in bodies.values())
    assert len(server.posted) > 40
    firsts = list(dict.fromkeys(headers["webhook-id"] for _, headers, _ in server.posted))
    assert firsts == sorted(firsts, key=lambda id_: int(id_.rpartition("-")[2]))
    assert now() > NOON
