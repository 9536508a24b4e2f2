"""`allmende new sensor`: from sample messages to the first value, without code."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from allmende.cli.options import Place
from allmende.model.message import Message
from tests.cli.conftest import Call, Small
from tests.mosquitto import Mosquitto, mosquitto

__all__ = ["mosquitto"]
UP = {
    "deduplicationId": "m1",
    "time": "2026-03-01T08:00:00Z",
    "deviceInfo": {"devEui": "A1", "deviceName": "Linde 7", "deviceProfileName": "Dragino_LSE01"},
    "fPort": 2,
    "data": "DOUAAAVeBS0AIxA=",
}


def samples(folder: Path, content: Any = UP) -> Path:
    """A file with samples."""
    path = folder / "samples.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_samples_become_a_kind_of_sensor_and_the_next_message_a_value(
    call: Call, small: Small, tmp_path: Path
) -> None:
    """The written files pass `check`, and a message that comes that way is stored with its unit."""
    arguments = ("--samples", samples(tmp_path), "--licence", "cc0-1.0", "--yes")
    status, told, _ = call("new", "sensor", small.city, "Bodenfeuchte Wald", *arguments)
    assert status == 0
    assert "-> byte_map:dragino_lse01" in told
    assert "water_SOIL = 13.74 %: Soil moisture" in told
    assert "Where the sensors stand is not known" in told
    status, told, _ = call("check", small.city)
    assert (status, "1 kind of sensor, 1 way in" in told) == (0, True)
    workspace = Place(small.city, small.data).open()
    way = workspace.city.ways["bodenfeuchte-wald"]
    workspace.live.ways.add(way.id, workspace.live.sensing.interpret(way))
    message = Message(way.id, json.dumps(UP).encode(), datetime(2026, 3, 1, 8, tzinfo=UTC))
    accepted = workspace.live.intake.receive(message).result(10)
    stream = workspace.store.things.find("datastream", "a1:soil-moisture")
    assert stream is not None
    newest = workspace.store.observations.latest([stream.id])[stream.id].observation
    workspace.live.close()
    assert (accepted.status, len(accepted.observation_ids)) == ("stored", 5)
    assert newest is not None
    assert (newest.number, stream.units[0].ucum) == (13.74, "%")


def test_a_person_decides(call: Call, small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without `--yes` it asks; `--dry-run` shows only; whoever says no finds nothing written."""
    before = sorted(small.city.rglob("*"))
    path = samples(tmp_path)
    assert call("new", "sensor", small.city, "soil", "--samples", path, "--dry-run")[0] == 0
    monkeypatch.setattr("click.confirm", lambda *_, **__: False)
    status, told, _ = call("new", "sensor", small.city, "soil", "--samples", path)
    assert (status, "Nothing was written" in told) == (0, True)
    assert sorted(small.city.rglob("*")) == before
    monkeypatch.setattr("click.confirm", lambda *_, **__: True)
    assert call("new", "sensor", small.city, "soil", "--samples", path)[0] == 0
    assert (small.city / "sensors" / "soil.toml").exists()


def test_the_way_that_is_there_is_taken(call: Call, small: Small, tmp_path: Path) -> None:
    """A second kind of sensor of the same network server comes by the same way."""
    path = samples(tmp_path)
    assert call("new", "sensor", small.city, "soil", "--samples", path, "--yes")[0] == 0
    assert call("new", "sensor", small.city, "more-soil", "--samples", path, "--yes")[0] == 0
    assert [file.name for file in (small.city / "ways").iterdir()] == ["soil.toml"]
    assert 'way = "soil"' in (small.city / "sensors" / "more-soil.toml").read_text(encoding="utf-8")


FAULTS: list[tuple[Any, list[str], str]] = [
    ("", [], "the file is empty"),
    ("hello", [], "no sample could be read"),
    (UP | {"data": "3q0=", "deviceInfo": {"devEui": "A1"}}, [], "not clear which decoder"),
    (UP, ["--decoder", "byte_map:browan_cd10"], "reads none of the samples"),
    (UP, ["--way", "radio"], "no way in 'radio'"),
    (UP, ["--licence", "free"], "no licence 'free'"),
    (UP, ["--topic", "http://a/b"], "no live topic"),
    (UP, ["--topic", "mqtt://127.0.0.1:1/a/b", "--seconds", "3"], "private network"),
]


@pytest.mark.parametrize(("content", "more", "words"), FAULTS)
def test_what_cannot_be_proposed_is_told(
    call: Call, small: Small, tmp_path: Path, content: Any, more: list[str], words: str
) -> None:
    """Exit status 1, the reason, no trace, nothing written."""
    before = sorted(small.city.rglob("*"))
    path = samples(tmp_path, content)
    status, _, complaint = call("new", "sensor", small.city, "soil", "--samples", path, "--yes", *more)
    assert (status, words in complaint) == (1, True), complaint
    assert "Traceback" not in complaint
    assert sorted(small.city.rglob("*")) == before


def test_neither_samples_nor_topic_is_told(call: Call, small: Small, tmp_path: Path) -> None:
    """With what to write."""
    status, _, complaint = call("new", "sensor", small.city, "soil")
    assert (status, "--samples" in complaint) == (1, True)
    status, _, complaint = call("new", "sensor", small.city, "soil", "--samples", tmp_path / "none.json")
    assert (status, "cannot be read" in complaint) == (1, True)


def test_a_live_topic_is_listened_to(
    call: Call, small: Small, mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Messages of a real broker are the samples, and the way in to it is written."""
    monkeypatch.setenv("ALLMENDE_PRIVATE_HOSTS", "127.0.0.1")
    mosquitto.publish("application/1/device/a1/event/up", json.dumps(UP), "-r")
    topic = f"{mosquitto.address}/application/+/device/+/event/up"
    arguments = ("--topic", topic, "--count", "1", "--seconds", "20", "--yes")
    status, told, complaint = call("new", "sensor", small.city, "soil", *arguments)
    assert status == 0, complaint
    assert "-> byte_map:dragino_lse01" in told
    way = (small.city / "ways" / "soil.toml").read_text(encoding="utf-8")
    assert f'address = "{mosquitto.address}"' in way
    assert 'topics = ["application/+/device/+/event/up"]' in way
