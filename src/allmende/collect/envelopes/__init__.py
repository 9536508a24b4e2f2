"""What network servers wrap around a device's bytes. Pure: a message becomes an uplink, or tells that it is none."""

from __future__ import annotations

from collections.abc import Callable

from allmende.collect.envelopes.chirpstack import parse_chirpstack
from allmende.collect.envelopes.plain import parse_plain
from allmende.collect.envelopes.ttn import parse_ttn
from allmende.model.message import Message
from allmende.model.uplink import NoUplink, Uplink
from allmende.model.way import Way

_PARSERS: dict[str, Callable[[bytes, str], Uplink | NoUplink]] = {
    "chirpstack": parse_chirpstack,
    "ttn": parse_ttn,
}


def open_envelope(message: Message, way: Way) -> Uplink | NoUplink:
    """What the way's envelope says. Raises Unreadable when it is not what this way should bring."""
    if way.kind == "plain":
        return parse_plain(message.payload, message.topic, way.plain)
    return _PARSERS[way.kind](message.payload, message.topic)
