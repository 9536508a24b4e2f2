"""Sample messages in every form that people have them in become uplinks, or it is said why not."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allmende.collect.samples import listen, read_samples, split_samples
from allmende.errors import SourceUnreachable, Unreadable
from allmende.model.way import Broker, PlainForm
from tests.mosquitto import Mosquitto, free_port, mosquitto

__all__ = ["mosquitto"]
NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
UP = {
    "deviceInfo": {"devEui": "A1", "deviceProfileName": "P"},
    "fPort": 2,
    "data": "DOQ=",
    "object": {"t": 1.5},
}
TTN = {"end_device_ids": {"dev_eui": "B1"}, "uplink_message": {"f_port": 2, "frm_payload": "DOQ="}}
PLAIN = {"sensor": "s1", "timestamp": "2026-03-01T08:00:00Z", "temperature": 3.5}


def read(content: str | bytes) -> Any:
    """The samples in a file."""
    return read_samples(split_samples(content.encode() if isinstance(content, str) else content, NOW))


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(UP),
        json.dumps(UP, indent=2),
        json.dumps([UP, UP]),
        json.dumps(UP) + "\n" + json.dumps(UP),
        "\ufeff" + json.dumps(UP),
        f"application/1/device/a1/event/up {json.dumps(UP)}\n",
    ],
)
def test_uplinks_are_found_in_every_form(content: str) -> None:
    """One message, a list, a line each, or with topics as `mosquitto_sub -v` prints them."""
    samples = read(content)
    assert samples.kind == "chirpstack"
    assert {(one.device, one.payload, one.profile) for one in samples.uplinks} == {("a1", b"\x0c\xe4", "P")}


def test_the_things_stack_is_recognised() -> None:
    """By its envelope."""
    samples = read(json.dumps([TTN]))
    assert (samples.kind, samples.uplinks[0].device) == ("ttn", "b1")


def test_payloads_in_hexadecimal_are_read() -> None:
    """A payload a line, with the port before it when it is known."""
    samples = read("2 0ce40000\n0ce40001\n")
    assert [(one.port, one.payload) for one in samples.uplinks] == [
        (2, b"\x0c\xe4\0\0"),
        (None, b"\x0c\xe4\0\1"),
    ]


def test_the_form_of_plain_messages_is_found() -> None:
    """Which field is the device and which the time; or which part of the topic."""
    samples = read(json.dumps([PLAIN, PLAIN | {"sensor": "s2"}]))
    assert samples.plain == PlainForm("sensor", "timestamp")
    assert [one.device for one in samples.uplinks] == ["s1", "s2"]
    assert samples.uplinks[0].values == {"temperature": 3.5}
    by_topic = read('home/s1/state {"t": 1}\nhome/s2/state {"t": 2}\n')
    assert by_topic.plain.device == "topic:2"
    assert [one.device for one in by_topic.uplinks] == ["s1", "s2"]


def test_what_is_no_uplink_is_counted() -> None:
    """Joins and broken lines do not spoil the others."""
    join = {"deviceInfo": {"devEui": "A1"}, "devAddr": "01"}
    samples = read("\n".join([json.dumps(UP), json.dumps(join), '{"broken']))
    assert len(samples.uplinks) == 1
    assert sum(samples.refused.values()) == 2
    assert samples.read == 3


@pytest.mark.parametrize("content", ["", "   ", "hello", "[]", "{}", '{"broken', "\x00\x01", '[1, "a"]'])
def test_a_file_without_samples_is_refused(content: str) -> None:
    """With a reason that helps."""
    with pytest.raises(Unreadable):
        read(content)


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_file_is_samples_or_refused(content: bytes) -> None:
    """Nothing else happens."""
    try:
        assert read(content).uplinks
    except Unreadable as error:
        assert str(error)  # noqa: PT017 - either is right


def test_a_live_topic_gives_messages(mosquitto: Mosquitto) -> None:
    """As many as asked for, then it ends."""
    topic = "application/1/device/a1/event/up"
    for _ in range(3):
        mosquitto.publish(topic, json.dumps(UP), "-r")
    broker = Broker(mosquitto.address, ("application/#",), keep_hours=0)
    begun = time.monotonic()
    found = listen(broker, 1, 20, {"127.0.0.1"})
    assert [(one.topic, json.loads(one.payload)) for one in found] == [(topic, UP)]
    assert time.monotonic() - begun < 15


def test_a_silent_or_closed_broker_is_told(mosquitto: Mosquitto) -> None:
    """No message in time, nobody there, or a private address that nobody allowed."""
    with pytest.raises(SourceUnreachable, match="no message came"):
        listen(Broker(mosquitto.address, ("a/b",), keep_hours=0), 1, 0.5, {"127.0.0.1"})
    with pytest.raises(SourceUnreachable, match="cannot be reached"):
        listen(Broker(f"mqtt://127.0.0.1:{free_port()}", ("a",), keep_hours=0), 1, 5, {"127.0.0.1"})
    with pytest.raises(SourceUnreachable, match="private network"):
        listen(Broker(mosquitto.address, ("a",), keep_hours=0), 1, 5)
