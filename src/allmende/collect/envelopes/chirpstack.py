"""ChirpStack v4 events in JSON, over MQTT (`application/…/device/…/event/up`) or its HTTP integration.

Field names are those of ChirpStack's integration events (chirpstack.io, "Event types"); a field that
is zero may be left out, as always in Protobuf's JSON.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from allmende.collect.envelopes.reading import is_place, read_base64, read_json, read_time
from allmende.errors import Unreadable
from allmende.model.uplink import Gateway, NoUplink, Uplink

UPLINK = "up"
EVENTS = ("up", "join", "ack", "txack", "status", "log", "location", "integration")


class _Device(msgspec.Struct, rename="camel"):
    dev_eui: str
    device_name: str = ""
    device_profile_name: str = ""
    application_name: str = ""
    application_id: str = ""
    tags: dict[str, str] = {}


class _Location(msgspec.Struct):
    latitude: float = 0.0
    longitude: float = 0.0


class _Heard(msgspec.Struct, rename="camel"):
    gateway_id: str = ""
    rssi: float | None = None
    snr: float | None = None
    location: _Location | None = None


class _Event(msgspec.Struct, rename="camel"):
    device_info: _Device
    deduplication_id: str | None = None
    time: str | None = None
    f_cnt: int = 0
    f_port: int | None = None
    data: str | None = None
    object: dict[str, Any] | None = None
    rx_info: list[_Heard] = []
    margin: int | None = None
    dev_addr: str | None = None
    dr: int | None = None


def parse_chirpstack(payload: bytes, topic: str = "") -> Uplink | NoUplink:
    """The uplink of an `up` event; other events carry no values. Raises Unreadable."""
    event = read_json(payload, _Event, "event of ChirpStack v4")
    kind = _kind(event, topic)
    device = event.device_info.dev_eui.strip().lower()
    if not device:
        raise Unreadable("the event does not say which device it is about", where="deviceInfo.devEui")
    if kind != UPLINK:
        return NoUplink(kind, device, event.deduplication_id)
    return _uplink(event, device, topic)


def _uplink(event: _Event, device: str, topic: str) -> Uplink:
    info = event.device_info
    return Uplink(
        device=device,
        payload=read_base64(event.data, "data"),
        values=event.object,
        time=read_time(event.time, "time"),
        port=event.f_port,
        counter=event.f_cnt,
        key=event.deduplication_id or f"{device}/{event.dev_addr}/{event.f_cnt}/{event.time}",
        name=info.device_name,
        profile=info.device_profile_name,
        application=info.application_name or info.application_id,
        topic=topic,
        tags=info.tags,
        gateways=tuple(_gateway(heard) for heard in event.rx_info),
    )


def _gateway(heard: _Heard) -> Gateway:
    place = heard.location
    if place is None or not is_place(place.longitude, place.latitude):
        return Gateway(heard.gateway_id, heard.rssi, heard.snr)
    return Gateway(heard.gateway_id, heard.rssi, heard.snr, place.longitude, place.latitude)


def _kind(event: _Event, topic: str) -> str:
    """Which event this is: the topic or address says it; without them its fields do."""
    last = topic.rpartition("/event/")[2]
    asked = parse_qs(urlsplit(topic).query).get("event", [last])[0]
    if asked in EVENTS:
        return asked
    if event.margin is not None:
        return "status"
    is_up = event.data is not None or event.object is not None or event.f_port is not None or event.rx_info
    return UPLINK if is_up else "join"
