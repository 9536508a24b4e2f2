"""Messages without a network server: JSON whose form the way in describes, or bare bytes on a topic."""

from __future__ import annotations

from typing import Any

import msgspec

from allmende.collect.envelopes.reading import is_place, read_time
from allmende.errors import Unreadable
from allmende.model.uplink import Position, Uplink
from allmende.model.way import PlainForm

_TOPIC = "topic:"


def parse_plain(payload: bytes, topic: str, form: PlainForm) -> Uplink:
    """One message of one device. Bytes that are no JSON are the payload of a decoder. Raises Unreadable."""
    document = _read(payload)
    device = _device(document, topic, form.device)
    if not isinstance(document, dict):
        values = None if document is None else {"value": document}
        return Uplink(device, payload, values, topic=topic)
    return _uplink(document, payload, topic, device, form)


def _uplink(document: dict[str, Any], payload: bytes, topic: str, device: str, form: PlainForm) -> Uplink:
    key, port = follow(document, form.key), follow(document, form.port)
    return Uplink(
        device=device,
        payload=payload,
        values=_values(document, form),
        time=read_time(follow(document, form.time), form.time),
        port=port if isinstance(port, int) and not isinstance(port, bool) else None,
        key=None if key is None else str(key)[:240],
        topic=topic,
        position=_position(document, form),
    )


def _read(payload: bytes) -> Any:
    """The JSON in the payload; None when it is something else, which a decoder may understand."""
    try:
        return msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        if payload.lstrip()[:1] in (b"{", b"["):
            raise Unreadable("this is broken JSON", hint="Is the message cut off?") from None
        return None


def _device(document: Any, topic: str, path: str) -> str:
    """Who sent it: a part of the topic, or a value of the message."""
    if path.startswith(_TOPIC):
        parts, number = topic.split("/"), int(path.removeprefix(_TOPIC))
        found: Any = parts[number - 1] if number <= len(parts) else None
    else:
        found = follow(document, path) if isinstance(document, dict) else None
    if not isinstance(found, str | int) or isinstance(found, bool) or not str(found).strip():
        hint = 'Set plain.device: a path in the message, or "topic:2" for the second part of the topic.'
        raise Unreadable("the message does not say which device sent it", where=path, hint=hint)
    return str(found).strip()[:240]


def _values(document: dict[str, Any], form: PlainForm) -> dict[str, Any]:
    found = follow(document, form.values) if form.values else document
    if not isinstance(found, dict):
        raise Unreadable("there is no object with values", where=form.values or "$")
    told = {form.device, form.time, form.key, form.port, form.longitude, form.latitude}
    return found if form.values else {name: value for name, value in found.items() if name not in told}


def _position(document: dict[str, Any], form: PlainForm) -> Position | None:
    longitude, latitude = follow(document, form.longitude), follow(document, form.latitude)
    return Position(longitude, latitude, "message") if is_place(longitude, latitude) else None


def follow(document: Any, path: str) -> Any:
    """The value at a path like `data.device` or `readings.0.value`; None when there is none."""
    if not path:
        return None
    for step in path.split("."):
        if isinstance(document, dict):
            document = document.get(step)
        elif isinstance(document, list) and step.isdecimal() and int(step) < len(document):
            document = document[int(step)]
        else:
            return None
    return document
