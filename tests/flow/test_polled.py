"""Observations from files of others: stored once, changed ones as revisions, unknown ones never invented."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from allmende.collect.fetch import fetch_source
from allmende.errors import Unreadable
from allmende.extensions import load_connector
from allmende.flow.graph import graph
from allmende.flow.polled import observe_source, why_observe_source
from allmende.flow.run import run_city
from allmende.flow.workspace import Workspace
from allmende.model.access import Access
from allmende.model.observation import Observation
from allmende.model.run import Outcome, Run, Step
from allmende.model.sensor_type import Match, Measured, SensorType, Standing
from allmende.model.series import Wanted
from allmende.model.source import Source
from allmende.model.text import Text
from allmende.testing.http import FakeHttp
from allmende.testing.small import small_city
from allmende.testing.small_work import small_workspace

ADDRESS = "https://parking.example/api"
SOURCE = Source("car-parks", Text("Parken"), "parking", ADDRESS, "every 10 minutes", "cc0-1.0")
LOTS = SensorType(
    "car-park", Text("Parkhaus", "Car park"), "car-parks", "object",
    (
        Measured("free", "free-spaces", Text("Freie Plätze", "Free spaces"), kind="count"),
        Measured("state", "parking-state", Text("Zustand", "State"), kind="text"),
    ),
    access=Access.OPEN, place=Standing("payload"),
)  # fmt: skip


def lots(free: Any = 12, time: str = "2026-01-01T08:00:00", **more: Any) -> bytes:
    """An answer of ParkAPI v1 about one car park."""
    lot = {"id": "market", "name": "Markt", "free": free, "total": 40, "state": "open",
           "coords": {"lat": 50.928, "lng": 11.586}, **more}  # fmt: skip
    return json.dumps({"last_updated": time, "lots": [lot]}).encode()


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A city that asks for its car parks."""
    city = replace(small_city(), sources={"car-parks": SOURCE}, datasets={}, sensors={"car-park": LOTS})
    return small_workspace(city, tmp_path, [])


def poll(workspace: Workspace, answer: bytes) -> Run:
    """Fetch, then observe; as a run of the city does."""
    http = FakeHttp({ADDRESS: answer})
    fetched = fetch_source(
        SOURCE, load_connector("parking"), http, workspace.store, workspace.lake, workspace.clock
    )
    assert fetched.outcome != "failed", fetched
    return observe_source(workspace, workspace.city.sources["car-parks"])


def values(workspace: Workspace, name: str = "free-spaces") -> list[Observation]:
    """The current values of a property, oldest first."""
    stream = workspace.store.things.find("datastream", f"market:{name}")
    rows = workspace.series.read(Wanted(frozenset({stream.id}))) if stream else []
    return [Observation(*row) for row in rows][::-1]


def test_rows_become_observations_with_their_receipt(workspace: Workspace) -> None:
    """Number and text, thing and place, and the raw file that they came from."""
    run = poll(workspace, lots())
    assert (run.outcome, run.rows, run.rejected) == ("new", 2, 0)
    (free,), (state,) = values(workspace), values(workspace, "parking-state")
    assert (free.number, state.value) == (12.0, '"open"')
    receipt = workspace.store.receipts("car-parks")[0]
    assert json.loads(free.extra or "{}")["receipt"] == receipt.sha256
    thing = workspace.store.things.find("thing", "market")
    assert thing is not None
    assert thing.name == "Markt"
    (place,) = workspace.store.things.several("location", workspace.store.things.locations_of(thing.id))
    assert place.geometry["coordinates"] == [11.586, 50.928]


def test_what_is_known_is_not_stored_again(workspace: Workspace) -> None:
    """The same file, and the next one with an old value in it, bring only what is new."""
    poll(workspace, lots())
    assert why_observe_source(workspace, "car-parks") is None
    assert poll(workspace, lots()).outcome == "unchanged"
    run = poll(workspace, lots(note="same value, other bytes"))
    assert (run.outcome, run.message) == ("unchanged", "0 new values, 2 known already")
    assert poll(workspace, lots(9, "2026-01-01T08:10:00")).rows == 2
    assert [one.number for one in values(workspace)] == [12.0, 9.0]


