"""What a radio network or a broker says about one transmission of one device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Gateway:
    """An antenna that heard the device. Its position is its own, never the device's.

    Degrees in WGS 84, `rssi` in dBm, `snr` in dB.
    """

    id: str
    rssi: float | None = None
    snr: float | None = None
    longitude: float | None = None
    latitude: float | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """Where the network says the device is: degrees in WGS 84, and how it knows (`source`)."""

    longitude: float
    latitude: float
    source: str = ""


@dataclass(frozen=True, slots=True)
class Uplink:
    """One transmission: who sent it, and its bytes (`payload`), values decoded already, or both.

    `device` is the device's EUI in lower case where there is one, else the name it sends under.
    `time` is when the network, or the device itself, says it was sent. `port` and `counter` are LoRaWAN's
    fPort and fCnt. `key` is the sender's own id of the message. `battery` is in percent.
    """

    device: str
    payload: bytes | None = None
    values: Mapping[str, Any] | None = None
    time: datetime | None = None
    port: int | None = None
    counter: int | None = None
    key: str | None = None
    name: str = ""
    profile: str = ""
    application: str = ""
    topic: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    gateways: tuple[Gateway, ...] = ()
    position: Position | None = None
    battery: float | None = None
    simulated: bool = False

    @property
    def best_gateway(self) -> Gateway | None:
        """The gateway that heard it loudest; None when none said so."""
        heard = [gateway for gateway in self.gateways if gateway.rssi is not None]
        return max(heard, key=lambda gateway: gateway.rssi or 0.0, default=None)


@dataclass(frozen=True, slots=True)
class NoUplink:
    """A message of the network that carries no values, such as a join: what it is and who it is about."""

    event: str
    device: str = ""
    key: str | None = None
