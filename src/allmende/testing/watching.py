"""Things that measure, made in a few words: for tests of everything that shows series.

probe = watch(store, "probe-1", position=(11.59, 50.93))
measure(store, probe, START, [20.5, 20.7, None, 21.0], minutes=10)
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from allmende.model.access import Access
from allmende.model.message import Accepted, Arrival, Message
from allmende.model.observation import Observation, Quality, microseconds, result_of
from allmende.model.thing import Datastream, Location, ObservedProperty, Sensor, Thing, Unit
from allmende.store.sql import SqlStore

PER_CENT = Unit("Prozent", "%", "http://qudt.org/vocab/unit/PERCENT", "%")
_DEFINITION = "https://vocab.example/soil-moisture"


def watch(
    store: SqlStore,
    key: str,
    *,
    name: str = "",
    property_key: str = "soil-moisture",
    property_name: str = "Bodenfeuchte",
    unit: Unit = PER_CENT,
    access: Access = Access.OPEN,
    position: tuple[float, float] | None = (11.59, 50.93),
    properties: dict[str, Any] | None = None,
) -> Datastream:
    """A thing `key` with one datastream `key-property_key`; known ones are kept."""
    store_things = store.things
    thing = store_things.keep(Thing(0, name or key, "Ein erfundenes Ding.", key=key, access=access))
    if position is not None:
        geometry = {"type": "Point", "coordinates": list(position)}
        place = store_things.keep(
            Location(0, name or key, geometry=geometry, key=f"{key}-place", access=access)
        )
        store_things.place(thing.id, (place.id,), datetime.fromisoformat("2026-01-01T00:00:00+00:00"))
    sensor = store_things.keep(Sensor(0, "Sonde", "Eine erfundene Sonde.", key="probe", access=Access.OPEN))
    observed = ObservedProperty(0, property_name, _DEFINITION, key=property_key, access=Access.OPEN)
    measured = store_things.keep(observed)
    return store_things.keep(
        Datastream(
            0,
            f"{property_name}, {name or key}",
            thing.id,
            sensor.id,
            (measured.id,),
            units=(unit,),
            properties=properties or {},
            key=f"{key}-{property_key}",
            access=access,
        )
    )


def measure(
    store: SqlStore,
    stream: Datastream,
    start: datetime,
    results: Sequence[Any],
    *,
    minutes: float = 10,
    flags: Quality = Quality.GOOD,
    message: Message | None = None,
) -> Accepted:
    """Append results from `start` on, so many minutes apart; None is a gap."""
    rows = [
        Observation(stream.id, microseconds(start + at * timedelta(minutes=minutes)), 0, number=number, value=value, flags=int(flags))
        for at, (number, value) in enumerate(map(_columns, results))
        if (number, value) != (None, None)
    ]  # fmt: skip
    (accepted,) = store.observations.append([Arrival(rows, message)])
    return accepted


def _columns(result: Any) -> tuple[float | None, str | None]:
    return (None, None) if result is None else result_of(result)
