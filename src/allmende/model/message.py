"""Pushed bytes on their way to values: the message, what was decoded from it, and what could not be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from allmende.model.observation import Observation
from allmende.model.source import Rejected

MessageStatus = Literal["stored", "quarantined", "ignored"]
Value = float | int | str | bool | None | Mapping[str, Any] | list[Any]


@dataclass(frozen=True, slots=True)
class Message:
    """Raw bytes as they came in one way, before anything was decoded.

    `key` is the producer's own id of the message: the same (way, key) is the same message, however
    often it is sent. `topic` is the MQTT topic or the address it was posted to.
    """

    way: str
    payload: bytes
    received_at: datetime
    topic: str = ""
    media_type: str = ""
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """One decoded value, before it has a datastream: which device measured which property when.

    `unit` is what the payload says, if it says anything; `longitude` and `latitude` are the device's own
    position when the payload carries one (never the gateway's). `raw` is the value before a correction.
    """

    device: str
    property: str
    phenomenon_time: datetime
    value: Value
    phenomenon_end: datetime | None = None
    result_time: datetime | None = None
    raw: float | None = None
    unit: str | None = None
    longitude: float | None = None
    latitude: float | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KeptMessage:
    """A message as the store keeps it: with its number, what became of it, and why."""

    id: int
    message: Message
    status: MessageStatus
    reason: str = ""
    device: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The answer to an arrival once it is on disk: its message and its observations' ids.

    `repeated` is true when the same (way, key) was there before; the ids are then the first ones.
    `rejected` are the parts of the message that were not taken, with reasons; the message is kept whole.
    """

    message_id: int | None
    observation_ids: tuple[int, ...] = ()
    repeated: bool = False
    status: MessageStatus = "stored"
    reason: str = ""
    rejected: tuple[Rejected, ...] = ()


@dataclass(slots=True)
class Arrival:
    """What one sender waits for: a message and the observations in it, stored together or not at all.

    The observations have their datastream and times; `id`, `recorded_at` and `message_id` are given by
    the store. `message` is None for what was not pushed (polled files have receipts of their own), and
    for a kept message that was read again, whose number is `reread`.
    """

    observations: list[Observation]
    message: Message | None = None
    status: MessageStatus = "stored"
    reason: str = ""
    device: str = ""
    rejected: tuple[Rejected, ...] = ()
    reread: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """End the current revision of an observation and, unless it is deleted, put another in its place.

    `replace` is given the current row and returns the new one (None: it is deleted).
    """

    observation_id: int
    replace: Callable[[Observation], Observation | None]
