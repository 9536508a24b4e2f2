"""From a message of a network or broker to rows of the store: envelope, decoder, thing, place, values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from allmende.collect.envelopes import open_envelope
from allmende.errors import AllmendeError
from allmende.flow.datastreams import Datastreams
from allmende.flow.decoding import Decoding, Understood
from allmende.flow.known_things import Device, KnownThings, Settled
from allmende.model.limits import Doubt
from allmende.model.message import Arrival, Message, Reading
from allmende.model.observation import Observation, microseconds, result_of
from allmende.model.sensor_type import SensorType
from allmende.model.source import Rejected
from allmende.model.thing import Box
from allmende.model.uplink import NoUplink, Uplink
from allmende.model.way import Way
from allmende.structure.quality.judge import mark_place
from allmende.structure.quality.position import Point, Stand, check_position

Interpret = Callable[[Message], Arrival]


class Sensing:
    """Everything between an envelope and the store's writer.

    `box` gives the box around the city, by which places outside of it are known; None when there is none.
    """

    def __init__(
        self,
        decoding: Decoding,
        known: KnownThings,
        datastreams: Datastreams,
        box: Callable[[], Box | None] = lambda: None,
    ) -> None:
        self._decoding = decoding
        self._known = known
        self._datastreams = datastreams
        self._box = box

    def interpret(self, way: Way) -> Interpret:
        """How messages of `way` are read: a function for the intake. It raises Unreadable and NotFound."""

        def read(message: Message) -> Arrival:
            return self._read(message, way)

        return read

    def rows(
        self, type_: SensorType, readings: Sequence[Reading]
    ) -> tuple[list[Observation], tuple[Rejected, ...]]:
        """Rows for readings of polled sources; a reading's `extra["name"]` names its device for people."""
        rows, rejected = list[Observation](), list[Rejected]()
        for number, reading in enumerate(readings, 1):
            if type_.named(reading.property) is None:
                rejected.append(_unwanted(number, reading))
                continue
            device = self._device_of(type_, reading)
            settled, made = self._rows(type_, device, [reading], reading.phenomenon_time)
            mark_place(made, self._doubts(type_, settled, _reported(reading), ()))
            rows += made
        return rows, tuple(rejected)

    def _read(self, message: Message, way: Way) -> Arrival:
        uplink = open_envelope(message, way)
        keyed = replace(message, key=uplink.key or message.key)
        if isinstance(uplink, NoUplink):
            return Arrival([], keyed, "ignored", f"{uplink.event} carries no values", uplink.device)
        if uplink.simulated:
            return Arrival([], keyed, "ignored", "simulated at the network server", uplink.device)
        try:
            understood = self._decoding.understand(way.id, uplink, message.received_at)
        except AllmendeError as error:
            return Arrival([], keyed, "quarantined", str(error), uplink.device)
        return self._arrive(keyed, uplink, understood)

    def _arrive(self, message: Message, uplink: Uplink, understood: Understood) -> Arrival:
        type_ = understood.type_
        if not understood.readings:
            return _empty(message, uplink, understood)
        device = Device(uplink.device, uplink.name, uplink.profile, uplink.application, understood.spot)
        settled, rows = self._rows(type_, device, understood.readings, message.received_at)
        gateways = [
            Point(gateway.longitude, gateway.latitude)
            for gateway in uplink.gateways
            if gateway.longitude is not None and gateway.latitude is not None
        ]
        mark_place(rows, self._doubts(type_, settled, understood.reported, gateways))
        reason = _summary(understood.rejected)
        return Arrival(rows, message, "stored", reason, uplink.device, understood.rejected)

    def _rows(
        self, type_: SensorType, device: Device, readings: Sequence[Reading], moment: datetime
    ) -> tuple[Settled, list[Observation]]:
        """The rows of one device; when somebody deleted a datastream of it, it is made again first."""
        settled = self._known.settle(type_, device, moment)
        rows = [row for reading in readings if (row := self._row(type_, reading)) is not None]
        if len(rows) < len(readings):
            settled = self._known.settle(type_, device, moment)
            rows = [row for reading in readings if (row := self._row(type_, reading)) is not None]
        return settled, rows

    def _row(self, type_: SensorType, reading: Reading) -> Observation | None:
        measured = type_.named(reading.property)
        stream = measured and self._known.datastream(type_, reading.device, measured)
        if not stream:
            self._known.unsettle(type_, reading.device)
            return None
        number, text = result_of(reading.value)
        return Observation(
            stream.id,
            microseconds(reading.phenomenon_time),
            0,
            1,
            _end(reading.phenomenon_end),
            _end(reading.result_time),
            number,
            text,
        )

    def _doubts(
        self,
        type_: SensorType,
        settled: Settled,
        reported: tuple[float, float] | None,
        gateways: Iterable[Point],
    ) -> tuple[Doubt, ...]:
        place = type_.place
        stand = Stand(settled.place, place.moves, place.confirmed)
        return check_position(stand, Point(*reported) if reported else None, gateways, self._box())

    def _device_of(self, type_: SensorType, reading: Reading) -> Device:
        name = reading.extra.get("name")
        spot = self._decoding.place_of(type_, reading.device, _reported(reading))
        return Device(reading.device, name if isinstance(name, str) else "", spot=spot)


def _reported(reading: Reading) -> tuple[float, float] | None:
    if reading.longitude is None or reading.latitude is None:
        return None
    return reading.longitude, reading.latitude


def _end(time: datetime | None) -> int | None:
    return None if time is None else microseconds(time)


def _unwanted(number: int, reading: Reading) -> Rejected:
    return Rejected(
        number, reading.property, "no property of the kind of sensor has this name", str(reading.value)[:200]
    )


def _empty(message: Message, uplink: Uplink, understood: Understood) -> Arrival:
    """Nothing to store: the values are none that are wanted, or they were all faulty."""
    if understood.rejected:
        reason = _summary(understood.rejected)
        return Arrival([], message, "quarantined", reason, uplink.device, understood.rejected)
    names = ", ".join(understood.unused[:8])
    reason = f"no value is one of a property: {names}" if names else "the payload carries no values"
    return Arrival([], message, "ignored", reason, uplink.device)


def _summary(rejected: Sequence[Rejected]) -> str:
    if not rejected:
        return ""
    return f"{len(rejected)} not taken; the first: {rejected[0].column}: {rejected[0].reason}"
