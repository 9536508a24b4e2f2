"""Envelopes of ChirpStack v4, The Things Stack v3 and plain JSON: what they say, and what is no envelope."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allmende.collect.envelopes import open_envelope
from allmende.errors import Unreadable
from allmende.model.message import Message
from allmende.model.text import Text
from allmende.model.uplink import Gateway, NoUplink, Position, Uplink
from allmende.model.way import PlainForm, Way, WayKind

DATA = Path(os.environ.get("ALLMENDE_REPLAY") or Path(__file__).parents[3].parent / "shared" / "data")
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
CHIRPSTACK: dict[str, Any] = {
    "deduplicationId": "d-1",
    "time": "2026-11-23T07:59:58.863512+00:00",
    "deviceInfo": {
        "applicationName": "trees",
        "deviceProfileName": "probe",
        "deviceName": "lime-7",
        "devEui": "A840410000000007",
        "tags": {"place": "park"},
    },
    "fCnt": 110,
    "fPort": 2,
    "data": "DOUAAA==",
    "object": {"soil": 13.5},
    "rxInfo": [
        {"gatewayId": "g1", "rssi": -127, "snr": -12.8, "location": {"latitude": 50.9, "longitude": 11.6}},
        {"gatewayId": "g2", "rssi": -99, "snr": 3, "location": {"latitude": 0, "longitude": 0}},
    ],
}
TTN: dict[str, Any] = {
    "end_device_ids": {
        "device_id": "bin-3",
        "application_ids": {"application_id": "bins"},
        "dev_eui": "F8C6000000000003",
    },
    "correlation_ids": ["rpc:/x", "as:up:01JB"],
    "received_at": "2026-11-23T08:00:00.115046685Z",
    "uplink_message": {
        "f_port": 1,
        "frm_payload": "6rw=",
        "decoded_payload": {"level": 40},
        "rx_metadata": [{"gateway_ids": {"gateway_id": "g"}, "channel_rssi": 42, "snr": 4.2}],
        "locations": {
            "user": {"latitude": 50.1, "longitude": 11.1, "source": "SOURCE_REGISTRY"},
            "frm-payload": {"latitude": 50.2, "longitude": 11.2, "source": "SOURCE_GPS"},
        },
        "last_battery_percentage": {"value": 94.5},
    },
}


def way(kind: WayKind, form: PlainForm | None = None) -> Way:
    """A way in of this kind."""
    return Way("way", Text("Weg", "Way"), kind, plain=form or PlainForm())


def opened(kind: WayKind, document: Any, topic: str = "", form: PlainForm | None = None) -> Uplink | NoUplink:
    """What an envelope says; anything but bytes is written as JSON."""
    payload = document if isinstance(document, bytes) else json.dumps(document).encode()
    return open_envelope(Message("way", payload, NOW, topic), way(kind, form))


def uplink(kind: WayKind, document: Any, topic: str = "", form: PlainForm | None = None) -> Uplink:
    """The same, and it must be an uplink."""
    found = opened(kind, document, topic, form)
    assert isinstance(found, Uplink)
    return found


def test_chirpstack_says_who_when_and_what() -> None:
    """Device, bytes, decoded values, counter and the id of the message come out of an uplink event."""
    found = uplink("chirpstack", CHIRPSTACK)
    assert found.device == "a840410000000007"
    assert (found.payload, found.values, found.port, found.counter) == (
        b"\x0c\xe5\0\0",
        {"soil": 13.5},
        2,
        110,
    )
    assert found.time == datetime(2026, 11, 23, 7, 59, 58, 863512, UTC)
    assert (found.key, found.name, found.profile, found.application) == ("d-1", "lime-7", "probe", "trees")
    assert found.tags == {"place": "park"}


def test_a_gateways_place_is_never_the_devices() -> None:
    """Positions in rxInfo are the gateways'; the device has none. 0, 0 is no place."""
    found = uplink("chirpstack", CHIRPSTACK)
    assert found.position is None
    assert found.gateways == (Gateway("g1", -127, -12.8, 11.6, 50.9), Gateway("g2", -99, 3))
    assert found.best_gateway == found.gateways[1]


