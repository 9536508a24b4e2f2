"""Observations over MQTT: the standard's topics, its bodies, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from allmende.errors import AllmendeError
from allmende.model.message import Message
from allmende.share.web import create_app
from allmende.share.writes import Writes
from allmende.standards.sensorthings.mqtt import MqttCreation
from allmende.standards.sensorthings.publication import messages_of
from allmende.testing.every_class import Tiny, make_tiny
from allmende.testing.observations_contract import small_things


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    """A city with one datastream, number 1."""
    made = make_tiny(tmp_path)
    small_things(made.store)
    return made


@pytest.fixture
def create(tiny: Tiny) -> MqttCreation:
    """What reads the messages."""
    writes: Writes = create_app(tiny).state.writes
    return MqttCreation(writes)


def message(topic: str, payload: bytes) -> Message:
    """A message of the broker."""
    return Message("broker", payload, datetime.now(UTC), topic)


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        ("v1.1/Datastreams(1)/Observations", b'{"result": 5, "phenomenonTime": "2026-06-01T12:00:00Z"}'),
        ("v1.1/Observations", b'{"result": 5, "Datastream": {"@iot.id": 1}}'),
    ],
)
def test_an_observation_is_read(create: MqttCreation, topic: str, body: bytes) -> None:
    """As the body of a POST would be."""
    (row,) = create(message(topic, body)).observations
    assert (row.datastream_id, row.number) == (1, 5.0)


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        ("v1.1/Things", b'{"name": "x", "description": "y"}'),
        ("v1.0/Observations", b'{"result": 5, "Datastream": {"@iot.id": 1}}'),
        ("v1.1/Datastreams(9)/Observations", b'{"result": 5}'),
        ("v1.1/Observations", b'{"result": 5, "Datastream": {"name": "new"}}'),
        ("v1.1/Observations", b"{"),
    ],
)
def test_everything_else_is_refused(create: MqttCreation, topic: str, body: bytes) -> None:
    """Wrong topics, unknown datastreams, things made on the way, no JSON."""
    with pytest.raises(AllmendeError):
        create(message(topic, body))


def test_our_own_publications_do_not_come_back(create: MqttCreation, tiny: Tiny) -> None:
    """What we publish on these topics is not stored again."""
    (row,) = create(message("v1.1/Datastreams(1)/Observations", b'{"result": 5}')).observations
    for topic, payload in messages_of([row], frozenset()):
        arrival = create(message(topic, payload))
        assert (arrival.observations, arrival.status) == ([], "ignored")
