"""openSenseMap: one box, several boxes, or a list of measurements, in JSON.

API: docs.opensensemap.org, `/boxes/{id}`, `/boxes?bbox=…&full=true`, `/boxes/data?…&format=json`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from allmende.errors import Unreadable
from allmende.model.dataset import Column
from allmende.model.problem import Problem
from allmende.model.source import Receipt, Source
from allmende.ports import Fetched, Http, Parsed, Raw
from allmende.structure.reading.jsontext import JsonText
from allmende.structure.reading.observed import ObservedRows, Station, place, shape_observed
from allmende.structure.reading.options import check_options, read_options


@dataclass(frozen=True, slots=True)
class Options:
    """`time_zone` is that of times without one (exports of measurements are UTC)."""

    time_zone: str = "UTC"


class OpenSenseMapConnector:
    """Reads boxes and measurements of openSenseMap."""

    def check(self, source: Source) -> list[Problem]:
        """Faults in the options."""
        return check_options(Options, source)

    def fetch(self, source: Source, http: Http, known: Receipt | None) -> Iterator[Fetched]:
        """The document, unless it is unchanged."""
        fetched = http.fetch(source.address, known)
        if fetched is not None:
            yield fetched

    def parse(self, raw: Raw, source: Source, columns: Sequence[Column]) -> Parsed:
        """One row for each value; Unreadable when it is no document of openSenseMap."""
        zone = ZoneInfo(read_options(Options, source).time_zone)
        reader = JsonText()
        document = reader.parse(reader.decode(raw.path.read_bytes()))
        return shape_observed(read_document(document, zone), columns, reader.notes)


def read_document(document: Any, zone: ZoneInfo) -> ObservedRows:
    """Boxes or measurements, one or many. Raises Unreadable for anything else."""
    entries = document if isinstance(document, list) else [document]
    kinds = [_kind(entry) for entry in entries]
    if entries and not any(kinds):
        hint = "Ask for /boxes/{id}, /boxes?full=true or /boxes/data?format=json."
        raise Unreadable("there are no boxes and no measurements of openSenseMap", hint=hint)
    found = ObservedRows()
    for entry, kind in zip(entries, kinds, strict=True):
        if kind == "box":
            _read_box(entry, found, zone)
        elif kind == "measurement":
            _read_measurement(entry, found, zone)
        else:
            found.reject("this is no box and no measurement", entry)
    return found


def _kind(entry: Any) -> str:
    if not isinstance(entry, dict):
        return ""
    if isinstance(entry.get("sensors"), list):
        return "box"
    return "measurement" if "value" in entry and ("createdAt" in entry or "boxId" in entry) else ""


def _read_box(box: dict[str, Any], found: ObservedRows, zone: ZoneInfo) -> None:
    longitude, latitude = _place(box)
    station = Station(
        str(box.get("_id") or box.get("id") or ""), str(box.get("name") or ""), longitude, latitude
    )
    for sensor in box["sensors"]:
        newest = sensor.get("lastMeasurement") if isinstance(sensor, dict) else None
        if not isinstance(newest, dict):
            found.missing += 1  # a sensor that never sent, or a number where the answer was shortened
            continue
        title, unit = str(sensor.get("title") or sensor.get("_id") or ""), str(sensor.get("unit") or "")
        found.add(station, title, newest.get("createdAt"), newest.get("value"), unit=unit, zone=zone)


def _place(box: dict[str, Any]) -> tuple[float | None, float | None]:
    """The place now; older answers keep it in a list."""
    spot = box.get("currentLocation") or box.get("loc")
    if isinstance(spot, list) and spot:
        spot = spot[0].get("geometry") if isinstance(spot[0], dict) else None
    coordinates = spot.get("coordinates") if isinstance(spot, dict) else None
    if isinstance(coordinates, list) and len(coordinates) >= 2:
        return place(coordinates[0], coordinates[1])
    return place(box.get("lon"), box.get("lat"))


def _read_measurement(entry: dict[str, Any], found: ObservedRows, zone: ZoneInfo) -> None:
    longitude, latitude = place(entry.get("lon"), entry.get("lat"))
    device = str(entry.get("boxId") or entry.get("sensorId") or "")
    station = Station(device, str(entry.get("boxName") or ""), longitude, latitude)
    name = str(entry.get("phenomenon") or entry.get("sensorId") or "")
    unit = str(entry.get("unit") or "")
    found.add(station, name, entry.get("createdAt"), entry.get("value"), unit=unit, zone=zone)
