"""From an uplink to rows: the kind of sensor that fits, things made by themselves, doubts about places."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from allmende.catalogue.doubts import doubts_of
from allmende.flow.live import Live
from allmende.flow.workspace import Workspace
from allmende.model.access import Access
from allmende.model.limits import Limits
from allmende.model.message import Accepted, Message, Reading
from allmende.model.observation import microseconds, moment
from allmende.model.sensor_type import Match, Measured, Naming, SensorType, Standing
from allmende.model.text import Text
from allmende.model.thing import Box, ThingKind
from allmende.model.way import Way
from allmende.testing.clock import START
from allmende.testing.small import small_city
from allmende.testing.small_work import small_workspace

WAY = Way("forest", Text("Forst", "Forest"), "chirpstack")
SOIL = SensorType(
    "soil",
    Text("Bodenfeuchte", "Soil moisture"),
    "forest",
    "object",
    (
        Measured("water_SOIL", "soil-moisture", Text("Bodenfeuchte", "Soil moisture"), unit="%",
                 limits=Limits(minimum=0, maximum=100)),
        Measured("s_flag", "contact", Text("Kontakt", "Contact"), kind="truth"),
    ),
    match=Match(profile="Dragino*"),
    thing=Naming(Text("Baum {name}", "Tree {name}")),
    place=Standing("table", devices={"a84041": (11.58, 50.93)}),
    access=Access.OPEN,
)  # fmt: skip
ANY = replace(SOIL, id="any", match=Match(), properties=(Measured("x", "x"),), place=Standing())
GATEWAY = {"latitude": 50.93, "longitude": 11.58}


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Workspace]:
    """A workspace of a city with two kinds of sensors."""
    city = replace(small_city(), sensors={"soil": SOIL, "any": ANY})
    workspace = small_workspace(city, tmp_path, [])
    workspace.live.ways.add("forest", workspace.live.sensing.interpret(WAY))
    yield workspace
    workspace.live.close()


def uplink(values: dict[str, Any] | None, device: str = "A84041", number: int = 1, **more: Any) -> Message:
    """An uplink as ChirpStack sends it, ten minutes after the one before."""
    time = START + timedelta(minutes=10 * number)
    event = {
        "deduplicationId": f"{device}-{number}",
        "time": time.isoformat(),
        "deviceInfo": {"devEui": device, "deviceName": "LST1", "deviceProfileName": "Dragino_LSE01"},
        "fPort": 2,
        "data": base64.b64encode(b"\x0c").decode(),
        "object": values,
        **more,
    }
    return Message(
        "forest", json.dumps(event).encode(), time + timedelta(seconds=1), "application/1/event/up"
    )


def take(work: Workspace, message: Message) -> Accepted:
    """What the intake answers."""
    return work.live.intake.receive(message).result(10)


def find(work: Workspace, kind: ThingKind, key: str) -> Any:
    """What the store has under that key."""
    found = work.store.things.find(kind, key)
    assert found is not None, key
    return found


def test_a_message_of_a_new_device_makes_its_thing_and_its_values(work: Workspace) -> None:
    """The first uplink makes thing, place, sensor, property and datastream, and its values are stored."""
    accepted = take(work, uplink({"water_SOIL": "13.74", "s_flag": 1.0, "BatV": 3.3}))
    things = work.store.things
    thing, stream = find(work, "thing", "a84041"), find(work, "datastream", "a84041:soil-moisture")
    assert (accepted.status, len(accepted.observation_ids)) == ("stored", 2)
    assert (thing.name, thing.access, thing.properties["names"]["en"]) == (
        "Baum LST1",
        Access.OPEN,
        "Tree LST1",
    )
    assert (stream.name, stream.units[0].symbol, stream.units[0].ucum) == (
        "Bodenfeuchte, Baum LST1",
        "%",
        "%",
    )
    assert stream.properties["limits"] == {"minimum": 0, "maximum": 100}
    location = things.get("location", things.locations_of(thing.id)[0])
    assert location.geometry == {"type": "Point", "coordinates": [11.58, 50.93]}
    row = work.store.observations.latest([stream.id])[stream.id].observation
    assert row is not None
    assert (row.number, moment(row.phenomenon_time)) == (13.74, START + timedelta(minutes=10))
    assert work.store.observations.message(accepted.message_id or 0).device == "a84041"


def test_the_same_uplink_twice_is_stored_once(work: Workspace) -> None:
    """The network server's own id of a message makes it idempotent."""
    first, second = take(work, uplink({"water_SOIL": 1})), take(work, uplink({"water_SOIL": 1}))
    assert not first.repeated
    assert second.repeated
    assert second.observation_ids == first.observation_ids


def test_later_messages_make_nothing_new(work: Workspace) -> None:
    """Ten uplinks are one thing with one datastream per property."""
    for number in range(10):
        take(work, uplink({"water_SOIL": number}, number=number))
    things = work.store.things
    assert len(things.several("thing")) == 1
    assert len(things.several("datastream")) == 2
    assert len(things.several("location")) == 1


