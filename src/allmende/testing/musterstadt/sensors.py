"""Musterstadt's radio sensors: what ChirpStack would publish of them at any moment, all of it invented.

Every value follows from the seed, the device and the moment, so the same moment gives the same message
with the same id, however often it is sent. Two faults are planted: `Truth.dead_sensor` stopped five
days ago, `Truth.gateway_sensor` is entered at the place of the gateway that hears it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from allmende.testing.musterstadt.truth import Truth

Kind = Literal["soil-probe", "weather-mast", "car-park"]
APPLICATION = "musterstadt-erfunden"
DEAD_FOR = timedelta(days=5)
EVERY: dict[Kind, timedelta] = {
    "soil-probe": timedelta(minutes=30),
    "weather-mast": timedelta(minutes=10),
    "car-park": timedelta(minutes=10),
}
_NOISE = 1_800  # seconds
_RAIN_EVERY, _RAIN_FOR = 4.5, 0.06  # days
_TREES = ("Linde", "Ahorn", "Eiche", "Kastanie", "Platane", "Hainbuche")


@dataclass(frozen=True, slots=True)
class Device:
    """A radio sensor: its DevEUI, what the network server calls it, its kind, and the district it stands in."""

    eui: str
    name: str
    kind: Kind
    district: str
    size: int = 0


def devices(truth: Truth) -> tuple[Device, ...]:
    """All of them: a soil probe in each district, masts and car parks in some. The order is fixed."""
    probes = (
        Device(f"70b3d5000000a{at:03x}", f"{_TREES[at % len(_TREES)]} {one.name}", "soil-probe", one.code)
        for at, one in enumerate(truth.districts, 1)
    )
    masts = (
        Device(f"70b3d5000000b{at:03x}", f"Wetter {one.name}", "weather-mast", one.code)
        for at, one in enumerate(truth.districts[::3], 1)
    )
    parks = (
        Device(f"70b3d5000000c{at:03x}", f"Parkhaus {one.name}", "car-park", one.code, 120 + 60 * at)
        for at, one in enumerate(truth.districts[:4], 1)
    )
    return (*probes, *masts, *parks)


@dataclass(frozen=True, slots=True)
class Uplink:
    """One message: its topic and its payload in JSON."""

    topic: str
    payload: bytes


def uplink(truth: Truth, device: Device, moment: datetime, gateway: tuple[float, float]) -> Uplink:
    """What a device would have sent at a moment, as ChirpStack v4 publishes it."""
    values = values_of(truth, device, moment)
    number = int(moment.timestamp()) // 60
    event = {
        "deduplicationId": _uuid(device.eui, moment),
        "time": moment.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "deviceInfo": {
            "tenantName": "Musterstadt (erfunden)",
            "applicationName": APPLICATION,
            "deviceProfileName": device.kind,
            "deviceName": device.name,
            "devEui": device.eui,
        },
        "fCnt": number % 65_536,
        "fPort": 2,
        "data": base64.b64encode(_packed(values)).decode(),
        "object": values,
        "rxInfo": [_heard(truth, device, number, gateway)],
    }
    topic = f"application/{APPLICATION}/device/{device.eui}/event/up"
    return Uplink(topic, json.dumps(event, ensure_ascii=False).encode())


def backlog(truth: Truth, device: Device, now: datetime, days: int) -> Iterator[datetime]:
    """The moments at which a device sent in the days before `now`, oldest first; the dead one stopped."""
    end = now - DEAD_FOR if device.eui == truth.dead_sensor else now
    step = EVERY[device.kind]
    at = datetime.fromtimestamp((now - timedelta(days=days)).timestamp() // 3600 * 3600, UTC)
    while at <= end:
        yield at
        at += step


def is_alive(truth: Truth, device: Device) -> bool:
    """Does the device still send?"""
    return device.eui != truth.dead_sensor


# --- values ---


def values_of(truth: Truth, device: Device, moment: datetime) -> dict[str, Any]:
    """What a device measures at a moment, by the names its decoder gives."""
    warm = _warmth(truth, moment)
    if device.kind == "soil-probe":
        return {
            "moisture": round(_moisture(truth, device, moment), 1),
            "temperature": round(8 + 0.35 * (warm - 8) + _noise(truth, device, "soil", moment) * 0.3, 1),
            "battery": round(3.62 - 0.0001 * (int(device.eui, 16) % 97) - 0.02 * _phase(device), 2),
        }
    if device.kind == "weather-mast":
        return {
            "temperature": round(warm + _noise(truth, device, "air", moment) * 0.8, 1),
            "humidity": round(min(99.0, max(25.0, 78 - 2.2 * (warm - 9) + _noise(truth, device, "wet", moment) * 4)), 1),
        }  # fmt: skip
    return {"free": _free(truth, device, moment)}


def _moisture(truth: Truth, device: Device, moment: datetime) -> float:
    """Per cent: it rains every few days and dries in between."""
    days = (moment.timestamp() / 86_400 + 3 * _phase(device)) % _RAIN_EVERY
    dry = 14 * math.exp(-(_RAIN_EVERY - _RAIN_FOR) / 2.2)
    raining = min(1.0, days / _RAIN_FOR)
    left = 14 * math.exp(-max(0.0, days - _RAIN_FOR) / 2.2)
    wet = 20 + 10 * _phase(device) + (dry + (14 - dry) * raining if raining < 1 else left)
    return float(wet + 0.4 * _noise(truth, device, "moisture", moment))


def _warmth(truth: Truth, moment: datetime) -> float:
    """Degrees Celsius: cold nights and winters."""
    day = moment.timetuple().tm_yday + moment.hour / 24
    season = 10 - 9 * math.cos((day - 20) / 365.25 * math.tau)
    hour = moment.hour + moment.minute / 60
    return season - 3.5 * math.cos((hour - 4) / 24 * math.tau) + 1.5 * math.sin(moment.timestamp() / 250_000)


def _free(truth: Truth, device: Device, moment: datetime) -> int:
    """Free spaces: few around noon, on Saturdays fewest, at night nearly all."""
    hour = moment.hour + moment.minute / 60
    fullest = {5: 0.9, 6: 0.45}.get(moment.weekday(), 0.75)
    busy = fullest * math.exp(-(((hour - 13) / 4.2) ** 2))
    share = min(0.99, max(0.03, busy + 0.06 * _noise(truth, device, "cars", moment) + 0.08))
    return round(device.size * (1 - share))


def _phase(device: Device) -> float:
    """Something between 0 and 1 that is the device's own."""
    return (int(device.eui, 16) * 2_654_435_761 % 1_000) / 1_000


