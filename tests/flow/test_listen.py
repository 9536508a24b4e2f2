"""Listening for a city: from a broker to a value on the page, one process at a time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from allmende.flow.listen import Listening
from allmende.flow.workspace import Workspace
from allmende.model.access import Access
from allmende.model.sensor_type import Match, Measured, SensorType
from allmende.model.text import Text
from allmende.model.way import Broker, Way
from allmende.testing.small import small_city
from allmende.testing.small_work import small_workspace
from tests.mosquitto import Mosquitto, free_port, mosquitto, wait_for

__all__ = ["mosquitto"]
TOPIC = "application/+/device/+/event/+"
UP = {
    "deduplicationId": "d-1",
    "time": "2026-03-01T08:00:00Z",
    "deviceInfo": {"devEui": "A84041", "deviceProfileName": "probe", "deviceName": "lime"},
    "fCnt": 1,
    "object": {"soil": 12.5},
}
PROBE = SensorType(
    "probe", Text("Sonde"), "radio", "object", (Measured("soil", "soil-moisture", unit="%"),),
    access=Access.OPEN, match=Match(profile="probe"),
)  # fmt: skip
LOCAL = ("127.0.0.1",)


def workspace_of(folder: Path, address: str) -> Workspace:
    """A small city that listens to a broker."""
    way = Way("radio", Text("Funk"), "chirpstack", Broker(address, (TOPIC,)))
    city = replace(small_city(), ways={"radio": way}, sensors={"probe": PROBE})
    return small_workspace(city, folder, [])


@contextmanager
def listening(workspace: Workspace) -> Iterator[Listening]:
    """The ways in, stopped at the end."""
    found = Listening(workspace, LOCAL)
    found.start()
    try:
        yield found
    finally:
        found.stop()
        workspace.live.close()


def number_of(workspace: Workspace) -> float | None:
    """The newest soil moisture."""
    stream = workspace.store.things.find("datastream", "a84041:soil-moisture")
    latest = workspace.store.observations.latest([stream.id]).get(stream.id) if stream else None
    return latest.observation.number if latest and latest.observation else None


def test_an_uplink_becomes_a_value(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """Published at the broker, it is in the store a moment later, once however often it is sent."""
    workspace = workspace_of(tmp_path, mosquitto.address)
    state = workspace.live.states["radio"]
    with listening(workspace):
        wait_for(lambda: TOPIC in state.topics)
        for _ in range(3):
            mosquitto.publish("application/a/device/a84041/event/up", json.dumps(UP))
        mosquitto.publish("application/a/device/a84041/event/join", json.dumps(UP | {"deduplicationId": "j"}))
        mosquitto.publish("application/a/device/a84041/event/up", "{broken")
        wait_for(lambda: state.quarantined == 1)
    assert number_of(workspace) == 12.5
    assert (state.received, state.stored, state.repeated, state.ignored) == (5, 1, 2, 1)


def test_one_process_listens_and_another_takes_over(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """Two with the same session would throw each other out; so the second waits for the first to end."""
    first, second = (workspace_of(tmp_path, mosquitto.address) for _ in range(2))
    with listening(first):
        wait_for(lambda: first.live.states["radio"].connected)
        waiting = Listening(second, LOCAL)
        waiting.start()
        time.sleep(0.5)
        assert second.live.states["radio"].connected is None
    wait_for(lambda: second.live.states["radio"].connected)
    waiting.stop()
    second.live.close()


def test_offline_no_broker_is_asked(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """The network is left alone."""
    workspace = workspace_of(tmp_path, mosquitto.address)
    found = Listening(workspace, LOCAL, offline=True)
    found.start()
    time.sleep(0.5)
    found.stop()
    assert workspace.live.states["radio"].connected is None


CITY = """
name = "Kleinstadt"
[contact]
publisher = "Stadt Kleinstadt"
"""
WAY = """
title = "Funk"
kind = "chirpstack"
licence = "cc0-1.0"
[broker]
address = "{address}"
topics = ["application/+/device/+/event/+"]
"""
SENSOR = """
title = { de = "Bodenfeuchte", en = "Soil moisture" }
way = "radio"
decoder = "object"
access = "open"
licence = "cc0-1.0"
[match]
profile = "probe"
[[properties]]
name = "soil"
id = "soil-moisture"
title = { de = "Bodenfeuchte", en = "Soil moisture" }
unit = "%"
"""


STA_WAY = """
title = "SensorThings"
kind = "sensorthings"
licence = "cc0-1.0"
[broker]
address = "{address}"
topics = ["v1.1/#"]
"""


@pytest.fixture
def served(mosquitto: Mosquitto, tmp_path: Path) -> Iterator[str]:
    """A city with a way in, served by the real command; its address."""
    folder = tmp_path / "kleinstadt"
    for name, text in {
        "city.toml": CITY,
        "ways/radio.toml": WAY.format(address=mosquitto.address),
        "ways/sta.toml": STA_WAY.format(address=mosquitto.address),
        "sensors/probe.toml": SENSOR,
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    port = free_port()
    words = ["serve", str(folder), "--data", str(tmp_path / "data"), "--port", str(port)]
    # With recorded answers nothing outside is listened to; here the broker is to be heard.
    kept = {name: value for name, value in os.environ.items() if name != "ALLMENDE_REPLAY"}
    environment = kept | {"ALLMENDE_PRIVATE_HOSTS": "127.0.0.1"}
    process = subprocess.Popen([sys.executable, "-m", "allmende", *words], env=environment)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(lambda: read(f"{address}/healthz"), 60)
        yield address
    finally:
        process.terminate()
        assert process.wait(30) == 0


def read(address: str) -> str:
    """A page; empty while there is none."""
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return str(answer.read().decode())
    except (urllib.error.URLError, OSError):
        return ""


def test_within_five_seconds_it_is_on_the_page(served: str, mosquitto: Mosquitto) -> None:
    """As a new user would try it: `allmende serve`, `mosquitto_pub`, and a look at the page."""
    topic, page = "application/a/device/a84041/event/up", f"{served}/t/a84041"

    def first_is_there() -> bool:
        mosquitto.publish(topic, json.dumps(UP))  # until the server listens nobody keeps it
        return "12,5" in read(page)

    wait_for(first_is_there, 30)
    again = UP | {"deduplicationId": "d-2", "object": {"soil": 47.25}, "time": "2026-03-01T09:00:00Z"}
    mosquitto.publish(topic, json.dumps(again))
    wait_for(lambda: "47,25" in read(page), 5)


def test_observations_of_sensorthings_come_over_mqtt(served: str, mosquitto: Mosquitto) -> None:
    """The datastream is made by an uplink; then a message on its own topic has a value for it."""
    page, stream = f"{served}/t/a84041", f"{served}/sta/v1.1/Datastreams"

    def is_there() -> bool:
        mosquitto.publish("application/a/device/a84041/event/up", json.dumps(UP))
        return "12,5" in read(page)

    wait_for(is_there, 30)
    number = json.loads(read(stream))["value"][0]["@iot.id"]
    body = {"result": 33.75, "phenomenonTime": "2026-03-01T10:00:00Z"}
    mosquitto.publish(f"v1.1/Datastreams({number})/Observations", json.dumps(body))
    wait_for(lambda: "33,75" in read(page), 15)
