"""Devices become things: made at their first message as the city's file says, then found."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from allmende.city.standing import Spot
from allmende.errors import Conflict, StoreFault
from allmende.flow.datastreams import Datastreams
from allmende.model.sensor_type import Measured, SensorType
from allmende.model.text import Language, Text
from allmende.model.thing import (
    CATEGORY,
    COUNT,
    NUMBER,
    TRUTH,
    Datastream,
    Location,
    ObservedProperty,
    Sensor,
    Thing,
)
from allmende.store.things import SqlThings
from allmende.structure.quality.position import SAME_PLACE, Point, metres
from allmende.structure.ucum import unit_of_code

_TYPES = {"number": NUMBER, "count": COUNT, "text": CATEGORY, "truth": TRUTH}
MOST_DEVICES = 100_000
_OURS = ("limits", "correction", "licence", "attribution")
"""What the city's file alone says of a datastream: taken out there, it is gone here."""


@dataclass(frozen=True, slots=True)
class Device:
    """What messages call a device, and where it stands as far as is known."""

    id: str
    name: str = ""
    profile: str = ""
    application: str = ""
    spot: Spot | None = None

    @property
    def words(self) -> dict[str, str]:
        """What its type's texts may contain."""
        named = (self.spot.name if self.spot else "") or self.name or self.id
        return {"device": self.id, "name": named, "profile": self.profile, "application": self.application}


@dataclass(frozen=True, slots=True)
class Settled:
    """A device in the store: its thing, and since which place it is known to stand at."""

    thing_id: int
    place: Point | None


class KnownThings:
    """Keeps things, sensors, observed properties and datastreams of devices in the store.

    What the city's file says of them is brought up to date at a device's first message in a process;
    what people added to their properties stays.
    """

    def __init__(self, things: SqlThings, datastreams: Datastreams, language: Language) -> None:
        self._things = things
        self._datastreams = datastreams
        self._language: Language = language
        self._settled: dict[tuple[str, str], Settled] = {}
        # What all devices of a type share, so that a thousand new devices ask for it once.
        self._sensors: dict[str, int] = {}
        self._observed: dict[tuple[str, str], int] = {}
        self._lock = threading.Lock()
        datastreams.tell(self._forget)

    def settle(self, type_: SensorType, device: Device, moment: datetime) -> Settled:
        """The device's thing; it and its datastreams are made when they are not there yet."""
        known = self._settled.get((type_.id, device.id))
        if known is not None and not _moved(type_, known.place, device.spot):
            return known
        with self._lock:
            try:
                return self._keep(type_, device, moment)
            except (Conflict, StoreFault):
                # Somebody deleted what is shared, or made the same at the same time: look at everything again.
                self._sensors.clear()
                self._observed.clear()
                return self._keep(type_, device, moment)

    def datastream(self, type_: SensorType, device: str, measured: Measured) -> Datastream | None:
        """The datastream of a settled device's property; None when somebody deleted it just now."""
        return self._datastreams.find(datastream_key(device, measured))

    def unsettle(self, type_: SensorType, device: str) -> None:
        """Look at everything of the device again at its next message."""
        self._settled.pop((type_.id, device), None)

    def _forget(self, ids: Iterable[int] | None) -> None:
        if ids is None:
            self._settled.clear()
            self._sensors.clear()
            self._observed.clear()

    def _keep(self, type_: SensorType, device: Device, moment: datetime) -> Settled:
        with self._things.begin() as db:
            thing = self._keep_thing(type_, device, db)
            place = self._keep_place(type_, thing, device, moment, db)
            changed = self._keep_datastreams(type_, device, thing, db)
        if changed:
            self._datastreams.learn(changed)
        settled = Settled(thing.id, place)
        if len(self._settled) >= MOST_DEVICES:
            self._settled.clear()
        self._settled[type_.id, device.id] = settled
        return settled

    def _keep_thing(self, type_: SensorType, device: Device, db: Connection) -> Thing:
        name, about = fill(type_.thing.name, device.words), fill(type_.thing.description, device.words)
        known: Thing | None = self._things.find("thing", device.id, db)
        ours: dict[str, Any] = {"sensor_type": type_.id, "names": {"de": name.of("de"), "en": name.of("en")}}
        wanted = Thing(
            known.id if known else 0,
            name.of(self._language) or device.id,
            about.of(self._language),
            {**(known.properties if known else {}), **ours},
            device.id,
            type_.access,
        )
        if known is not None and known.properties.get("sensor_type") not in (None, type_.id):
            return known  # two kinds of messages of one device: the first describes the thing
        return self._things.keep(wanted, db)

    def _keep_place(
        self, type_: SensorType, thing: Thing, device: Device, moment: datetime, db: Connection
    ) -> Point | None:
        """Where the thing stands; a new place is a new location, so that the old one stays known."""
        present = self._present(thing, db)
        spot = device.spot
        if spot is None or not _moved(type_, present, spot):
            return present
        geometry = {"type": "Point", "coordinates": [spot.longitude, spot.latitude]}
        location = self._things.add(
            Location(0, spot.name or thing.name, geometry=geometry, access=type_.access), db
        )
        self._things.place(thing.id, [location.id], moment, db)
        return Point(spot.longitude, spot.latitude)

    def _present(self, thing: Thing, db: Connection) -> Point | None:
        for location in self._things.several("location", self._things.locations_of(thing.id, db), db):
            shape = location.geometry
            if isinstance(shape, Mapping) and shape.get("type") == "Point":
                longitude, latitude, *_ = shape["coordinates"]
                return Point(longitude, latitude)
        return None

    def _keep_datastreams(
        self, type_: SensorType, device: Device, thing: Thing, db: Connection
    ) -> list[Datastream]:
        """The datastreams that were made or changed."""
        self._check_shared(type_, db)
        sensor_id = self._keep_sensor(type_, db)
        changed = []
        for measured in type_.properties:
            observed_id = self._keep_observed(measured, type_, db)
            known = self._things.find("datastream", datastream_key(device.id, measured), db)
            wanted = self._datastream(type_, device, thing, measured, known)
            wanted = replace(wanted, sensor_id=sensor_id, observed_property_ids=(observed_id,))
            kept = self._things.keep(wanted, db)
            if known is None or kept != known:
                changed.append(kept)
        return changed

    def _check_shared(self, type_: SensorType, db: Connection) -> None:
        """What is remembered of the shared must still be there: two questions, however many properties."""
        sensors = [self._sensors[type_.id]] if type_.id in self._sensors else []
        observed = {id_ for (owner, _), id_ in self._observed.items() if owner == type_.id}
        found = len(self._things.several("sensor", sensors, db))
        found += len(self._things.several("observed_property", observed, db))
        if found < len(sensors) + len(observed):
            self._sensors.clear()
            self._observed.clear()

    def _keep_sensor(self, type_: SensorType, db: Connection) -> int:
        if type_.id not in self._sensors:
            self._sensors[type_.id] = self._things.keep(_sensor(type_, self._language), db).id
        return self._sensors[type_.id]

    def _keep_observed(self, measured: Measured, type_: SensorType, db: Connection) -> int:
        """One for the whole city: the first file that names it describes it, the mildest access counts."""
        key = (type_.id, measured.id)
        if key not in self._observed:
            known: ObservedProperty | None = self._things.find("observed_property", measured.id, db)
            if known is None or known.access > type_.access:
                known = self._things.keep(_observed(measured, type_, self._language), db)
            self._observed[key] = known.id
        return self._observed[key]

    def _datastream(
        self, type_: SensorType, device: Device, thing: Thing, measured: Measured, known: Datastream | None
    ) -> Datastream:
        title = measured.title.of(self._language) or measured.id
        kept = {
            name: value for name, value in (known.properties if known else {}).items() if name not in _OURS
        }
        return Datastream(
            known.id if known else 0,
            f"{title}, {thing.name}",
            thing.id,
            known.sensor_id if known else 0,
            (),
            units=(unit_of_code(measured.unit, measured.symbol),),
            observation_type=_TYPES[measured.kind],
            observed_area=known.observed_area if known else None,
            properties={**kept, **_said(type_, measured)},
            key=datastream_key(device.id, measured),
            access=max(type_.access, thing.access),
        )


