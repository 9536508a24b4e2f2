"""What every store of things and observations must keep: subclass it and give a fixture `store`.

class TestSqlite(ObservationsContract):
    @pytest.fixture
    def store(self, tmp_path): ...
"""

from __future__ import annotations

import math
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from allmende.errors import AllmendeError, Conflict, NotFound
from allmende.model.access import Access
from allmende.model.message import Accepted, Arrival, Change, Message
from allmende.model.observation import Observation, microseconds
from allmende.model.thing import (
    Datastream,
    Feature,
    Location,
    ObservedProperty,
    Sensor,
    Thing,
    Unit,
)
from allmende.store.sql import SqlStore
from allmende.store.writer import GroupWriter

MOMENT = datetime(2026, 3, 29, 1, 59, 59, 999999, tzinfo=UTC)
NOON = microseconds(datetime(2026, 6, 1, 12, tzinfo=UTC))
HOUR = 3_600_000_000
POINT = {"type": "Point", "coordinates": [11.59, 50.93]}
CELSIUS = Unit("Grad Celsius", "°C", "http://qudt.org/vocab/unit/DEG_C", "Cel")


def message(key: str | None = None, payload: bytes = b"\x00\xff{}", way: str = "broker") -> Message:
    """A message that came in some way."""
    return Message(way, payload, MOMENT, "application/1/event/up", "application/json", key)


def arrival(*rows: Observation, key: str | None = None) -> Arrival:
    """An arrival with a message."""
    return Arrival(list(rows), message(key))


def measured(hours: int, number: float | None = 20.5, datastream: int = 1) -> Observation:
    """A new observation some hours after noon."""
    return Observation(datastream, NOON + hours * HOUR, 0, number=number)