def test_a_changed_value_is_a_revision(workspace: Workspace) -> None:
    """The source has corrected itself: same observation, next revision, the first one still known."""
    poll(workspace, lots(12))
    (first,) = values(workspace)
    run = poll(workspace, lots(21))
    assert run.message == "0 new values, 1 changed, 1 known already"
    (second,) = values(workspace)
    assert (second.id, second.revision, second.number) == (first.id, first.revision + 1, 21.0)


def test_a_silent_car_park_has_no_free_spaces_that_are_0(workspace: Workspace) -> None:
    """Unknown is no row."""
    poll(workspace, lots(0, state="nodata"))
    assert values(workspace) == []
    assert [one.value for one in values(workspace, "parking-state")] == ['"nodata"']


def test_what_cannot_be_a_value_is_counted(workspace: Workspace) -> None:
    """A word where a number belongs: rejected with the reason; the rest is taken."""
    run = poll(workspace, lots("many"))
    assert (run.rows, run.rejected) == (1, 1)
    assert "'many' is not a number" in run.message


def test_values_that_nobody_describes_are_left_in_the_file(workspace: Workspace) -> None:
    """No kind of sensor fits the device: nothing is stored, nothing fails."""
    other = replace(LOTS, match=Match(device="castle"))
    workspace = replace(workspace, files=replace(workspace.files, sensors={"car-park": other}))
    assert poll(workspace, lots()).outcome == "unchanged"


def test_another_description_reads_the_old_files_again(workspace: Workspace) -> None:
    """A property that is added later gets its values from the files that are kept."""
    poll(workspace, lots(12))
    poll(workspace, lots(9, "2026-01-01T08:10:00"))
    more = replace(LOTS, properties=(*LOTS.properties, Measured("capacity", "spaces", kind="count")))
    again = replace(workspace, files=replace(workspace.files, sensors={"car-park": more}))
    assert why_observe_source(again, "car-parks")
    run = observe_source(again, SOURCE)
    assert (run.rows, run.message) == (2, "2 new values, 4 known already")
    assert [one.number for one in values(again, "spaces")] == [40.0, 40.0]


def test_the_step_comes_between_fetching_and_publishing(workspace: Workspace) -> None:
    """Only for sources that a kind of sensor names."""
    waits = graph(workspace.city)
    assert waits[Step("observe", "car-parks")] == (Step("fetch", "car-parks"),)
    assert Step("observe", "car-parks") not in graph(replace(workspace.city, sensors={}))


def test_a_connector_without_observations_is_named(tmp_path: Path) -> None:
    """A kind of sensor can only name a source whose connector gives observations."""
    source = replace(SOURCE, connector="json")
    city = replace(small_city(), sources={"car-parks": source}, datasets={}, sensors={"car-park": LOTS})
    workspace = small_workspace(city, tmp_path, [])
    http = FakeHttp({ADDRESS: b'[{"a": 1}]'})
    fetch_source(source, load_connector("json"), http, workspace.store, workspace.lake, workspace.clock)
    with pytest.raises(Unreadable, match="gives no observations"):
        observe_source(workspace, source)


def test_a_whole_run_does_it(workspace: Workspace) -> None:
    """`allmende run` fetches, observes and tells of both."""
    told: list[tuple[str, Outcome]] = []
    asked = replace(workspace, http=FakeHttp({ADDRESS: lots()}))
    run_city(asked, lambda run: told.append((str(run.step), run.outcome)))
    assert told[:2] == [("fetch:car-parks", "new"), ("observe:car-parks", "new")]
    assert [one.number for one in values(asked)] == [12.0]