REFUSED = [
    (uplink({"water_SOIL": "wet"}), "quarantined", "'wet' is not a number"),
    (uplink(None), "quarantined", "decoded nothing"),
    (uplink({"BatV": 3.3}), "ignored", "no value is one of a property: BatV"),
    (uplink({}), "ignored", "carries no values"),
    (Message("forest", b"{", START), "quarantined", "broken JSON"),
    (Message("forest", b"\x00\x01", START), "quarantined", "no JSON object"),
]


@pytest.mark.parametrize(("message", "status", "reason"), REFUSED)
def test_what_is_not_understood_is_kept_with_its_reason(
    work: Workspace, message: Message, status: str, reason: str
) -> None:
    """Nothing is lost: the message is stored with what became of it."""
    accepted = take(work, message)
    kept = work.store.observations.message(accepted.message_id or 0)
    assert (kept.status, kept.message.payload) == (status, message.payload)
    assert reason in kept.reason


def test_a_device_that_nobody_described_is_kept_and_named(work: Workspace, tmp_path: Path) -> None:
    """Its message waits in quarantine until a kind of sensor fits."""
    live = Live(replace(small_city(), sensors={"soil": SOIL}), work.store, tmp_path)
    live.ways.add("forest", live.sensing.interpret(WAY))
    other = {"devEui": "FF", "deviceProfileName": "SenseCAP"}
    accepted = live.intake.receive(uplink({"t": 1}, deviceInfo=other)).result(10)
    assert accepted.status == "quarantined"
    assert "no kind of sensor fits profile 'SenseCAP', device 'ff', port 2" in accepted.reason
    live.close()


def test_the_narrower_kind_of_sensor_counts(work: Workspace) -> None:
    """One kind takes all, the other one profile: each message goes to the narrower that fits."""
    take(work, uplink({"x": 1}, deviceInfo={"devEui": "FF", "deviceProfileName": "Other"}))
    take(work, uplink({"water_SOIL": 1}))
    assert find(work, "thing", "ff").properties["sensor_type"] == "any"
    assert find(work, "thing", "a84041").properties["sensor_type"] == "soil"


def test_one_faulty_value_does_not_take_the_others_along(work: Workspace) -> None:
    """The good value is stored, the faulty one is told with its raw text."""
    accepted = take(work, uplink({"water_SOIL": 12, "s_flag": "maybe"}))
    assert len(accepted.observation_ids) == 1
    assert [(r.column, r.raw) for r in accepted.rejected] == [("s_flag", '"maybe"')]


def test_a_device_at_its_gateways_place_is_doubted(work: Workspace) -> None:
    """A table that copied the gateway's position is the classic fault; a confirmed place is not doubted."""
    heard = [{"gatewayId": "g", "rssi": -90, "location": GATEWAY}]
    accepted = take(work, uplink({"water_SOIL": 12}, rxInfo=heard))
    row = work.store.observations.observation(accepted.observation_ids[0])
    assert row is not None
    assert [doubt.oddity for doubt in doubts_of(row.extra)] == ["gateway"]


def test_no_place_is_taken_from_a_gateway(work: Workspace) -> None:
    """A device whose place nobody knows has none."""
    heard = [{"gatewayId": "g", "rssi": -90, "location": GATEWAY}]
    take(work, uplink({"water_SOIL": 12}, device="B1", rxInfo=heard))
    things = work.store.things
    assert things.locations_of(find(work, "thing", "b1").id) == ()


def test_a_place_outside_of_the_city_is_doubted(tmp_path: Path, work: Workspace) -> None:
    """The box around the city's districts tells."""
    live = Live(work.city, work.store, tmp_path, lambda: Box(9.0, 48.0, 9.5, 48.5))
    live.ways.add("forest", live.sensing.interpret(WAY))
    accepted = live.intake.receive(uplink({"water_SOIL": 12})).result(10)
    row = work.store.observations.observation(accepted.observation_ids[0])
    assert row is not None
    assert [doubt.oddity for doubt in doubts_of(row.extra)] == ["outside"]
    live.close()


def test_a_travelling_device_leaves_its_places_behind(tmp_path: Path, work: Workspace) -> None:
    """Each new place of a thing that moves is a location of its own; the old ones stay in its history."""
    bus = replace(ANY, place=Standing("payload", moves=True, longitude_name="lon", latitude_name="lat"))
    live = Live(replace(work.city, sensors={"any": bus}), work.store, tmp_path)
    live.ways.add("forest", live.sensing.interpret(WAY))
    for number, longitude in enumerate((11.58, 11.59, 11.59)):
        live.intake.receive(uplink({"x": 1, "lon": longitude, "lat": 50.93}, number=number)).result(10)
    things = work.store.things
    thing = find(work, "thing", "a84041")
    assert len(things.several("historical_location")) == 2
    (present,) = things.locations_of(thing.id)
    assert things.get("location", present).geometry["coordinates"] == [11.59, 50.93]
    live.close()


