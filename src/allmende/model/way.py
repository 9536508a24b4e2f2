"""Live ways in: where messages come from, who may send them, and how their envelope is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from allmende.model.message import Accepted
from allmende.model.text import Text

WayKind = Literal["chirpstack", "ttn", "plain", "sensorthings"]
MqttVersion = Literal["5", "3.1.1"]


@dataclass(frozen=True, slots=True)
class Broker:
    """An MQTT broker and what to listen to there.

    `address` is `mqtt://host:1883` or, with TLS, `mqtts://host:8883`. Secrets and the paths of
    certificates are names of environment variables: `env:MQTT_PASSWORD`. `client_id` must be the
    same after a restart, so that the broker keeps what was sent in the meantime, for `keep_hours`.
    """

    address: str
    topics: tuple[str, ...]
    version: MqttVersion = "5"
    client_id: str = ""
    user: str = ""
    password: str = ""
    ca_file: str = ""
    certificate_file: str = ""
    key_file: str = ""
    keep_hours: int = 168


@dataclass(frozen=True, slots=True)
class Webhook:
    """How a sender that posts to `/api/v1/ways/{id}` shows who it is.

    Either `token`, which must stand in `header`, or `secret`, with which the body is signed: the
    HMAC-SHA256 of the body, in hexadecimal, stands in `header` (with or without `sha256=` before it).
    Both are names of environment variables.
    """

    header: str = "Authorization"
    token: str = ""
    secret: str = ""


@dataclass(frozen=True, slots=True)
class PlainForm:
    """Where a plain JSON message says who sent it and when; paths are like `data.device`.

    `device = "topic:2"` takes the second part of the topic. `values` is the path of the object with
    the values; empty: the whole message. `key` is the path of the sender's own id of the message.
    """

    device: str = "device"
    time: str = "time"
    values: str = ""
    key: str = ""
    port: str = ""
    longitude: str = ""
    latitude: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """One live way in of a city; it has a broker, a webhook or both.

    Messages of kind `sensorthings` name the datastream they are for; all others need a kind of sensor.
    """

    id: str
    title: Text
    kind: WayKind
    broker: Broker | None = None
    webhook: Webhook | None = None
    plain: PlainForm = PlainForm()
    licence: str = "unknown"
    attribution: str = ""
    owner: str = ""


@dataclass(slots=True)
class WayState:
    """How a way in is doing since this process listens; times are aware, UTC.

    `connected` is None for a way that only waits for posts. `refused` messages were not kept and the
    sender was not told that they were: it sends them again.
    """

    way: str
    connected: bool | None = None
    since: datetime | None = None
    received: int = 0
    stored: int = 0
    repeated: int = 0
    quarantined: int = 0
    ignored: int = 0
    refused: int = 0
    last_received_at: datetime | None = None
    fault: str = ""
    fault_at: datetime | None = None
    topics: dict[str, str] = field(default_factory=dict)

    def refuse(self, reason: str, moment: datetime) -> None:
        """Count a message that could not be kept."""
        self.refused += 1
        self.fault, self.fault_at = f"a message could not be kept: {reason}", moment

    def count(self, accepted: Accepted) -> None:
        """Count what became of a message that was kept."""
        if accepted.repeated:
            self.repeated += 1
        elif accepted.status == "quarantined":
            self.quarantined += 1
        elif accepted.status == "ignored":
            self.ignored += 1
        else:
            self.stored += 1
