"""Uplinks become readings: the kind of sensor that fits, its decoder, its properties. Pure but for files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from allmende.city.standing import Spot, read_standing
from allmende.errors import NotFound
from allmende.extensions import load_decoder
from allmende.model.city import City
from allmende.model.message import Reading
from allmende.model.sensor_type import SensorType
from allmende.model.source import Rejected
from allmende.model.uplink import Uplink
from allmende.ports import Decode, Decoded, Payload
from allmende.structure.payload import as_kind


@dataclass(frozen=True, slots=True)
class Understood:
    """What an uplink says: its readings, what could not be taken, and where the device is, if it is known."""

    type_: SensorType
    readings: tuple[Reading, ...]
    rejected: tuple[Rejected, ...] = ()
    unused: tuple[str, ...] = ()
    spot: Spot | None = None
    reported: tuple[float, float] | None = None


class Decoding:
    """The kinds of sensors of a city, with their decoders (opened at first use) and their places."""

    def __init__(self, city: City, folder: Path) -> None:
        self._folder = folder
        self._types: dict[str, list[SensorType]] = {}
        for type_ in city.sensors.values():
            self._types.setdefault(type_.way, []).append(type_)
        self._decoders: dict[str, Decode] = {}
        self._spots: dict[str, Mapping[str, Spot]] = {}

    def understand(self, way: str, uplink: Uplink, received_at: datetime) -> Understood:
        """The readings in an uplink. Raises NotFound (no kind of sensor fits), Undecodable, Unreadable."""
        type_ = self.type_of(way, uplink)
        payload = Payload(uplink.payload or b"", uplink.port, received_at, uplink.values)
        decoded = self._decoder(type_)(payload)
        sent_at = uplink.time or received_at
        readings, rejected = read_values(type_, uplink.device, decoded, sent_at)
        unused = tuple(name for name in decoded.values if type_.named(name) is None)
        reported = _reported(type_, uplink, decoded)
        return Understood(
            type_, readings, rejected, unused, self._spot(type_, uplink.device, reported), reported
        )

    def type_of(self, way: str, uplink: Uplink) -> SensorType:
        """The kind of sensor of an uplink: of several that fit the one with the narrowest match."""
        names = {"profile": uplink.profile, "application": uplink.application, "device": uplink.device}
        fitting = [
            type_
            for type_ in self._types.get(way, ())
            if type_.match.fits(**names, topic=uplink.topic, port=uplink.port)
        ]
        if not fitting:
            told = ", ".join(f"{name} {word!r}" for name, word in names.items() if word)
            hint = "Describe it with `allmende new sensor`; the message is kept and can be read again."
            raise NotFound(f"no kind of sensor fits {told}, port {uplink.port}", where=way, hint=hint)
        return max(fitting, key=lambda type_: type_.match.strength)

    def place_of(self, type_: SensorType, device: str, reported: tuple[float, float] | None) -> Spot | None:
        """Where a device stands: what the city's files say, else what it reports if its type wants that."""
        return self._spot(type_, device, reported if type_.place.kind in ("payload", "network") else None)

    def _decoder(self, type_: SensorType) -> Decode:
        found = self._decoders.get(type_.id)
        if found is None:
            found = load_decoder(type_.decoder).open(type_.options, self._folder)
            self._decoders[type_.id] = found
        return found

    def _spot(self, type_: SensorType, device: str, reported: tuple[float, float] | None) -> Spot | None:
        if type_.id not in self._spots:
            read = read_standing(type_.place, f"sensors/{type_.id}.toml", self._folder)
            self._spots[type_.id] = read.by_device
        spots = self._spots[type_.id]
        return spots.get(device.lower()) or spots.get("*") or (Spot(*reported) if reported else None)


def read_values(
    type_: SensorType, device: str, decoded: Decoded, sent_at: datetime
) -> tuple[tuple[Reading, ...], tuple[Rejected, ...]]:
    """The readings in decoded values; what a property cannot take is rejected with its reason."""
    readings, rejected = list[Reading](), list[Rejected]()
    for number, (moment, values) in enumerate(_moments(decoded, sent_at), 1):
        for measured in type_.properties:
            if measured.name not in values:
                continue
            try:
                value = as_kind(values[measured.name], measured.kind)
            except ValueError as error:
                raw = json.dumps(values[measured.name])[:200]
                rejected.append(Rejected(number, measured.name, str(error), raw))
                continue
            if value is not None:
                kept = sent_at if moment < sent_at else None
                readings.append(Reading(device, measured.name, moment, value, result_time=kept))
    return tuple(readings), tuple(rejected)


def _moments(decoded: Decoded, sent_at: datetime) -> Iterator[tuple[datetime, Mapping[str, Any]]]:
    yield from decoded.earlier
    yield decoded.measured_at or sent_at, decoded.values


def _reported(type_: SensorType, uplink: Uplink, decoded: Decoded) -> tuple[float, float] | None:
    """The device's own position, if its type wants one; never that of a gateway."""
    place = type_.place
    if place.kind == "payload":
        found = (decoded.values.get(place.longitude_name), decoded.values.get(place.latitude_name))
        try:
            longitude, latitude = (as_kind(value, "number") for value in found)
        except ValueError:
            return None
        if isinstance(longitude, float) and isinstance(latitude, float):
            return _in_range(longitude, latitude)
        return None
    if place.kind == "network" and uplink.position is not None:
        return _in_range(uplink.position.longitude, uplink.position.latitude)
    return None


def _in_range(longitude: float, latitude: float) -> tuple[float, float] | None:
    """Degrees that can be; NaN cannot."""
    return (longitude, latitude) if abs(longitude) <= 180 and abs(latitude) <= 90 else None