def test_a_moved_entry_in_the_citys_file_moves_the_thing(tmp_path: Path, work: Workspace) -> None:
    """After a correction of the table the next message stands at the right place."""
    take(work, uplink({"water_SOIL": 1}))
    moved = replace(SOIL, place=Standing("table", devices={"a84041": (11.60, 50.95)}))
    live = Live(replace(work.city, sensors={"soil": moved}), work.store, tmp_path)
    live.ways.add("forest", live.sensing.interpret(WAY))
    live.intake.receive(uplink({"water_SOIL": 1}, number=2)).result(10)
    things = work.store.things
    (present,) = things.locations_of(find(work, "thing", "a84041").id)
    assert things.get("location", present).geometry["coordinates"] == [11.60, 50.95]
    live.close()


def test_new_limits_in_the_file_reach_the_datastream(tmp_path: Path, work: Workspace) -> None:
    """What people added to its properties stays."""
    take(work, uplink({"water_SOIL": 1}))
    things = work.store.things
    stream = find(work, "datastream", "a84041:soil-moisture")
    things.update(replace(stream, properties={**stream.properties, "note": "by hand"}))
    narrow = replace(SOIL.properties[0], limits=Limits(maximum=10))
    live = Live(
        replace(work.city, sensors={"soil": replace(SOIL, properties=(narrow,))}), work.store, tmp_path
    )
    live.ways.add("forest", live.sensing.interpret(WAY))
    live.intake.receive(uplink({"water_SOIL": 1}, number=2)).result(10)
    found = find(work, "datastream", "a84041:soil-moisture").properties
    assert (found["limits"], found["note"]) == ({"maximum": 10}, "by hand")
    live.close()


def test_values_of_earlier_moments_keep_their_time(work: Workspace) -> None:
    """A device that sends what it kept gives observations at those times, known since this message."""
    history = [{"timestamp": (START - timedelta(hours=n)).timestamp(), "water_SOIL": n} for n in (2, 1)]
    accepted = take(work, uplink({"water_SOIL": 0, "kept": history}))
    rows = [work.store.observations.observation(id_) for id_ in accepted.observation_ids]
    sent = microseconds(START + timedelta(minutes=10))
    assert [(row.number, row.phenomenon_time, row.result_time) for row in rows if row] == [
        (2.0, microseconds(START - timedelta(hours=2)), sent),
        (1.0, microseconds(START - timedelta(hours=1)), sent),
        (0.0, sent, None),
    ]


def test_readings_of_a_polled_source_take_the_same_way(work: Workspace) -> None:
    """Device, place and name come from the reading; what the file does not name is rejected."""
    station = replace(SOIL, place=Standing("network"), way="stations")
    time = datetime(2026, 3, 1, 8, tzinfo=UTC)
    readings = [
        Reading("s1", "water_SOIL", time, 12.5, longitude=11.6, latitude=50.9, extra={"name": "Markt"}),
        Reading("s1", "strange", time, 1.0),
    ]
    rows, rejected = work.live.sensing.rows(station, readings)
    things = work.store.things
    assert [row.number for row in rows] == [12.5]
    assert [r.column for r in rejected] == ["strange"]
    thing = find(work, "thing", "s1")
    assert thing.name == "Baum Markt"
    (present,) = things.locations_of(thing.id)
    assert things.get("location", present).geometry["coordinates"] == [11.6, 50.9]


def test_a_deleted_datastream_is_made_again_at_the_next_message(work: Workspace) -> None:
    """Somebody deletes the thing through a standard: the following uplink is not lost."""
    take(work, uplink({"water_SOIL": 1}))
    work.store.things.delete("thing", find(work, "thing", "a84041").id)
    work.live.intake.forget(None)
    accepted = take(work, uplink({"water_SOIL": 2}, number=2))
    assert len(accepted.observation_ids) == 1


def test_a_single_deleted_datastream_loses_no_value(work: Workspace) -> None:
    """Only one series of a known device is deleted: the very next message makes it again and keeps both values."""
    take(work, uplink({"water_SOIL": 1, "s_flag": 1}))
    stream = find(work, "datastream", "a84041:contact")
    work.store.things.delete("datastream", stream.id)
    work.live.intake.forget([stream.id])
    accepted = take(work, uplink({"water_SOIL": 2, "s_flag": 0}, number=2))
    assert len(accepted.observation_ids) == 2
    assert find(work, "datastream", "a84041:contact").id != stream.id


def test_a_deleted_sensor_is_made_again(work: Workspace) -> None:
    """What devices of a kind share was deleted by another process: the next new device finds out and makes it."""
    take(work, uplink({"water_SOIL": 1}))
    work.store.things.delete("sensor", find(work, "sensor", "soil").id)
    accepted = take(work, uplink({"water_SOIL": 2}, device="B1", number=2))
    assert len(accepted.observation_ids) == 1
    assert find(work, "datastream", "b1:soil-moisture").sensor_id == find(work, "sensor", "soil").id