@pytest.mark.parametrize("event", ["join", "status", "ack", "txack", "log", "location"])
def test_chirpstacks_other_events_are_no_uplinks(event: str) -> None:
    """The topic, or the address of a webhook, says which event it is."""
    for topic in (f"application/x/device/y/event/{event}", f"/api/v1/ways/way?event={event}"):
        assert opened("chirpstack", CHIRPSTACK, topic) == NoUplink(event, "a840410000000007", "d-1")


def test_chirpstack_events_without_a_topic_are_told_apart_by_their_fields() -> None:
    """A join has no radio data, a status has a margin."""
    bare = {key: CHIRPSTACK[key] for key in ("deduplicationId", "deviceInfo", "time")}
    assert opened("chirpstack", bare | {"devAddr": "0"}) == NoUplink("join", "a840410000000007", "d-1")
    assert opened("chirpstack", bare | {"margin": 7}) == NoUplink("status", "a840410000000007", "d-1")
    assert isinstance(opened("chirpstack", bare | {"object": {"x": 1}}), Uplink)


def test_zero_may_be_left_out() -> None:
    """The first uplink has no fCnt at all; the same message keeps the same key."""
    bare = {key: value for key, value in CHIRPSTACK.items() if key not in ("fCnt", "deduplicationId")}
    first, again = uplink("chirpstack", bare), uplink("chirpstack", bare)
    assert first.counter == 0
    assert first.key == again.key
    assert first.key != uplink("chirpstack", bare | {"fCnt": 1}).key


def test_the_things_stack_says_who_when_and_what() -> None:
    """Device, bytes, decoded values, battery and the id of the message come out of an uplink."""
    found = uplink("ttn", TTN)
    assert (found.device, found.name, found.application) == ("f8c6000000000003", "bin-3", "bins")
    assert (found.payload, found.values, found.port, found.counter) == (b"\xea\xbc", {"level": 40}, 1, 0)
    assert found.time == datetime(2026, 11, 23, 8, 0, 0, 115047, UTC)
    assert (found.key, found.battery) == ("as:up:01JB", 94.5)
    assert found.gateways == (Gateway("g", 42, 4.2),)


def test_a_measured_position_goes_before_an_entered_one() -> None:
    """The Things Stack may know several positions of a device."""
    assert uplink("ttn", TTN).position == Position(11.2, 50.2, "SOURCE_GPS")


def test_the_things_stacks_other_messages_are_no_uplinks() -> None:
    """A join carries no values."""
    join = {**{k: v for k, v in TTN.items() if k != "uplink_message"}, "join_accept": {}}
    assert opened("ttn", join) == NoUplink("join_accept", "f8c6000000000003", "as:up:01JB")


def test_a_simulated_uplink_says_so() -> None:
    """Somebody tries the console: the message is marked."""
    assert uplink("ttn", TTN | {"simulated": True}).simulated


def test_plain_json_is_read_as_the_way_describes_it() -> None:
    """Paths name device, time, values, key and position."""
    form = PlainForm("meta.id", "meta.at", "data", "meta.no", "meta.port", "data.lon", "data.lat")
    document = {
        "meta": {"id": 17, "at": 1_763_884_800, "no": 5, "port": 3},
        "data": {"t": 1.5, "lon": 11.5, "lat": 50.9},
    }
    found = uplink("plain", document, "a/b", form)
    assert (found.device, found.key, found.port) == ("17", "5", 3)
    assert found.time == datetime(2025, 11, 23, 8, tzinfo=UTC)
    assert found.values == document["data"]
    assert found.position == Position(11.5, 50.9, "message")


def test_a_part_of_the_topic_can_name_the_device() -> None:
    """`topic:2` is the second part; a number alone is a value."""
    form = PlainForm(device="topic:2")
    assert uplink("plain", {"t": 1}, "pump/p7/up", form).device == "p7"
    assert uplink("plain", b"21.5", "pump/p7/up", form).values == {"value": 21.5}
    assert uplink("plain", b"\x01\xff", "pump/p7/up", form).payload == b"\x01\xff"
    with pytest.raises(Unreadable, match="which device"):
        opened("plain", {"t": 1}, "pump", form)


