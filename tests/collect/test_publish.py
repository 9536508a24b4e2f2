"""Publishing to a real broker: acknowledged means that the broker has it."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from allmende.collect.publish import BrokerPublisher
from allmende.errors import SourceUnreachable
from allmende.model.way import Broker
from tests.mosquitto import Mosquitto, wait_for


class Listener:
    """Somebody who listens to everything, with a session that the broker keeps."""

    def __init__(self, broker: Mosquitto) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self._ready = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="listener", clean_session=False)
        self._client.on_message = lambda _, __, got: self.heard.append((got.topic, bytes(got.payload)))
        self._client.on_connect = lambda client, *_: client.subscribe("#", qos=1)
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", broker.port)
        self._client.loop_start()
        assert self._ready.wait(5)

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker."""
    found = Mosquitto(tmp_path)
    found.start()
    yield found
    found.stop()


@pytest.fixture
def publisher(broker: Mosquitto) -> Iterator[BrokerPublisher]:
    """A publisher to it."""
    found = BrokerPublisher(Broker(broker.address, (), client_id="publisher"))
    yield found
    found.close()


def test_messages_arrive_in_order(broker: Mosquitto, publisher: BrokerPublisher) -> None:
    """More than fit into the air at once; all of them, in order, once."""
    listener = Listener(broker)
    sent = [(f"a/{n % 7}", str(n).encode()) for n in range(1200)]
    publisher.publish(sent)
    wait_for(lambda: len(listener.heard) == 1200)
    assert listener.heard == sent
    listener.close()


def test_a_broker_that_is_away_is_said_and_comes_back(broker: Mosquitto, publisher: BrokerPublisher) -> None:
    """Away: an error, and nothing stays queued to come later on its own. Back: it goes on."""
    listener = Listener(broker)
    publisher.publish([("a", b"1")])
    # The broker writes every second who listens; killed before, it would have forgotten the listener.
    time.sleep(2.5)
    broker.stop(signal.SIGKILL)
    for _ in range(2):
        with pytest.raises(SourceUnreachable):
            publisher.publish([("a", b"lost")])
    broker.start()
    publisher.publish([("a", b"2"), ("a", b"3")])
    wait_for(lambda: b"3" in {payload for _, payload in listener.heard})
    assert [payload for _, payload in listener.heard][-2:] == [b"2", b"3"]
    assert b"lost" not in {payload for _, payload in listener.heard}
    listener.close()


def test_who_may_not_publish_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong password is an error, not a silence."""
    passwords = tmp_path / "passwords"
    passwords.write_text("")
    broker = Mosquitto(tmp_path, f"allow_anonymous false\npassword_file {passwords}")
    broker.start()
    monkeypatch.setenv("BROKER_USER", "allmende")
    monkeypatch.setenv("BROKER_PASSWORD", "wrong")
    monkeypatch.setattr("allmende.collect.publish._SECONDS", 1.0)
    to = Broker(broker.address, (), user="env:BROKER_USER", password="env:BROKER_PASSWORD")
    with pytest.raises(SourceUnreachable, match="does not let us in"):
        BrokerPublisher(to).publish([("a", b"1")])
    broker.stop()
