"""The health of sensors, as far as the reader may know of them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from allmende.flow.workspace import Workspace
from allmende.model.access import ANONYMOUS, Access, Principal, Scope
from allmende.model.limits import Limits
from allmende.model.message import Arrival
from allmende.model.observation import Observation, microseconds
from allmende.model.thing import Datastream, Location, ObservedProperty, Sensor, Thing, Unit
from allmende.share.web import reads_of
from allmende.store.sql import SqlStore
from allmende.structure.quality.judge import Judge
from allmende.structure.quality.watch import Rules
from allmende.testing.clock import START
from allmende.testing.small import small_city
from allmende.testing.small_work import small_workspace

LIMITS = Limits(silence_after=3600, maximum=50)
VOLTS = Limits(silence_after=3600, low=3.3)


class Field:
    """Things of any class with a datastream each, and values at any age."""

    def __init__(self, workspace: Workspace) -> None:
        assert isinstance(workspace.store, SqlStore)
        self.store, self.reads = workspace.store, reads_of(workspace)
        self.rules: dict[int, Rules] = {}
        self.store.observations.judge = Judge(lambda number: self.rules[number])
        self.sensor = self.store.things.add(Sensor(0, "Probe"))
        self.property = self.store.things.add(ObservedProperty(0, "Soil moisture", "urn:x", key="soil"))

    def thing(self, name: str, access: Access = Access.OPEN) -> int:
        """A thing on the market."""
        made = self.store.things.add(Thing(0, name, key=name, access=access))
        point = {"type": "Point", "coordinates": [11.5, 50.9]}
        place = self.store.things.add(Location(0, name, geometry=point, key=f"at-{name}"))
        self.store.things.place(made.id, [place.id], START)
        return made.id

    def stream(
        self, thing: int, limits: Limits, unit: str, *values: tuple[float, float], **more: Any
    ) -> None:
        """A datastream with values (hours ago, number)."""
        made = self.store.things.add(
            Datastream(
                0,
                "m",
                thing,
                self.sensor.id,
                (self.property.id,),
                units=(Unit(ucum=unit),),
                access=Access.OPEN,
                properties={"limits": limits.as_json()},
                **more,
            )
        )
        self.rules[made.id] = Rules(limits)
        rows = [
            Observation(made.id, microseconds(START - timedelta(hours=age)), 0, number=number)
            for age, number in values
        ]
        self.store.observations.append([Arrival(rows)])


@pytest.fixture
def field(tmp_path: Path) -> Field:
    """One thing that is well, and one of each kind of trouble."""
    found = Field(small_workspace(small_city(), tmp_path / "data", b""))
    found.stream(found.thing("well"), LIMITS, "%", (0.1, 20.0))
    found.stream(found.thing("long-silent"), LIMITS, "%", (9, 20.0))
    found.stream(found.thing("silent"), LIMITS, "%", (2, 20.0))
    found.stream(found.thing("hot"), LIMITS, "%", (0.2, 58.0))
    low = found.thing("low")
    found.stream(low, LIMITS, "%", (0.1, 20.0))
    found.stream(low, VOLTS, "V", (0.1, 3.1))
    found.stream(found.thing("never"), LIMITS, "%")
    found.stream(found.thing("closed", Access.PROTECTED), LIMITS, "%", (9, 20.0))
    return found


def test_those_that_need_somebody_come_first(field: Field) -> None:
    """The longest silent one at the top; then what is doubted; a low battery before what is well."""
    states = field.reads.health(ANONYMOUS, START).things
    assert [(s.name, s.trust) for s in states] == [
        ("long-silent", "stale"),
        ("silent", "stale"),
        ("hot", "suspect"),
        ("low", "ok"),
        ("well", "ok"),
        ("never", "unknown"),
    ]
    by_name = {state.name: state for state in states}
    assert by_name["long-silent"].silent_since == START - timedelta(hours=9)
    assert by_name["well"].silent_since is None
    assert by_name["well"].last_time == START - timedelta(minutes=6)
    assert by_name["low"].battery == (3.1, "V")
    assert [(m.doubt.oddity, m.doubt.limit, m.unit) for m in by_name["hot"].misgivings] == [
        ("above", 50.0, "%")
    ]
    assert (by_name["never"].last_time, by_name["well"].longitude) == (None, 11.5)


def test_closed_things_are_known_to_those_who_may_read_them(field: Field) -> None:
    """A protected sensor that is silent is nobody else's business."""
    whole = Principal("key", "whole", (Scope(Access.PROTECTED),))
    one = Principal("key", "one", (Scope(Access.PROTECTED, "tree-register"),))
    names = [{s.name for s in field.reads.things_state(who, START)} for who in (whole, one, ANONYMOUS)]
    assert ["closed" in found for found in names] == [True, False, False]
