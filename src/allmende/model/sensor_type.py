"""What a city says of one kind of sensor: which messages are its, how they are read, what they measure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal

from allmende.model.access import Access
from allmende.model.licence import UNKNOWN_LICENCE
from allmende.model.limits import Correction, Limits
from allmende.model.text import Text

ValueKind = Literal["number", "count", "text", "truth"]
PlaceKind = Literal["none", "fixed", "table", "payload", "network"]


@dataclass(frozen=True, slots=True)
class Match:
    """Which messages of a way in are from this kind of sensor; every pattern that is given must fit.

    Patterns are compared without regard to case; `*` stands for anything, `?` for one character. `profile`,
    `application` and `device` (its id: a DevEUI or the producer's own) are what the network server calls
    them. `ports` are LoRaWAN ports; without any, all are taken.
    """

    profile: str = ""
    application: str = ""
    device: str = ""
    topic: str = ""
    ports: tuple[int, ...] = ()

    def fits(self, *, profile: str = "", application: str = "", device: str = "", topic: str = "",
             port: int | None = None) -> bool:  # fmt: skip
        """True when a message with these names is meant; a match without any pattern takes all."""
        found = (
            (self.profile, profile),
            (self.application, application),
            (self.device, device),
            (self.topic, topic),
        )
        named = all(not pattern or fnmatchcase(name.lower(), pattern.lower()) for pattern, name in found)
        return named and (not self.ports or port in self.ports)

    @property
    def strength(self) -> int:
        """How narrow it is: of two that fit, the one with more letters counts."""
        patterns = (self.profile, self.application, self.device, self.topic)
        return sum(len(pattern.replace("*", "")) for pattern in patterns) + len(self.ports)


@dataclass(frozen=True, slots=True)
class Measured:
    """One value in the payload and the observed property that it is.

    `name` is the decoder's name of the value, `id` that of the observed property in the whole city: equal
    ids of several sensor types are one observed property. `unit` is a UCUM code, empty when there is none.
    """

    name: str
    id: str
    title: Text = Text()
    definition: str = ""
    unit: str = ""
    symbol: str = ""
    kind: ValueKind = "number"
    limits: Limits = field(default_factory=Limits)
    correction: Correction = field(default_factory=Correction)


@dataclass(frozen=True, slots=True)
class Naming:
    """How its things are called; `{device}`, `{name}`, `{profile}` and `{application}` are filled in.

    `device` is the id of the device, `name` what the network server calls it.
    """

    name: Text = Text("{name}", "{name}")
    description: Text = Text()


@dataclass(frozen=True, slots=True)
class Standing:
    """Where its devices stand: one place, a table by device, what the payload says, or what the network knows.

    `longitude` and `latitude` are WGS 84 degrees for `fixed`. For `payload` they are the names of decoded
    values. `table` is a CSV file of the city with the columns `device`, `longitude`, `latitude` (and, as
    wanted, `name`); `devices` says the same in this file. `network` takes the position that the network
    server keeps for the device. A gateway's position is never taken: it is not where the sensor is; places
    at one are doubted, unless a person `confirmed` that the sensors do stand there. `moves`: they travel.
    """

    kind: PlaceKind = "none"
    longitude: float | None = None
    latitude: float | None = None
    longitude_name: str = "longitude"
    latitude_name: str = "latitude"
    table: str = ""
    devices: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    confirmed: bool = False
    moves: bool = False


@dataclass(frozen=True, slots=True)
class SensorType:
    """One kind of sensor in this city, from the way its messages come in to the limits of its values.

    `way` is the id of a way in (`ways/<id>.toml`; `http` is always there). `decoder` makes values of
    payloads, with `options` of its own. Values that no property names are kept in the message only.
    """

    id: str
    title: Text
    way: str
    decoder: str
    properties: tuple[Measured, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    match: Match = Match()
    thing: Naming = Naming()
    place: Standing = Standing()
    description: Text = Text()
    homepage: str = ""
    access: Access = Access.INTERNAL
    licence: str = UNKNOWN_LICENCE
    attribution: str = ""
    owner: str = ""

    def named(self, name: str) -> Measured | None:
        """The property that a decoded value is; None when it is not wanted."""
        return next((measured for measured in self.properties if measured.name == name), None)

    def placeholders(self) -> Iterator[str]:
        """Every text that may have placeholders."""
        yield from (
            self.thing.name.de,
            self.thing.name.en,
            self.thing.description.de,
            self.thing.description.en,
        )
