"""Sample messages of sensors, from a file or a live topic, for proposing how to read them."""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from allmende.collect.envelopes import open_envelope
from allmende.collect.mqtt import MqttListener
from allmende.errors import AllmendeError, SourceUnreachable, Unreadable
from allmende.model.message import Accepted, Message
from allmende.model.text import Text
from allmende.model.uplink import NoUplink, Uplink
from allmende.model.way import Broker, PlainForm, Way, WayKind, WayState

LARGEST = 20 * 1024 * 1024
MOST = 1000
_TOPIC_LINE = re.compile(rb"([^\s{}\[\]\"]+/[^\s{}\[\]\"]*) (?=[{\[])")
_HEX_LINE = re.compile(r"(?:(\d{1,3})[\s,;:]+)?((?:[0-9a-fA-F]{2}){1,250})")
_DEVICE = (
    "device",
    "device_id",
    "deviceId",
    "devEui",
    "dev_eui",
    "sensor",
    "sensor_id",
    "id",
    "ice_id",
    "name",
    "node",
)
_TIME = ("time", "timestamp", "ts", "measured_at", "created_at", "datetime", "date", "zeit")


@dataclass(frozen=True)
class Samples:
    """Messages as uplinks, the kind of way they came, and what could not be read (reason, how often)."""

    uplinks: tuple[Uplink, ...]
    kind: WayKind
    plain: PlainForm = field(default_factory=PlainForm)
    refused: dict[str, int] = field(default_factory=dict)
    read: int = 0


def split_samples(content: bytes, received_at: datetime) -> tuple[Message, ...]:
    """The messages in a file: JSON, a list, a line each (also as `mosquitto_sub -v` prints), or bytes in
    hexadecimal, a payload a line, with the port before it (`2 0ce40000`). Raises Unreadable."""
    if len(content) > LARGEST:
        raise Unreadable(f"the file is larger than {LARGEST // 2**20} MB", hint="Twenty messages are enough.")
    text = content.removeprefix(b"\xef\xbb\xbf").strip()
    if not text:
        raise Unreadable("the file is empty")
    whole = _whole(text)
    if whole is not None:
        return tuple(_message(json.dumps(one).encode(), received_at) for one in whole[:MOST])
    lines = [line.strip() for line in text.splitlines() if line.strip()][:MOST]
    return tuple(_line(line, received_at) for line in lines)


def _whole(text: bytes) -> list[Any] | None:
    """The messages when all of the file is one JSON document; None when it is not."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if isinstance(found, list):
        return found
    return [found] if isinstance(found, dict) else None


def _line(line: bytes, received_at: datetime) -> Message:
    topic = _TOPIC_LINE.match(line)
    if topic:
        return _message(line[topic.end() :], received_at, topic[1].decode("utf-8", "replace"))
    return _message(line, received_at)


def _message(payload: bytes, received_at: datetime, topic: str = "") -> Message:
    return Message("sample", payload, received_at, topic)


def read_samples(messages: Sequence[Message]) -> Samples:
    """The messages as uplinks. Raises Unreadable when none is."""
    kind, plain = _kind(messages), PlainForm()
    if kind == "plain":
        plain = _plain_form(messages)
    way = Way("sample", Text("", ""), kind, plain=plain)
    uplinks, refused = list[Uplink](), Counter[str]()
    for message in messages:
        found = _open(message, way)
        if isinstance(found, Uplink):
            uplinks.append(found)
        else:
            refused[found] += 1
    if not uplinks:
        first = next(iter(refused), "there is none")
        hint = "Samples are uplinks of ChirpStack or The Things Stack, plain JSON, or bytes in hexadecimal."
        raise Unreadable(f"no sample could be read: {first}", hint=hint)
    return Samples(tuple(uplinks), kind, plain, dict(refused), len(messages))


def _open(message: Message, way: Way) -> Uplink | str:
    """The uplink, or why there is none."""
    bare = _HEX_LINE.fullmatch(message.payload.decode("ascii", "replace").strip())
    if bare:
        port = int(bare[1]) if bare[1] else None
        return Uplink("sample", bytes.fromhex(bare[2]), port=port)
    try:
        found = open_envelope(message, way)
    except AllmendeError as error:
        return error.message
    return f"a {found.event} carries no values" if isinstance(found, NoUplink) else found


def _documents(messages: Iterable[Message]) -> Iterator[dict[str, Any]]:
    for message in messages:
        try:
            found = json.loads(message.payload)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            yield found


def _kind(messages: Sequence[Message]) -> WayKind:
    """Whose envelope it is: what most messages have."""
    signs: Counter[WayKind] = Counter()
    for document in _documents(messages):
        signs[
            "chirpstack" if "deviceInfo" in document else "ttn" if "end_device_ids" in document else "plain"
        ] += 1
    return signs.most_common(1)[0][0] if signs else "plain"


def _plain_form(messages: Sequence[Message]) -> PlainForm:
    """Where plain JSON says who sent it and when; a part of the topic when the message does not."""
    documents = list(_documents(messages))
    device = next(
        (name for name in _DEVICE if documents and all(_is_name(one.get(name)) for one in documents)), ""
    )
    if not device:
        device = _topic_part([message.topic for message in messages])
    time_ = next((name for name in _TIME if any(name in one for one in documents)), "")
    nested = next((name for name in ("values", "data", "readings", "payload", "object")
                   if documents and all(isinstance(one.get(name), dict) for one in documents)), "")  # fmt: skip
    longitude = next(
        (name for name in ("longitude", "lon", "lng") if any(name in one for one in documents)), ""
    )
    latitude = next((name for name in ("latitude", "lat") if any(name in one for one in documents)), "")
    both = bool(longitude and latitude)
    return PlainForm(
        device, time_, nested, longitude=longitude if both else "", latitude=latitude if both else ""
    )


def _is_name(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and bool(str(value).strip())


def _topic_part(topics: Sequence[str]) -> str:
    """The part of the topics that tells devices apart: the one with most different words, else the last."""
    parts = [topic.split("/") for topic in topics if topic]
    if not parts:
        return "device"
    shortest = min(map(len, parts))
    different = [len({part[place] for part in parts}) for place in range(shortest)]
    best = max(range(shortest), key=lambda place: (different[place], place))
    return f"topic:{best + 1}"


def listen(broker: Broker, count: int, seconds: float, private: Iterable[str] = ()) -> tuple[Message, ...]:
    """So many messages of a live topic, or those that came in time. Raises SourceUnreachable when none did."""
    found: list[Message] = []
    enough = threading.Event()

    def receive(message: Message) -> Future[Accepted]:
        if len(found) < count:
            found.append(message)
        if len(found) >= count:
            enough.set()
        done: Future[Accepted] = Future()
        done.set_result(Accepted(None))
        return done

    state = WayState("new-sensor")
    listener = MqttListener(state, broker, f"allmende-new-sensor-{uuid4().hex[:12]}", receive, private)
    listener.start()
    until = time.monotonic() + seconds
    while not enough.is_set() and time.monotonic() < until and not (state.fault and not found):
        enough.wait(0.1)
    listener.stop()
    if not found:
        reason = state.fault or f"no message came within {seconds:.0f} s"
        raise SourceUnreachable(
            reason, where=broker.address, hint="Is the topic right, and does something send?"
        )
    return tuple(found)
