"""What every store of subscriptions must keep: subclass it and give a fixture `store`.

class TestSqlite(SubscriptionsContract):
    @pytest.fixture
    def store(self, tmp_path): ...
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection

from allmende.errors import NotFound
from allmende.model.access import Access
from allmende.model.message import Arrival, Change
from allmende.model.observation import Observation, Quality, microseconds
from allmende.model.subscription import (
    BecomesSilent,
    BecomesSuspect,
    Condition,
    EveryValue,
    Interest,
    Receiver,
    Subscription,
    Threshold,
    Topic,
)
from allmende.model.thing import Datastream, ObservedProperty, Sensor, Thing
from allmende.store.sql import SqlStore

MOMENT = datetime(2026, 6, 1, 12, tzinfo=UTC)
NOON = microseconds(MOMENT)
SECOND = 1_000_000
LATER = 10 * 365 * 86_400 * SECOND + NOON


def make_streams(store: SqlStore, access: Access = Access.OPEN) -> tuple[int, int]:
    """Two datastreams of one tree: `tree/1:water` (water) and `tree/1:heat` (heat)."""
    things = store.things
    tree = things.add(Thing(0, "Linde", key="tree/1", access=access)).id
    probe = things.add(Sensor(0, "Sonde", metadata="https://maker.example", access=access)).id
    found = []
    for key in ("water", "heat"):
        seen = things.add(ObservedProperty(0, key, f"https://city.example/{key}", key=key, access=access)).id
        made = Datastream(0, key, tree, probe, (seen,), key=f"tree/1:{key}", access=access)
        found.append(things.add(made).id)
    return found[0], found[1]


def wish(id_: str, condition: Condition | None = None, interest: Interest | None = None) -> Subscription:
    """A subscription by webhook."""
    to = Receiver("https://hooks.example/a", "whsec_c2VjcmV0")
    return Subscription(id_, interest or Interest(), condition or EveryValue(), to, MOMENT, "key1", "Ämter")


def measured(
    stream: int, second: float, number: float | None = 20.5, flags: int = 0, value: str | None = None
) -> Observation:
    """A new observation, so many seconds after noon."""
    return Observation(stream, NOON + int(second * SECOND), 0, number=number, value=value, flags=flags)


def append(store: SqlStore, *rows: Observation) -> tuple[int, ...]:
    """Store rows; their ids."""
    return store.observations.append([Arrival(list(rows))])[0].observation_ids


def told(store: SqlStore, id_: str) -> list[tuple[str, float | None]]:
    """Kind and number of what waits."""
    return [(event.kind, event.observation.number) for event in store.subscriptions.waiting(id_)]


class SubscriptionsContract:
    """Tests that any adapter runs."""

    @pytest.mark.parametrize(
        ("condition", "to"),
        [
            (EveryValue(), Topic("water/alarm")),
            (
                Threshold("above", 30.0, 28.0, 600.0, doubted=True),
                Receiver("https://a.example", "whsec_eA=="),
            ),
            (Threshold("equal", "besetzt"), Topic("a")),
            (BecomesSuspect(), Topic("a")),
            (BecomesSilent(3600.0), Topic("a")),
        ],
    )
    def test_subscriptions_come_back(
        self, store: SqlStore, condition: Condition, to: Topic | Receiver
    ) -> None:
        """Every kind of wish is kept whole."""
        one = Subscription("a", Interest((1, 2), ("tree/*",), ("water",)), condition, to, MOMENT, "key1", "Ä")
        store.subscriptions.add(one)
        assert store.subscriptions.get("a") == one
        assert store.subscriptions.all() == (one,)

    def test_every_value_is_told_in_order(self, store: SqlStore) -> None:
        """Values stored before the subscription are not told, those after it are, with all they are."""
        water, heat = make_streams(store)
        append(store, measured(water, 0, 1.0))
        store.subscriptions.add(wish("a"))
        append(store, measured(heat, 2, 2.0), measured(water, 1, None, 5, '{"a": "Ä"}'))
        (ids,) = [append(store, measured(water, 3, 3.0))]
        assert told(store, "a") == [("observation", 2.0), ("observation", None), ("observation", 3.0)]
        last = store.subscriptions.waiting("a")[-1].observation
        assert last == store.observations.observation(ids[0])
        assert store.subscriptions.progress("a").waiting == 3

    def test_interests(self, store: SqlStore) -> None:
        """Only what fits is told; a datastream made after the subscription fits too."""
        store.subscriptions.add(wish("water", interest=Interest(properties=("water",))))
        store.subscriptions.add(wish("tree", interest=Interest(things=("tree/*",), properties=("heat",))))
        store.subscriptions.add(wish("none", interest=Interest((999,))))
        water, heat = make_streams(store)
        append(store, measured(water, 0, 1.0), measured(heat, 0, 2.0), measured(12345, 0, 3.0))
        assert told(store, "water") == [("observation", 1.0)]
        assert told(store, "tree") == [("observation", 2.0)]
        assert told(store, "none") == []

    def test_a_threshold_tells_the_turns_only(self, store: SqlStore) -> None:
        """Within one group and over several, for each datastream by itself."""
        water, heat = make_streams(store)
        store.subscriptions.add(wish("a", Threshold("below", 10.0, until=12.0)))
        append(store, measured(water, 0, 9.0), measured(heat, 0, 20.0), measured(water, 1, 8.0))
        append(store, measured(water, 2, 11.0), measured(heat, 1, 5.0))
        append(store, measured(water, 3, 12.5))
        assert told(store, "a") == [("began", 9.0), ("began", 5.0), ("ended", 12.5)]

    def test_suspect_values(self, store: SqlStore) -> None:
        """The flag decides, as the rules set it."""
        water, _ = make_streams(store)
        store.subscriptions.add(wish("a", BecomesSuspect()))
        append(store, measured(water, 0, 1.0), measured(water, 1, 2.0, Quality.RANGE))
        append(store, measured(water, 2, 3.0))
        assert told(store, "a") == [("began", 2.0), ("ended", 3.0)]

    def test_a_correction_is_told(self, store: SqlStore) -> None:
        """With its revision."""
        water, _ = make_streams(store)
        store.subscriptions.add(wish("a"))
        (id_,) = append(store, measured(water, 0, 1.0))
        store.observations.change(Change(id_, lambda old: replace(old, number=2.0)))
        assert told(store, "a") == [("observation", 1.0), ("correction", 2.0)]
        assert store.subscriptions.waiting("a")[1].observation.revision == 2

    def test_what_is_not_stored_is_not_told(self, store: SqlStore) -> None:
        """A group that fails leaves neither values nor events nor a changed standing."""
        water, _ = make_streams(store)
        store.subscriptions.add(wish("a"))
        store.subscriptions.add(wish("b", Threshold("above", 1.0)))
        inner = store.observations.within

        def fail(db: Connection, rows: list[Observation]) -> None:
            inner(db, rows)
            raise RuntimeError("power cut")

        store.observations.within = fail  # type: ignore[assignment]
        with pytest.raises(RuntimeError, match="power cut"):
            append(store, measured(water, 0, 5.0))
        store.observations.within = inner
        assert (told(store, "a"), told(store, "b")) == ([], [])
        append(store, measured(water, 0, 5.0))
        assert told(store, "b") == [("began", 5.0)]

    def test_silence_begins_once(self, store: SqlStore) -> None:
        """It is told once, not when a value came in between, and ends with the next value."""
        water, _ = make_streams(store)
        one = wish("a", BecomesSilent(60.0))
        store.subscriptions.add(one)
        append(store, measured(water, 0, 1.0))
        assert not store.subscriptions.fall_silent(one, water, NOON - 1)
        assert store.subscriptions.fall_silent(one, water, NOON)
        assert not store.subscriptions.fall_silent(one, water, NOON)
        append(store, measured(water, 99, 2.0))
        assert told(store, "a") == [("began", 1.0), ("ended", 2.0)]

    def test_settled_events_are_gone_and_counted(self, store: SqlStore) -> None:
        """Told and withheld ones are counted apart."""
        water, _ = make_streams(store)
        store.subscriptions.add(wish("a"))
        append(store, *(measured(water, n, float(n)) for n in range(5)))
        ids = [event.id for event in store.subscriptions.waiting("a")]
        assert ids == sorted(ids)
        store.subscriptions.settle("a", ids[:2], ids[2:3])
        assert told(store, "a") == [("observation", 3.0), ("observation", 4.0)]
        progress = store.subscriptions.progress("a")
        assert (progress.told, progress.withheld, progress.waiting) == (2, 1, 2)

    def test_due_postponed_and_held(self, store: SqlStore) -> None:
        """Due is what waits, may be tried, and nobody holds; a holder who is gone loses it in time."""
        water, _ = make_streams(store)
        store.subscriptions.add(wish("a"))
        store.subscriptions.add(wish("b", interest=Interest((999,))))
        assert store.subscriptions.due(NOON) == ()
        append(store, measured(water, 0))
        assert store.subscriptions.due(NOON) == ("a",)
        assert store.subscriptions.hold("a", "one", NOON, NOON + 10)
        assert store.subscriptions.hold("a", "one", NOON + 5, NOON + 20)
        assert not store.subscriptions.hold("a", "two", NOON + 15, NOON + 30)
        assert store.subscriptions.due(NOON + 15) == ()
        assert store.subscriptions.hold("a", "two", NOON + 20, NOON + 30)
        store.subscriptions.release("a", "one")
        assert store.subscriptions.due(NOON + 25) == ()
        store.subscriptions.release("a", "two")
        store.subscriptions.postpone(store.subscriptions.waiting("a")[0], "no answer", NOON + 50)
        assert store.subscriptions.due(NOON + 49) == ()
        assert store.subscriptions.due(NOON + 50) == ("a",)
        (event,) = store.subscriptions.waiting("a")
        assert (event.attempts, event.reason) == (1, "no answer")
        progress = store.subscriptions.progress("a")
        assert (progress.failures, progress.reason, progress.next_try) == (1, "no answer", NOON + 50)
        store.subscriptions.settle("a", [event.id])
        assert store.subscriptions.progress("a").failures == 0

    def test_given_up_events_can_be_tried_again(self, store: SqlStore) -> None:
        """They are kept with the reason, go back in their order, and are forgotten at last."""
        water, _ = make_streams(store)
        store.subscriptions.add(wish("a"))
        append(store, *(measured(water, n, float(n)) for n in range(3)))
        ids = [event.id for event in store.subscriptions.waiting("a")]
        store.subscriptions.give_up("a", ids[:2], "410 gone")
        assert told(store, "a") == [("observation", 2.0)]
        aside = store.subscriptions.given_up("a")
        assert [(event.id, event.reason) for event in aside] == [(ids[0], "410 gone"), (ids[1], "410 gone")]
        assert store.subscriptions.given_up("a", after=ids[0]) == aside[1:]
        assert store.subscriptions.progress("a").given_up == 2
        assert store.subscriptions.backlog() == (1, 2)
        assert store.subscriptions.retry("a", ids[1:2]) == 1
        assert told(store, "a") == [("observation", 1.0), ("observation", 2.0)]
        assert store.subscriptions.retry("a") == 1
        assert store.subscriptions.progress("a").given_up == 0
        store.subscriptions.give_up("a", ids[:1], "410 gone")
        assert store.subscriptions.clear(NOON) == 0
        assert store.subscriptions.clear(LATER) == 1

    def test_removed_with_all_that_waits(self, store: SqlStore) -> None:
        """Nothing is told any more, nothing is left of it; the others go on."""
        water, _ = make_streams(store)
        for name in ("a", "b"):
            store.subscriptions.add(wish(name, Threshold("above", 0.0)))
        append(store, measured(water, 0))
        store.subscriptions.remove("a")
        append(store, measured(water, 1, -1.0))
        assert told(store, "a") == []
        assert [kind for kind, _ in told(store, "b")] == ["began", "ended"]
        for call in (store.subscriptions.get, store.subscriptions.remove, store.subscriptions.progress):
            with pytest.raises(NotFound):
                call("a")

    def test_a_deleted_datastream_leaves_nothing_to_tell(self, store: SqlStore) -> None:
        """What was deleted is not told later from the outbox."""
        water, heat = make_streams(store)
        store.subscriptions.add(wish("a", Threshold("above", 0.0)))
        append(store, measured(water, 0, 1.0), measured(heat, 0, 2.0))
        store.things.delete("datastream", water)
        assert told(store, "a") == [("began", 2.0)]
        assert store.subscriptions.silent("a") == frozenset({heat})
