"""Messages are read again when a decoder was mended: nothing is lost by having been misunderstood."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from allmende.cli import execute
from allmende.flow.reread import EVERY, reread
from allmende.flow.workspace import Workspace
from allmende.model.access import Access
from allmende.model.message import Accepted, Message
from allmende.model.observation import Observation
from allmende.model.sensor_type import Match, Measured, SensorType
from allmende.model.series import Wanted
from allmende.model.text import Text
from allmende.model.way import PlainForm, Way, Webhook
from allmende.testing.small import small_city
from allmende.testing.small_work import small_workspace

WAY = Way("pumps", Text("Pumpen"), "plain", webhook=Webhook(token="env:T"), plain=PlainForm(key="no"))
PUMP = SensorType(
    "pump", Text("Pumpe"), "pumps", "object", (Measured("level", "water-level"),), access=Access.OPEN
)


def described(workspace: Workspace, *types: SensorType) -> Workspace:
    """The same data with another description of its sensors."""
    workspace.live.close()
    sensors = {type_.id: type_ for type_ in types}
    return replace(workspace, files=replace(workspace.files, sensors=sensors))


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """A city with a way in, and no kind of sensor yet."""
    found = small_workspace(replace(small_city(), ways={"pumps": WAY}), tmp_path, [])
    yield found
    found.live.close()


def send(workspace: Workspace, number: int, **values: Any) -> Accepted:
    """A message comes in."""
    body = {"device": "p7", "time": f"2026-03-01T08:00:{number:02}Z", "no": number, **values}
    message = Message("pumps", json.dumps(body).encode(), datetime(2026, 3, 1, 8, 1, tzinfo=UTC))
    return workspace.live.intake.receive(message).result(10)


def values(workspace: Workspace) -> list[Observation]:
    """The current water levels, oldest first."""
    stream = workspace.store.things.find("datastream", "p7:water-level")
    rows = workspace.series.read(Wanted(frozenset({stream.id}))) if stream else []
    return [Observation(*row) for row in rows][::-1]


def test_what_could_not_be_read_becomes_values(workspace: Workspace) -> None:
    """No kind of sensor fitted; now one does. Times, messages and their keys are those of then."""
    sent = [send(workspace, number, level=number) for number in range(3)]
    assert {answer.status for answer in sent} == {"quarantined"}
    mended = described(workspace, PUMP)
    done = reread(mended)
    assert (done.messages, done.understood, done.stored) == (3, 3, 3)
    found = values(mended)
    assert [one.number for one in found] == [0.0, 1.0, 2.0]
    assert [one.message_id for one in found] == [answer.message_id for answer in sent]
    assert {kept.status for kept in mended.store.observations.messages()} == {"stored"}
    again = send(mended, 1, level=1)
    assert (again.repeated, again.observation_ids) == (True, (found[1].id,))
    mended.live.close()


def test_a_second_time_changes_nothing(workspace: Workspace) -> None:
    """Reading again is safe, as often as one likes."""
    send(workspace, 1, level=1)
    mended = described(workspace, PUMP)
    reread(mended)
    done = reread(mended, statuses=EVERY)
    assert (done.messages, done.understood, done.stored, done.changed) == (1, 0, 0, 0)
    assert len(values(mended)) == 1
    mended.live.close()


def test_wrong_values_get_revisions(workspace: Workspace) -> None:
    """The wrong field was taken for the level: the observation stays the same one, its value is mended."""
    wrong = replace(PUMP, properties=(Measured("raw", "water-level"),))
    first = described(workspace, wrong)
    send(first, 1, level=3.5, raw=3500)
    (before,) = values(first)
    mended = described(first, PUMP)
    done = reread(mended, "pumps", EVERY)
    assert (done.stored, done.changed) == (0, 1)
    (after,) = values(mended)
    assert (after.id, after.revision, after.number) == (before.id, 2, 3.5)
    mended.live.close()


def test_what_still_cannot_be_read_stays(workspace: Workspace) -> None:
    """With its reason; other ways are left alone."""
    send(workspace, 1, level=1)
    other = described(workspace, replace(PUMP, match=Match(device="other")))
    assert reread(other, "http").messages == 0
    done = reread(other)
    assert (done.messages, done.understood) == (1, 0)
    assert "no kind of sensor fits" in done.first_reason
    (kept,) = other.store.observations.messages()
    assert kept.status == "quarantined"
    other.live.close()


CITY = 'name = "Kleinstadt"\n[contact]\npublisher = "Stadt"\n'
WAY_FILE = 'title = "Pumpen"\nkind = "plain"\nlicence = "cc0-1.0"\n[webhook]\ntoken = "env:T"\n'


def test_the_command_tells_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without messages there is nothing to do; a way that is none is refused."""
    folder = tmp_path / "kleinstadt"
    (folder / "ways").mkdir(parents=True)
    (folder / "city.toml").write_text(CITY)
    (folder / "ways/pumps.toml").write_text(WAY_FILE)
    data = ["--data", str(tmp_path / "data")]
    assert execute(["reread", str(folder), *data, "--all"]) == 0
    assert "0 messages were read again" in capsys.readouterr().out
    assert execute(["reread", str(folder), *data, "--way", "pups"]) == 1
    assert "There are: http, pumps" in capsys.readouterr().err
