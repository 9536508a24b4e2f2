"""The Things Stack v3 messages in JSON, over MQTT (`v3/{application}/devices/{device}/up`) or its webhooks.

Field names are those of The Things Stack's data formats (thethingsindustries.com, "Data Formats"); a
field that is zero may be left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from allmende.collect.envelopes.reading import is_place, read_base64, read_json, read_time
from allmende.errors import Unreadable
from allmende.model.uplink import Gateway, NoUplink, Position, Uplink

EVENTS = (
    "join_accept",
    "downlink_ack",
    "downlink_nack",
    "downlink_sent",
    "downlink_failed",
    "downlink_queued",
    "downlink_queue_invalidated",
    "location_solved",
    "service_data",
    "uplink_normalized",
)
# A measured position says more about a device than one that a person entered or the network guessed.
_BEST_SOURCES = ("SOURCE_GPS", "SOURCE_REGISTRY")


class _Application(msgspec.Struct):
    application_id: str = ""


class _Ids(msgspec.Struct):
    device_id: str = ""
    dev_eui: str = ""
    application_ids: _Application = msgspec.field(default_factory=_Application)


class _Location(msgspec.Struct):
    latitude: float = 0.0
    longitude: float = 0.0
    source: str = ""


class _GatewayIds(msgspec.Struct):
    gateway_id: str = ""


class _Heard(msgspec.Struct):
    gateway_ids: _GatewayIds = msgspec.field(default_factory=_GatewayIds)
    rssi: float | None = None
    channel_rssi: float | None = None
    snr: float | None = None
    location: _Location | None = None


class _Battery(msgspec.Struct):
    value: float | None = None


class _Versions(msgspec.Struct):
    brand_id: str = ""
    model_id: str = ""


class _Message(msgspec.Struct):
    f_port: int | None = None
    f_cnt: int = 0
    frm_payload: str | None = None
    decoded_payload: dict[str, Any] | None = None
    session_key_id: str = ""
    rx_metadata: list[_Heard] = []
    received_at: str | None = None
    locations: dict[str, _Location] = {}
    last_battery_percentage: _Battery | None = None
    version_ids: _Versions = msgspec.field(default_factory=_Versions)


class _Event(msgspec.Struct):
    end_device_ids: _Ids
    correlation_ids: list[str] = []
    received_at: str | None = None
    uplink_message: _Message | None = None
    simulated: bool = False


def parse_ttn(payload: bytes, topic: str = "") -> Uplink | NoUplink:
    """The uplink; other messages carry no values. Raises Unreadable."""
    event = read_json(payload, _Event, "message of The Things Stack v3")
    ids = event.end_device_ids
    device = ids.dev_eui.strip().lower() or ids.device_id.strip()
    if not device:
        raise Unreadable("the message does not say which device it is about", where="end_device_ids")
    if event.uplink_message is None:
        return NoUplink(_kind(payload), device, _correlation(event.correlation_ids))
    return _uplink(event, event.uplink_message, device, topic)


def _uplink(event: _Event, message: _Message, device: str, topic: str) -> Uplink:
    ids, battery = event.end_device_ids, message.last_battery_percentage
    versions = message.version_ids
    time = message.received_at or event.received_at
    return Uplink(
        device=device,
        payload=read_base64(message.frm_payload, "uplink_message.frm_payload"),
        values=message.decoded_payload,
        time=read_time(time, "received_at"),
        port=message.f_port,
        counter=message.f_cnt,
        key=_correlation(event.correlation_ids)
        or f"{device}/{message.session_key_id}/{message.f_cnt}/{time}",
        name=ids.device_id,
        profile="/".join(part for part in (versions.brand_id, versions.model_id) if part),
        application=ids.application_ids.application_id,
        topic=topic,
        gateways=tuple(_gateway(heard) for heard in message.rx_metadata),
        position=_position(message.locations),
        battery=None if battery is None else battery.value,
        simulated=event.simulated,
    )


def _gateway(heard: _Heard) -> Gateway:
    rssi = heard.rssi if heard.rssi is not None else heard.channel_rssi
    place = heard.location
    if place is None or not is_place(place.longitude, place.latitude):
        return Gateway(heard.gateway_ids.gateway_id, rssi, heard.snr)
    return Gateway(heard.gateway_ids.gateway_id, rssi, heard.snr, place.longitude, place.latitude)


def _position(locations: dict[str, _Location]) -> Position | None:
    """The best known position of the device itself."""
    known = [place for place in locations.values() if is_place(place.longitude, place.latitude)]
    if not known:
        return None
    best = min(known, key=lambda place: _rank(place.source))
    return Position(best.longitude, best.latitude, best.source)


def _rank(source: str) -> int:
    return _BEST_SOURCES.index(source) if source in _BEST_SOURCES else len(_BEST_SOURCES)


def _correlation(ids: Sequence[str]) -> str | None:
    """The id under which the application server forwards this message, also when it sends it again."""
    for start in ("as:up:", "ns:uplink:", "gs:uplink:"):
        for one in ids:
            if one.startswith(start):
                return one[:240]
    return None


def _kind(payload: bytes) -> str:
    names = msgspec.json.decode(payload.removeprefix(b"\xef\xbb\xbf"), type=dict[str, msgspec.Raw])
    return next((event for event in EVENTS if event in names), "unknown")