def test_what_names_the_message_is_no_value() -> None:
    """Without `values` the whole message is meant, but for what describes it."""
    found = uplink("plain", {"device": "d", "time": "2026-11-23T08:00:00+01:00", "t": 3})
    assert found.values == {"t": 3}
    assert found.time == datetime(2026, 11, 23, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("2026-11-23T08:00:00", "no zone"),
        ("yesterday", "no time"),
        (-5, "since 1970"),
        (1e300, "since 1970"),
        ("inf", "since 1970"),
        (True, "no time"),
        ([1], "no time"),
        ("0001-01-01T00:00:00+14:00", "no time"),
    ],
)
def test_a_time_that_is_none_is_said(value: Any, words: str) -> None:
    """A message whose time cannot be read is not given another one."""
    with pytest.raises(Unreadable, match=words):
        opened("plain", {"device": "d", "time": value})


@pytest.mark.parametrize("kind", ["chirpstack", "ttn"])
@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b"", "no JSON"),
        (b"\x0a\x10\x08", "Protobuf"),
        (b'{"deviceInfo": ', "broken"),
        (b"{}", "missing required"),
        (b'{"deviceInfo": 7, "end_device_ids": 7}', "Expected"),
        (b'{"deviceInfo": {"devEui": " "}, "end_device_ids": {}}', "which device"),
        (b'{"deviceInfo": {"devEui": "\xff"}, "end_device_ids": {"device_id": "\xff"}}', "UTF-8"),
    ],
)
def test_what_is_no_envelope_is_said(kind: WayKind, payload: bytes, words: str) -> None:
    """Broken JSON, Protobuf, wrong types, a missing device: each has its own reason."""
    with pytest.raises(Unreadable) as raised:
        opened(kind, payload)
    assert words in str(raised.value)


def test_a_payload_that_is_not_base64_is_said() -> None:
    """Nothing is guessed about a payload."""
    with pytest.raises(Unreadable, match="Base64"):
        opened("chirpstack", CHIRPSTACK | {"data": "no!"})


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=300, deadline=None)
@given(
    kind=st.sampled_from(("chirpstack", "ttn", "plain")),
    changed=st.dictionaries(st.sampled_from((*CHIRPSTACK, *TTN, "device", "time")), _ANY, max_size=4),
    topic=st.text(max_size=20),
)
def test_whatever_a_sender_writes_is_read_or_refused(kind: WayKind, changed: Any, topic: str) -> None:
    """Any field may hold anything: the answer is an uplink, no uplink, or Unreadable."""
    base = {"chirpstack": CHIRPSTACK, "ttn": TTN, "plain": {"device": "d"}}[kind]
    try:
        found = opened(kind, {**base, **changed}, topic)
    except Unreadable:
        return
    assert found.device


@settings(max_examples=300, deadline=None)
@given(kind=st.sampled_from(("chirpstack", "ttn", "plain")), payload=st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(kind: WayKind, payload: bytes) -> None:
    """No bytes end the process."""
    form = replace(PlainForm(), device="topic:1")
    try:
        opened(kind, payload, "d/x", form)
    except Unreadable:
        return


@pytest.mark.shared
@pytest.mark.skipif(not DATA.is_dir(), reason=f"no recorded data in {DATA}")
def test_real_uplinks_of_jena() -> None:
    """Four uplinks of Jena's network: device, bytes and values are there, no device has a place."""
    for path in sorted((DATA / "03_jena_sensors").glob("chirpstack_uplink_*.json")):
        found = uplink("chirpstack", path.read_bytes())
        assert found.device == json.loads(path.read_text())["deviceInfo"]["devEui"]
        assert found.payload
        assert found.values
        assert found.position is None
        assert any(gateway.longitude for gateway in found.gateways)
    simulated = uplink("ttn", (DATA / "13_lorawan_vectors" / "ttn_v3_uplink_simulated.json").read_bytes())
    assert simulated.simulated
    assert simulated.payload == bytes([234, 188, 189, 203, 188, 223])
