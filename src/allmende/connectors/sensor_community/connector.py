"""Sensor.Community: the newest values in JSON, or a day of one sensor as CSV from its archive. Times are UTC.

API: github.com/opendata-stuttgart/meta, `https://data.sensor.community/airrohr/v1/…`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from allmende.errors import Unreadable
from allmende.model.dataset import Column
from allmende.model.problem import Problem
from allmende.model.source import Receipt, Source
from allmende.ports import Fetched, Http, Parsed, Raw
from allmende.structure.reading.jsontext import JsonText
from allmende.structure.reading.observed import ObservedRows, Station, place, shape_observed
from allmende.structure.reading.options import check_options, read_options

UNITS = {
    "P0": "ug/m3",
    "P1": "ug/m3",
    "P2": "ug/m3",
    "temperature": "Cel",
    "humidity": "%",
    "pressure": "Pa",
    "pressure_at_sealevel": "Pa",
    "pressure_sealevel": "Pa",
    "noise_LAeq": "dB(A)",
}
_ABOUT = frozenset({"sensor_id", "sensor_type", "location", "lat", "lon", "timestamp"})
# Bookkeeping of the dust sensor and the sender, not measurements of the city.
_INNER = frozenset({"durP1", "ratioP1", "durP2", "ratioP2", "altitude", "samples", "min_micro", "max_micro",
                    "signal", "interval"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Options:
    """`outdoors` leaves out sensors that are said to stand indoors."""

    outdoors: bool = True


class SensorCommunityConnector:
    """Reads values of Sensor.Community."""

    def check(self, source: Source) -> list[Problem]:
        """Faults in the options."""
        return check_options(Options, source)

    def fetch(self, source: Source, http: Http, known: Receipt | None) -> Iterator[Fetched]:
        """The document, unless it is unchanged."""
        fetched = http.fetch(source.address, known)
        if fetched is not None:
            yield fetched

    def parse(self, raw: Raw, source: Source, columns: Sequence[Column]) -> Parsed:
        """One row for each value; Unreadable when it is neither its JSON nor its CSV."""
        options, reader = read_options(Options, source), JsonText()
        text = reader.decode(raw.path.read_bytes())
        if text.lstrip().startswith("sensor_id"):
            return shape_observed(read_archive(text), columns, reader.notes)
        return shape_observed(read_answer(reader.parse(text), options), columns, reader.notes)


def read_archive(text: str) -> ObservedRows:
    """A day of one sensor: `sensor_id;sensor_type;location;lat;lon;timestamp;P1;…`."""
    found = ObservedRows()
    try:
        for line in csv.DictReader(io.StringIO(text), delimiter=";", strict=True):
            _read_line(line, found)
    except csv.Error as error:
        raise Unreadable(f"this is no CSV of the archive: {error}") from error
    return found


def _read_line(line: dict[str | Any, Any], found: ObservedRows) -> None:
    if None in line or line.get("timestamp") is None:
        found.reject("the line has too few or too many cells", ";".join(map(str, line.values())))
        return
    spot = place(line.get("lon"), line.get("lat"))
    station = Station(line["sensor_id"] or "", _name(line["sensor_id"], line.get("sensor_type")), *spot)
    for name, cell in line.items():
        if name not in _ABOUT and name not in _INNER:
            found.add(station, name, line["timestamp"], cell, unit=UNITS.get(name, ""))


def read_answer(document: Any, options: Options) -> ObservedRows:
    """The newest values of several sensors. Raises Unreadable when it is no list."""
    if not isinstance(document, list):
        raise Unreadable(
            "this is no answer of Sensor.Community",
            hint="Ask for https://data.sensor.community/airrohr/v1/filter/area=50.93,11.59,10.",
        )
    found = ObservedRows()
    for entry in document:
        if not isinstance(entry, dict) or not isinstance(entry.get("sensordatavalues"), list):
            found.reject("there are no values in this entry", entry)
        elif not (options.outdoors and _part(entry, "location").get("indoor") in (1, True)):
            _read_entry(entry, found)
    return found


def _read_entry(entry: dict[str, Any], found: ObservedRows) -> None:
    sensor, location = _part(entry, "sensor"), _part(entry, "location")
    spot = place(location.get("longitude"), location.get("latitude"))
    number = str(sensor.get("id") or "")
    station = Station(number, _name(number, _part(sensor, "sensor_type").get("name")), *spot)
    for value in entry["sensordatavalues"]:
        if not isinstance(value, dict):
            found.reject("this is no value", value)
            continue
        name = str(value.get("value_type") or "")
        if name not in _INNER:
            unit = UNITS.get(name, "")
            found.add(station, name, entry.get("timestamp"), value.get("value"), unit=unit)


def _part(entry: dict[str, Any], name: str) -> dict[str, Any]:
    found = entry.get(name)
    return found if isinstance(found, dict) else {}


def _name(number: Any, kind: Any) -> str:
    return f"{kind} {number}" if kind else str(number or "")
