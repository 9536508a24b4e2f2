"""A sensor that drifts away from its neighbours is doubted, with every value, until it agrees again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from allmende.flow.datastreams import Datastreams
from allmende.flow.neighbours import NeighbourRounds
from allmende.flow.quality import make_judge
from allmende.model.limits import Limits
from allmende.model.message import Arrival, Change
from allmende.model.observation import Observation, Quality, microseconds
from allmende.model.thing import Datastream, Location, ObservedProperty, Sensor, Thing
from allmende.store.sql import SqlStore
from allmende.testing.clock import START, FixedClock

LIMITS = Limits(silence_after=3600, neighbour_difference=3.0)


class Street:
    """Eight thermometers in one street."""

    def __init__(self, store: SqlStore) -> None:
        self.store, self.clock = store, FixedClock()
        self.judge = store.observations.judge = make_judge(store, Datastreams(store.things))
        self.changes: list[Change] = []
        self.rounds = NeighbourRounds(store, self.judge, self._change, self.clock)
        sensor = store.things.add(Sensor(0, "Thermometer"))
        air = store.things.add(ObservedProperty(0, "Air temperature", "urn:t", key="air-temperature"))
        self.ids = []
        for number in range(8):
            thing = store.things.add(Thing(0, f"Lamp {number}", key=f"lamp-{number}"))
            point = {"type": "Point", "coordinates": [11.58 + number / 1000, 50.92]}
            place = store.things.add(Location(0, "Lamp", geometry=point, key=f"at-{number}"))
            store.things.place(thing.id, [place.id], START)
            made = Datastream(0, "t", thing.id, sensor.id, (air.id,), properties={"limits": LIMITS.as_json()})
            self.ids.append(store.things.add(made).id)

    def _change(self, change: Change) -> None:
        self.changes.append(change)
        self.store.observations.change(change)

    def measure(self, odd: float) -> list[int]:
        """Each measures about 20 degrees, the fourth something else; gives the flags."""
        self.clock.advance(timedelta(minutes=10))
        time = microseconds(self.clock.now())
        numbers = [20.0 + i / 10 for i in range(8)]
        numbers[3] = odd
        rows = [Observation(id_, time, 0, number=n) for id_, n in zip(self.ids, numbers, strict=True)]
        self.store.observations.append([Arrival(rows)])
        return [row.flags for row in rows]

    def flags(self) -> list[int]:
        """The flags of the newest values."""
        latest = self.store.observations.latest(self.ids)
        return [row.flags if (row := latest[id_].observation) else -1 for id_ in self.ids]


@pytest.fixture
def street(tmp_path: Path) -> Street:
    """The street before its first value."""
    return Street(SqlStore.open(f"sqlite:///{tmp_path / 'store.sqlite'}"))


def test_what_disagrees_is_doubted_until_it_agrees_again(street: Street) -> None:
    """The newest value by a revision, each that follows at once; the neighbours not at all."""
    street.measure(31.0)
    assert street.flags() == [0] * 8
    doubts = street.rounds.go_round()
    assert list(doubts) == [street.ids[3]]
    odd = [0] * 3 + [Quality.NEIGHBOURS] + [0] * 4
    assert street.flags() == odd
    assert street.measure(31.5) == odd
    street.rounds.go_round()
    assert len(street.changes) == 1
    street.measure(20.4)
    assert street.rounds.go_round() == {}
    assert street.measure(20.5) == [0] * 8


def test_the_doubt_survives_a_restart(street: Street) -> None:
    """It is in the store, with the newest value."""
    street.measure(31.0)
    street.rounds.go_round()
    street.store.observations.judge = make_judge(street.store, Datastreams(street.store.things))
    assert street.measure(31.5)[3] == Quality.NEIGHBOURS


def test_silent_sensors_have_no_voice(street: Street) -> None:
    """Yesterday's values say nothing about today's."""
    street.measure(20.0)
    street.clock.advance(timedelta(hours=5))
    time = microseconds(street.clock.now())
    street.store.observations.append([Arrival([Observation(street.ids[3], time, 0, number=35.0)])])
    assert street.rounds.go_round() == {}


def test_rounds_run_by_themselves_and_stop(street: Street) -> None:
    """In a thread of their own."""
    street.measure(31.0)
    rounds = NeighbourRounds(street.store, street.judge, street._change, street.clock, pause=0.01)
    rounds.start()
    for _ in range(500):
        if street.changes:
            break
        rounds._stopped.wait(0.01)
    rounds.stop()
    assert street.flags()[3] == Quality.NEIGHBOURS
