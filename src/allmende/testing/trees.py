"""Three trees with their sensors and a few values of every kind, for tests of everything that asks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from allmende.model.access import Access
from allmende.model.message import Arrival
from allmende.model.observation import Observation, microseconds
from allmende.model.thing import Datastream, Feature, Location, ObservedProperty, Sensor, Thing, Unit
from allmende.store.sql import SqlStore

NOON = microseconds(datetime(2026, 6, 1, 12, tzinfo=UTC))
MINUTE = 60_000_000
SQUARE = {"type": "Polygon", "coordinates": [[[11, 50], [12, 50], [12, 51], [11, 51], [11, 50]]]}
PERCENT = Unit("percent", "%", "https://example.org/percent", "%")
VALID = '{"validTime":"2026-06-01T10:00:00Z/2026-06-01T12:00:00+01:00","parameters":{"by":"hand","n":3}}'


def plant(store: SqlStore, access: Access = Access.INTERNAL) -> None:
    """Three trees with a place and a series each: numbers, anything, and lists of two properties."""

    def add(value: Any) -> Any:
        return store.things.add(replace(value, access=access))

    sensor = add(Sensor(0, "Probe", encoding="text/html", metadata="https://example.org/probe"))
    soil = add(ObservedProperty(0, "Soil moisture", "https://example.org/soil"))
    air = add(ObservedProperty(0, "Air temperature", "https://example.org/air"))
    for number, (name, longitude) in enumerate(
        (("Linde", 11.5), ("Eiche", 11.6), ("O'Hara's Ahorn ß", 13.0))
    ):
        properties = {"height": 10.5 + number, "park": {"name": f"Park {number}"}, "wet": number == 1}
        thing = add(Thing(0, name, f"tree {number}", properties))
        place = add(Location(0, f"At {name}", geometry={"type": "Point", "coordinates": [longitude, 50.9]}))
        store.things.place(thing.id, [place.id], datetime(2026, 1, 1 + number, tzinfo=UTC))
        stream = Datastream(
            0, f"Series of {name}", thing.id, sensor.id, (soil.id,), units=(PERCENT,),
            observed_area=SQUARE if number == 0 else None, properties={"list": [1, "two", None]},
        )  # fmt: skip
        if number == 2:
            several = (soil.id, air.id)
            units = (PERCENT, Unit("Cel", "°C"))
            stream = replace(stream, observed_property_ids=several, units=units, multi=True)
        add(stream)
    feature = add(Feature(0, "Square", geometry=SQUARE))
    store.observations.append([Arrival(values(feature.id))])


def values(feature: int) -> list[Observation]:
    """Eight numbers of the first tree, a minute apart; a number, a text and a truth of the second; a list."""
    rows = [
        Observation(1, NOON + n * MINUTE, 0, number=n / 2, result_time=NOON + n * MINUTE) for n in range(8)
    ]
    return [
        *rows,
        Observation(2, NOON, 0, number=-7.5, feature_id=feature, extra=VALID),
        Observation(2, NOON + 500_000, 0, phenomenon_end=NOON + 60 * MINUTE, value='"wet"'),
        Observation(2, NOON + MINUTE, 0, value="true"),
        Observation(3, NOON, 0, value='[5, {"deep": "x"}, 2.5]'),
    ]