def _noise(truth: Truth, device: Device, name: str, moment: datetime) -> float:
    """Between -1 and 1, without jumps: two random numbers half an hour apart and a line between them."""
    step, rest = divmod(moment.timestamp(), _NOISE)
    before, after = (truth.chance(device.eui, name, int(step) + at).uniform(-1, 1) for at in (0, 1))
    return before + (after - before) * rest / _NOISE


# --- the envelope ---


def _heard(truth: Truth, device: Device, number: int, gateway: tuple[float, float]) -> dict[str, Any]:
    chance = truth.chance("radio", device.eui, number)
    return {
        "gatewayId": "70b3d5fffe000001",
        "rssi": chance.randint(-118, -64),
        "snr": round(chance.uniform(-9, 11), 1),
        "location": {"longitude": gateway[0], "latitude": gateway[1]},
    }


def _packed(values: dict[str, Any]) -> bytes:
    """The payload as the device sends it: each value in hundredths, two bytes, the larger first."""
    return b"".join(
        struct.pack(">h", max(-32_768, min(32_767, round(100 * value)))) for value in values.values()
    )


def _uuid(eui: str, moment: datetime) -> str:
    digest = hashlib.sha256(f"{eui}/{int(moment.timestamp())}".encode()).hexdigest()
    return "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))
