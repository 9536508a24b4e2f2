"""A city's own script as decoder: whatever it does, messages are kept, and a mended one reads them again."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from allmende.flow.reread import reread
from allmende.flow.workspace import Workspace
from allmende.model.access import Access
from allmende.model.message import Accepted, Message
from allmende.model.sensor_type import Measured, SensorType
from allmende.model.series import Wanted
from allmende.model.text import Text
from allmende.model.way import Way, Webhook
from allmende.testing.small import small_city
from allmende.testing.small_work import small_workspace

WAY = Way("radio", Text("Funk"), "chirpstack", webhook=Webhook(token="env:T"))
LEVEL = SensorType(
    "level", Text("Pegel"), "radio", "javascript", (Measured("level", "water-level", unit="cm"),),
    {"script": "decoders/level.js"}, access=Access.OPEN,
)  # fmt: skip
GOOD = "function decodeUplink(i) { return { data: { level: i.bytes[0] } } }"
NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
Open = Callable[[str], Workspace]


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    """The city's workspace with a text as its script; the data stay the same."""
    (tmp_path / "city" / "decoders").mkdir(parents=True)
    (tmp_path / "data").mkdir()
    city = replace(small_city(), ways={"radio": WAY}, sensors={"level": LEVEL})

    def with_script(text: str) -> Workspace:
        (tmp_path / "city" / "decoders" / "level.js").write_text(text, encoding="utf-8")
        return replace(small_workspace(city, tmp_path / "data", []), city_folder=tmp_path / "city")

    return with_script


def send(workspace: Workspace, level: int) -> Accepted:
    """An uplink with one byte."""
    event = {
        "deduplicationId": f"m{level}",
        "time": f"2026-03-01T08:00:{level:02}Z",
        "deviceInfo": {"devEui": "A1"},
        "fPort": 1,
        "data": base64.b64encode(bytes([level])).decode(),
    }
    return workspace.live.intake.receive(Message("radio", json.dumps(event).encode(), NOW)).result(20)


def levels(workspace: Workspace) -> list[float]:
    """The stored levels, in order of time."""
    stream = workspace.store.things.find("datastream", "a1:water-level")
    rows = workspace.series.read(Wanted(frozenset({stream.id}))) if stream else []
    return sorted(row[6] for row in rows)


FAULTY = [
    ("function decodeUplink(i) { while (true) {} }", "did not end within 100 ms"),
    ("function decodeUplink(i) { throw new Error('no luck') }", "no luck"),
    ("function decodeUplink(i) { var a = []; while (true) a.push(new Array(1e5)) }", "more than 16 MB"),
    ("function decodeUplink(i) { return { data: 'level' } }", "no object with values"),
    ("function decodeUplink(", "SyntaxError"),
    ("", "no function"),
]


@pytest.mark.parametrize(("script", "reason"), FAULTY)
def test_a_faulty_script_loses_nothing(opened: Open, script: str, reason: str) -> None:
    """Its messages wait with the reason; after it was mended they are values, each once."""
    workspace = opened(script)
    for level in (1, 2, 3):
        accepted = send(workspace, level)
        assert accepted.status == "quarantined"
        assert reason in accepted.reason
    workspace.live.close()
    mended = opened(GOOD)
    assert reread(mended).understood == 3
    assert reread(mended).stored == 0
    assert levels(mended) == [1.0, 2.0, 3.0]
    mended.live.close()


def test_a_looping_script_does_not_hold_up_the_others(opened: Open) -> None:
    """A message costs a tenth of a second at most, and a good device beside it is read meanwhile."""
    workspace = opened("function decodeUplink(i) { while (i.bytes[0] < 9) {} return { data: { level: 9 } } }")
    send(workspace, 1)
    begun = time.monotonic()
    assert [send(workspace, level).status for level in (2, 3, 9)] == ["quarantined", "quarantined", "stored"]
    assert time.monotonic() - begun < 5
    assert levels(workspace) == [9.0]
    workspace.live.close()


def test_odd_numbers_of_a_script_are_flagged_not_lost(opened: Open) -> None:
    """NaN and Infinity are no numbers, and are doubted; the largest number there is stays what it is."""
    script = "function decodeUplink(i) { return { data: { level: [NaN, 1 / 0, 1e308][i.bytes[0]] } } }"
    workspace = opened(script)
    accepted = [send(workspace, level) for level in (0, 1, 2)]
    rows = [workspace.store.observations.observation(one.observation_ids[0]) for one in accepted]
    assert [row.number for row in rows if row] == [None, None, 1e308]
    assert all(row is not None and row.flags for row in rows[:2])
    workspace.live.close()