class ObservationsContract:
    """Tests that any adapter runs."""

    def test_an_observation_gets_an_id_and_its_message(self, store: SqlStore) -> None:
        """Ids grow, everything said of a value comes back, and its raw message with it."""
        full = Observation(
            7, NOON, 0, phenomenon_end=NOON + HOUR, result_time=NOON + 1, value='"wet"', raw=-0.25, flags=5,
            feature_id=3, extra='{"a": [1]}',
        )  # fmt: skip
        (one,) = store.observations.append([arrival(measured(0), full, key="a")])
        assert one.observation_ids[1] == one.observation_ids[0] + 1
        found = store.observations.observation(one.observation_ids[1])
        assert found is not None
        assert replace(found, recorded_at=0) == replace(full, recorded_at=0)
        assert found.recorded_at > 0
        assert one.message_id is not None
        kept = store.observations.message(one.message_id)
        assert (kept.message, kept.status) == (message("a"), "stored")

    def test_the_same_message_is_stored_once(self, store: SqlStore) -> None:
        """Sent again, in the same group or later, a message gets the first one's ids."""
        group = [arrival(measured(0), key="a"), arrival(measured(0), key="a"), arrival(measured(1), key="b")]
        first, twin, other = store.observations.append(group)
        assert (twin.repeated, twin.observation_ids) == (True, first.observation_ids)
        assert not other.repeated
        (again,) = store.observations.append([arrival(measured(0), key="a")])
        assert again == Accepted(first.message_id, first.observation_ids, repeated=True)
        assert store.observations.latest()[1].count == 2

    def test_the_same_key_by_another_way_is_another_message(self, store: SqlStore) -> None:
        """A producer's id counts for its own way in."""
        two = [Arrival([measured(0)], message("a", way=way)) for way in ("one", "two")]
        assert [answer.repeated for answer in store.observations.append(two)] == [False, False]

    def test_several_values_at_the_same_time(self, store: SqlStore) -> None:
        """Forecasts of one hour made at different times stand beside each other."""
        store.observations.append([arrival(measured(0, 1.0)), arrival(measured(0, 2.0))])
        latest = store.observations.latest([1])[1]
        assert latest.count == 2
        assert latest.observation is not None
        assert latest.observation.number == 2.0

    def test_latest_is_the_newest_by_time_not_by_arrival(self, store: SqlStore) -> None:
        """A late value is counted and moves the first time, but is not the newest."""
        store.observations.append([arrival(measured(5, 5.0))])
        store.observations.append([arrival(measured(-3, 3.0), measured(2, 2.0))])
        latest = store.observations.latest([1, 99])
        assert set(latest) == {1}
        found = latest[1]
        assert found.observation is not None
        assert (found.observation.number, found.count) == (5.0, 3)
        assert (found.first_time, found.last_time) == (NOON - 3 * HOUR, NOON + 5 * HOUR)

    def test_a_correction_appends(self, store: SqlStore) -> None:
        """The old revision is ended, the new one is current under the same id, the count stays."""
        (one,) = store.observations.append([arrival(measured(0, 1.0))])
        id_ = one.observation_ids[0]
        new = store.observations.change(Change(id_, lambda old: replace(old, number=2.0)))
        assert new is not None
        assert (new.id, new.revision, new.number) == (id_, 2, 2.0)
        assert store.observations.observation(id_) == new
        latest = store.observations.latest()[1]
        assert latest.observation is not None
        assert (latest.count, latest.observation.number, latest.observation.revision) == (1, 2.0, 2)

    def test_a_correction_of_the_time_moves_the_newest(self, store: SqlStore) -> None:
        """A newest value that gets an older time makes room for the one before."""
        one, two = store.observations.append([arrival(measured(0, 1.0)), arrival(measured(1, 2.0))])
        change = Change(two.observation_ids[0], lambda old: replace(old, phenomenon_time=NOON - HOUR))
        store.observations.change(change)
        latest = store.observations.latest()[1]
        assert latest.observation is not None
        assert (latest.observation.id, latest.first_time) == (one.observation_ids[0], NOON - HOUR)

    def test_a_deletion_ends(self, store: SqlStore) -> None:
        """What is deleted is no longer current; deleting it again is NotFound; the newest is found anew."""
        one, two = store.observations.append([arrival(measured(0, 1.0)), arrival(measured(1, 2.0))])
        assert store.observations.change(Change(two.observation_ids[0], lambda _: None)) is None
        assert store.observations.observation(two.observation_ids[0]) is None
        latest = store.observations.latest()[1]
        assert latest.observation is not None
        assert (latest.count, latest.observation.id) == (1, one.observation_ids[0])
        with pytest.raises(NotFound):
            store.observations.change(Change(two.observation_ids[0], lambda _: None))
        store.observations.change(Change(one.observation_ids[0], lambda _: None))
        assert store.observations.latest() == {}

    @pytest.mark.parametrize("number", [1e308, -1e308, 5e-324, math.nextafter(1, 2)])
    def test_numbers_come_back_exactly(self, store: SqlStore, number: float) -> None:
        """No digit is lost."""
        (one,) = store.observations.append([arrival(measured(0, number))])
        found = store.observations.observation(one.observation_ids[0])
        assert found is not None
        assert found.number == number

    def test_many_at_once(self, store: SqlStore) -> None:
        """A bulk of values is stored as single ones are."""
        rows = [measured(hour, hour / 8, datastream=hour % 7) for hour in range(2_000)]
        (one,) = store.observations.append([arrival(*rows)])
        assert len(set(one.observation_ids)) == 2_000
        assert sum(latest.count for latest in store.observations.latest().values()) == 2_000
        found = store.observations.observation(one.observation_ids[1_234])
        assert found is not None
        assert (found.number, found.datastream_id) == (1_234 / 8, 1_234 % 7)

    def test_what_cannot_be_understood_is_kept(self, store: SqlStore) -> None:
        """A quarantined message keeps its bytes and the reason, and is found by its state."""
        bad = Arrival([], message(payload=b"\x80"), "quarantined", "the bytes are not JSON", "dev1")
        (one,) = store.observations.append([bad])
        (kept,) = store.observations.messages("quarantined")
        assert (kept.id, kept.message.payload, kept.reason) == (one.message_id, b"\x80", bad.reason)
        assert kept.device == "dev1"
        assert store.observations.messages("stored") == ()

    def test_a_group_is_kept_whole_or_not_at_all(self, store: SqlStore) -> None:
        """When one part of a transaction fails nothing of it is there."""

        def fail(*_: object) -> None:
            raise AllmendeError("the outbox is full")

        store.observations.within = fail
        with pytest.raises(AllmendeError):
            store.observations.append([arrival(measured(0), key="a")])
        store.observations.within = lambda *_: None
        assert store.observations.messages() == ()
        assert store.observations.latest() == {}
        assert not store.observations.append([arrival(measured(0), key="a")])[0].repeated

    def test_senders_share_commits(self, store: SqlStore) -> None:
        """32 threads get every id once, in far fewer commits than values."""
        writer = GroupWriter(store.observations)
        with ThreadPoolExecutor(32) as pool:
            answers = list(
                pool.map(lambda n: writer.submit(arrival(measured(n, key_of(n)))).result(), range(640))
            )
        writer.close()
        ids = [answer.observation_ids[0] for answer in answers]
        assert len(set(ids)) == 640
        assert writer.counts.commits < 640
        assert store.observations.latest()[1].count == 640

    def test_one_bad_arrival_does_not_take_others_along(self, store: SqlStore) -> None:
        """What cannot be written is refused to its sender alone."""
        writer = GroupWriter(store.observations)
        started = threading.Event()

        def hold_up(_: object) -> None:
            started.wait(5)

        store.observations.judge = hold_up  # so that the others gather behind the first
        first = writer.submit(arrival(measured(0)))
        others = [writer.submit(arrival(measured(1, number))) for number in (1.0, "wrong", 2.0)]  # type: ignore[arg-type]
        bad = replace(measured(2), recorded_at=0, flags=None)  # type: ignore[arg-type]
        refused = writer.submit(arrival(bad))
        started.set()
        assert first.result(10).observation_ids
        assert others[0].result(10).observation_ids
        assert others[2].result(10).observation_ids
        assert refused.exception(10) is not None
        writer.close()

    def test_things_come_back(self, store: SqlStore) -> None:
        """All that describes a datastream is kept as it was given."""
        made = small_things(store)
        for value in made.values():
            kind = type(value).__name__
            name = {"ObservedProperty": "observed_property"}.get(kind, kind.lower())
            assert store.things.get(name, value.id) == value  # type: ignore[arg-type]

    def test_a_key_finds_and_updates(self, store: SqlStore) -> None:
        """What is kept under its key again keeps its id; another with the same key is a conflict."""
        first = store.things.keep(Thing(0, "Linde", key="a"))
        second = store.things.keep(Thing(0, "Linde 2", key="a", access=Access.OPEN))
        assert second.id == first.id
        assert store.things.find("thing", "a") == second
        with pytest.raises(Conflict):
            store.things.add(Thing(0, "Eiche", key="a"))

    def test_a_thing_moves(self, store: SqlStore) -> None:
        """Where a thing was before stays known."""
        made = small_things(store)
        thing, place = made["thing"], made["location"]
        new = store.things.add(Location(0, "dort", geometry=POINT))
        store.things.place(thing.id, (place.id,), MOMENT)
        store.things.place(thing.id, (new.id,), MOMENT)
        assert store.things.locations_of(thing.id) == (new.id,)
        before = store.things.several("historical_location")
        assert [old.location_ids for old in before] == [(place.id,), (new.id,)]
        assert before[0].time == MOMENT

    @pytest.mark.parametrize("kind", ["thing", "sensor", "observed_property", "datastream"])
    def test_what_goes_takes_what_depends_on_it(self, store: SqlStore, kind: str) -> None:
        """The standard's cascades reach datastreams, observations and their newest values."""
        made = small_things(store)
        store.observations.append([arrival(measured(0, datastream=made["datastream"].id))])
        store.things.place(made["thing"].id, (made["location"].id,), MOMENT)
        store.things.delete(kind, made[kind].id)  # type: ignore[arg-type]
        assert store.things.several("datastream") == ()
        assert store.observations.latest() == {}
        assert len(store.things.several("location")) == 1
        assert len(store.things.several("historical_location")) == (0 if kind == "thing" else 1)
        with pytest.raises(NotFound):
            store.things.delete(kind, made[kind].id)  # type: ignore[arg-type]


def key_of(number: int) -> float:
    """Some number for the n-th value."""
    return number / 4


def small_things(store: SqlStore) -> dict[str, Thing | Location | Sensor | ObservedProperty | Datastream]:
    """One of each, all that a datastream needs."""
    things = store.things
    thing = things.add(Thing(0, "Linde 647", "am Park", {"tour": {"day": 3}}, "tree/647", Access.OPEN))
    place = things.add(Location(0, "Park", geometry=POINT))
    sensor = things.add(Sensor(0, "LSE01", metadata="https://maker.example/lse01"))
    water = things.add(ObservedProperty(0, "Bodenfeuchte", "https://city.example/soil-moisture"))
    stream = Datastream(
        0, "Bodenfeuchte an Linde 647", thing.id, sensor.id, (water.id,), units=(CELSIUS,), key="tree/647:water"
    )  # fmt: skip
    things.add(Feature(0, "Boden", geometry=POINT))
    return {
        "thing": thing,
        "location": place,
        "sensor": sensor,
        "observed_property": water,
        "datastream": things.add(stream),
    }
