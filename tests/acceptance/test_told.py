"""From a pushed value to whoever wants to know, with everything wired as it is served."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from allmende.app import create_app, open_workspace
from allmende.collect.publish import BrokerPublisher
from allmende.flow.workspace import Workspace
from allmende.model.access import Access
from allmende.share.principals import make_key
from allmende.testing.clock import FixedClock
from allmende.testing.server import Server, serving, status
from allmende.testing.subscriptions_contract import make_streams
from tests.city.conftest import FILES, write
from tests.mosquitto import Mosquitto


@pytest.fixture
def server() -> Iterator[Server]:
    """Whoever wants to know."""
    with serving() as found:
        found.routes["/hook"] = status(204)
        yield found


@pytest.fixture
def broker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mosquitto]:
    """The city's broker."""
    folder = tmp_path / "broker"
    folder.mkdir()
    found = Mosquitto(folder)
    found.start()
    monkeypatch.setenv("ALLMENDE_PUBLISH_BROKER", found.address)
    yield found
    found.stop()


@pytest.fixture
def workspace(tmp_path: Path, broker: Mosquitto) -> Workspace:
    """A small city without content."""
    write(tmp_path / "city", FILES)
    return open_workspace(tmp_path / "city", tmp_path / "data", private_hosts=["127.0.0.1"])


@pytest.fixture
def client(workspace: Workspace) -> Iterator[TestClient[Litestar]]:
    """A client with a key that may write; the services run as long as it is used."""
    made = make_key("office", ["write:observations", "write:subscriptions"], FixedClock().now())
    workspace.store.add_key(made.key)
    with TestClient(create_app(workspace)) as found:
        found.headers["authorization"] = f"Bearer {made.secret}"
        yield found
    workspace.live.close()


def until(found: Callable[[], bool], seconds: float = 15.0) -> None:
    """Wait for something; fail when it does not come."""
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end, "it did not come in time"
        time.sleep(0.02)


def test_a_pushed_value_is_told_by_webhook_and_broker(
    client: TestClient[Litestar], workspace: Workspace, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Acknowledged, then told: the value by webhook, the alarm by topic, nothing of a closed series."""
    water, _ = make_streams(workspace.store)
    stream = workspace.store.things.get("datastream", water)
    closed = workspace.store.things.add(replace(stream, id=0, key="closed", access=Access.INTERNAL))
    told: list[tuple[str, bytes]] = []
    assert isinstance(workspace.publisher, BrokerPublisher)
    publish = workspace.publisher.publish

    def listen(messages: Sequence[tuple[str, bytes]]) -> None:
        publish(messages)
        told.extend(messages)

    monkeypatch.setattr(workspace.publisher, "publish", listen)
    hook = {"when": {"kind": "every_value"}, "webhook": server.address("/hook")}
    alarm = {"when": {"kind": "threshold", "compare": "below", "value": 10}, "topic": "dry"}
    for wished in (hook, alarm):
        assert client.post("/api/v1/subscriptions", json=wished).status_code == 201
    until(lambda: workspace.store.subscriptions.reached("publication") is not None)
    for stream, result in ((water, 20.5), (closed.id, 1.0), (water, 9.5)):
        pushed = client.post("/api/v1/observations", json={"datastream": stream, "result": result})
        assert pushed.status_code == 201
    until(lambda: len(server.posted) == 2 and len(told) == 5)
    results = [json.loads(body)["data"]["observation"]["result"] for _, _, body in server.posted]
    assert results == [20.5, 9.5]
    topics = {topic for topic, _ in told}
    assert topics == {f"v1.1/Datastreams({water})/Observations", "v1.1/Observations", "allmende/events/dry"}
    (event,) = [json.loads(body) for topic, body in told if topic == "allmende/events/dry"]
    assert (event["type"], event["data"]["observation"]["result"]) == ("allmende.began", 9.5)
