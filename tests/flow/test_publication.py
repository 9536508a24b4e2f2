"""Publishing observations: all that are open, none that are not, from where it stopped."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from allmende.collect.publish import BrokerPublisher
from allmende.errors import SourceUnreachable
from allmende.extensions import load_standard
from allmende.flow.patience import Patience
from allmende.flow.publication import Publication
from allmende.model.access import Access
from allmende.model.message import Change
from allmende.model.way import Broker
from allmende.ports import Publisher, Publishes
from allmende.share.web import reads_of
from allmende.testing.every_class import Tiny, make_tiny
from allmende.testing.subscriptions_contract import append, make_streams, measured
from tests.mosquitto import Mosquitto, wait_for


class Published:
    """A Publisher that remembers; it fails while `away` is set."""

    def __init__(self) -> None:
        self.away = threading.Event()
        self.told: list[tuple[str, bytes]] = []

    def publish(self, messages: Sequence[tuple[str, bytes]]) -> None:
        """Remember."""
        if self.away.is_set():
            raise SourceUnreachable("the broker cannot be reached")
        self.told += messages

    def results(self) -> list[float]:
        """The results on the topic of all observations."""
        return [json.loads(text)["result"] for topic, text in self.told if topic == "v1.1/Observations"]


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    """A city of its own for every test."""
    return make_tiny(tmp_path)


@contextmanager
def publishing(tiny: Tiny, publisher: Publisher) -> Iterator[Publication]:
    """The service at work."""
    standard = load_standard("sensorthings")
    assert isinstance(standard, Publishes)
    made = Publication(
        tiny.store, reads_of(tiny).readable, publisher, [standard], tiny.data,
        seconds=0.05, patience=Patience(0.02, 0.1),
    )  # fmt: skip
    made.start()
    try:
        yield made
    finally:
        made.close()


def until(found: Callable[[], bool], seconds: float = 15.0) -> None:
    """Wait for something; fail when it does not come."""
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end, "it did not come in time"
        time.sleep(0.02)


def test_open_ones_only_and_from_where_it_stopped(tiny: Tiny) -> None:
    """What was there before is not told; what came while nobody published is; closed series never."""
    water, _ = make_streams(tiny.store)
    published = Published()
    append(tiny.store, measured(water, 0, 1.0))
    with publishing(tiny, published):
        until(lambda: tiny.store.subscriptions.reached("publication") is not None)
        append(tiny.store, measured(water, 1, 2.0))
        until(lambda: published.results() == [2])
    append(tiny.store, measured(water, 2, 3.0))
    thing = tiny.store.things.get("datastream", water).thing_id
    tree = tiny.store.things.get("thing", thing)
    with publishing(tiny, published):
        until(lambda: published.results() == [2, 3])
        for one in (tree, tiny.store.things.get("datastream", water)):
            tiny.store.things.update(replace(one, access=Access.PROTECTED))
        append(tiny.store, measured(water, 3, 4.0))
        until(lambda: tiny.store.subscriptions.reached("publication") == tiny.store.observations.newest_id())
    assert published.results() == [2, 3]
    assert {topic for topic, _ in published.told} == {
        "v1.1/Observations",
        f"v1.1/Datastreams({water})/Observations",
    }


def test_a_broker_that_is_away_gets_everything_later(tiny: Tiny) -> None:
    """In order, and a correction too when this process wrote it."""
    water, _ = make_streams(tiny.store)
    published = Published()
    with publishing(tiny, published) as publication:
        tiny.live.writer.listen(publication.notice)
        until(lambda: tiny.store.subscriptions.reached("publication") is not None)
        published.away.set()
        ids = [append(tiny.store, measured(water, n, float(n)))[0] for n in range(5)]
        time.sleep(0.3)
        published.away.clear()
        until(lambda: published.results() == [0, 1, 2, 3, 4])
        tiny.live.writer.submit(Change(ids[0], lambda old: replace(old, number=9.0))).result()
        until(lambda: published.results()[-1] == 9)
    tiny.live.close()


def test_only_one_process_publishes(tiny: Tiny) -> None:
    """The second waits for the lock and takes over when the first ends."""
    water, _ = make_streams(tiny.store)
    first, second = Published(), Published()
    with publishing(tiny, first):
        until(lambda: tiny.store.subscriptions.reached("publication") is not None)
        with publishing(tiny, second):
            append(tiny.store, measured(water, 0, 1.0))
            until(lambda: first.results() == [1])
            assert second.results() == []
    with publishing(tiny, second):
        append(tiny.store, measured(water, 1, 2.0))
        until(lambda: second.results() == [2])


def test_a_broker_killed_again_and_again_loses_nothing(tiny: Tiny, tmp_path: Path) -> None:
    """A listener with a session hears every observation, first time in order, whatever the broker does."""
    water, _ = make_streams(tiny.store)
    folder = tmp_path / "broker"
    folder.mkdir()
    broker = Mosquitto(folder)
    broker.start()
    heard: list[float] = []
    listener = paho.Client(CallbackAPIVersion.VERSION2, client_id="listener", clean_session=False)
    listener.on_message = lambda _, __, got: heard.append(json.loads(got.payload)["result"])
    listener.on_connect = lambda client, *_: client.subscribe(
        f"v1.1/Datastreams({water})/Observations", qos=1
    )
    listener.reconnect_delay_set(1, 1)
    listener.connect("127.0.0.1", broker.port)
    listener.loop_start()
    publisher = BrokerPublisher(Broker(broker.address, (), client_id="publisher"))
    with publishing(tiny, publisher):
        until(lambda: tiny.store.subscriptions.reached("publication") is not None)
        for n in range(60):
            append(tiny.store, measured(water, n, float(n)))
            if n in (20, 40):
                # Without SIGKILL: what the broker acknowledged and lost itself nobody could send again.
                broker.stop(signal.SIGTERM)
                time.sleep(0.3)
                broker.start()
        wait_for(lambda: len(set(heard)) == 60, 20)
    assert list(dict.fromkeys(heard)) == list(range(60))
    publisher.close()
    listener.disconnect()
    listener.loop_stop()
    broker.stop()
