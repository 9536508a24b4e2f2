"""Musterstadt's radio sensors: believable, the same whenever asked, and read by the city's own files."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from shapely.geometry import Point

from allmende.app import open_workspace
from allmende.city.load import load_city
from allmende.flow.workspace import Workspace
from allmende.model.message import Accepted, Message
from allmende.model.observation import Quality
from allmende.testing.musterstadt.demo import gateway
from allmende.testing.musterstadt.geography import district_shapes, to_wgs84
from allmende.testing.musterstadt.sensors import (
    EVERY,
    Device,
    backlog,
    devices,
    is_alive,
    uplink,
    values_of,
)
from allmende.testing.musterstadt.truth import Truth

FOLDER = Path(__file__).parents[2] / "cities" / "musterstadt"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TRUTH = Truth()


def test_the_same_moment_is_the_same_message() -> None:
    """Sent twice, a message has the same id and bytes; another moment has another id."""
    device = devices(TRUTH)[0]
    first = uplink(TRUTH, device, NOON, gateway())
    assert uplink(TRUTH, device, NOON, gateway()) == first
    other = json.loads(uplink(TRUTH, device, NOON + timedelta(minutes=30), gateway()).payload)
    assert other["deduplicationId"] != json.loads(first.payload)["deduplicationId"]


@pytest.mark.parametrize("device", devices(TRUTH), ids=lambda device: device.name)
def test_values_are_believable(device: Device) -> None:
    """For a year, every three hours, each value lies inside the limits that the city's file sets."""
    limits = {one.name: one.limits for one in load_city(FOLDER).sensors[device.kind].properties}
    for hours in range(0, 366 * 24, 3):
        for name, value in values_of(TRUTH, device, NOON + timedelta(hours=hours)).items():
            lowest, highest = limits[name].minimum, limits[name].maximum
            assert lowest is not None
            assert highest is not None
            assert lowest <= value <= highest, (name, hours)


@pytest.mark.parametrize("device", devices(TRUTH)[:1] + devices(TRUTH)[-5:], ids=lambda device: device.name)
def test_values_do_not_jump(device: Device) -> None:
    """From minute to minute for five days, rain included, nothing changes faster than the limits allow."""
    limits = {one.name: one.limits.max_rate for one in load_city(FOLDER).sensors[device.kind].properties}
    before = values_of(TRUTH, device, NOON)
    for minutes in range(10, 5 * 24 * 60, 10):
        now = values_of(TRUTH, device, NOON + timedelta(minutes=minutes))
        for name, value in now.items():
            rate = limits[name]
            assert rate is None or abs(value - before[name]) * 6 <= rate, (name, minutes)
        before = now


def test_sensors_stand_where_their_names_say() -> None:
    """Each device of the city's files lies in its district; only the planted one stands at the gateway."""
    city, shapes = load_city(FOLDER), district_shapes(TRUTH)
    for device in devices(TRUTH):
        longitude, latitude, *_ = city.sensors[device.kind].place.devices[device.eui]
        inside = to_wgs84(shapes[device.district]).contains(Point(longitude, latitude))
        at_gateway = (longitude, latitude) == gateway()
        assert (inside, at_gateway) == (
            (False, True) if device.eui == TRUTH.gateway_sensor else (True, False)
        )


def test_the_dead_one_stopped() -> None:
    """It sent until five days ago; the others until now."""
    last = {one.eui: max(backlog(TRUTH, one, NOON, 7)) for one in devices(TRUTH)}
    assert last[TRUTH.dead_sensor] <= NOON - timedelta(days=5)
    assert {eui for eui, at in last.items() if at < NOON - EVERY["soil-probe"]} == {TRUTH.dead_sensor}
    assert [one.eui for one in devices(TRUTH) if not is_alive(TRUTH, one)] == [TRUTH.dead_sensor]


def test_the_payload_holds_the_values() -> None:
    """The bytes are the values in hundredths, as a device would send them."""
    event = json.loads(uplink(TRUTH, devices(TRUTH)[0], NOON, gateway()).payload)
    raw = base64.b64decode(event["data"])
    numbers = [int.from_bytes(raw[at : at + 2], "big", signed=True) / 100 for at in range(0, len(raw), 2)]
    assert numbers == pytest.approx(list(event["object"].values()))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """The invented city without data."""
    return open_workspace(FOLDER, data=tmp_path, offline=True)


def _take(workspace: Workspace, device: Device, moment: datetime) -> Accepted:
    sent = uplink(TRUTH, device, moment, gateway())
    message = Message("radio", sent.payload, datetime.now(UTC), sent.topic)
    interpret = workspace.live.sensing.interpret(workspace.city.ways["radio"])
    return workspace.store.observations.append([interpret(message)])[0]


def test_the_city_reads_its_sensors(workspace: Workspace) -> None:
    """Every kind of device becomes a thing with all its series; the planted place is doubted, others are not."""
    now = datetime.now(UTC)
    wanted = {one.kind: one for one in devices(TRUTH)} | {
        "gateway": next(one for one in devices(TRUTH) if one.eui == TRUTH.gateway_sensor)
    }
    for device in wanted.values():
        accepted = _take(workspace, device, now)
        assert (accepted.status, accepted.rejected) == ("stored", ())
        assert len(accepted.observation_ids) == len(values_of(TRUTH, device, now))
        for number in accepted.observation_ids:
            row = workspace.store.observations.observation(number)
            assert row is not None
            assert bool(row.flags & Quality.POSITION) == (device.eui == TRUTH.gateway_sensor)
    workspace.live.close()


def test_a_message_sent_twice_is_kept_once(workspace: Workspace) -> None:
    """The demonstration may be started again and again: what is known is not stored anew."""
    device, now = devices(TRUTH)[0], datetime.now(UTC)
    first, second = _take(workspace, device, now), _take(workspace, device, now)
    assert second.repeated
    assert second.observation_ids == first.observation_ids
    workspace.live.close()


def test_another_seed_is_another_city() -> None:
    """The values follow from the seed."""
    device = devices(TRUTH)[0]
    other = replace(TRUTH, seed=8)
    series = [[values_of(t, device, NOON + timedelta(hours=at)) for at in range(24)] for t in (TRUTH, other)]
    assert series[0] != series[1]