def datastream_key(device: str, measured: Measured) -> str:
    """The key of the datastream of one property of one device."""
    return f"{device}:{measured.id}"


def fill(text: Text, words: Mapping[str, str]) -> Text:
    """The text with its placeholders filled in; the words are data, their braces stay."""
    filled = []
    for filling in (text.de, text.en):
        for name, word in words.items():
            filling = filling.replace("{" + name + "}", word.replace("{", "("))  # noqa: PLW2901
        filled.append(filling)
    return Text(*filled)


def _said(type_: SensorType, measured: Measured) -> dict[str, Any]:
    """What the file says of a datastream, for every process and for clients of a standard."""
    said = {
        "limits": measured.limits.as_json(),
        "correction": measured.correction.as_json(),
        "licence": type_.licence,
        "attribution": type_.attribution,
    }
    return {name: value for name, value in said.items() if value}


def _observed(measured: Measured, type_: SensorType, language: Language) -> ObservedProperty:
    title = measured.title.of(language) or measured.id
    names = {"names": {"de": measured.title.of("de"), "en": measured.title.of("en")}}
    return ObservedProperty(
        0, title, measured.definition, properties=names, key=measured.id, access=type_.access
    )


def _sensor(type_: SensorType, language: Language) -> Sensor:
    return Sensor(
        0,
        type_.title.of(language) or type_.id,
        type_.description.of(language),
        metadata=type_.homepage,
        key=type_.id,
        access=type_.access,
    )


def _moved(type_: SensorType, place: Point | None, spot: Spot | None) -> bool:
    """Is this a new place? A thing that stands still is not moved by what a message says, but by a person."""
    if spot is None or place is None:
        return spot is not None
    may_move = type_.place.moves or type_.place.kind in ("fixed", "table")
    return may_move and metres(place, Point(spot.longitude, spot.latitude)) >= SAME_PLACE
