"""Observations in files: whatever a service calls them, one row for each value, in the same columns.

`device` and `property` are the service's own names, `time` (and `end`, for an interval) are UTC, a value
is a `value` (number) or a `text`, `unit` is as the service writes it. A value that is missing is no row;
how many were missing is told in `detected`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import shapely

from allmende.model.dataset import Column, ColumnType
from allmende.ports import Parsed
from allmende.structure.reading.shape import FoundColumn, shape
from allmende.structure.reading.values import Fault, to_datetime, to_number

COLUMNS: dict[str, ColumnType] = {
    "device": "text",
    "name": "text",
    "property": "text",
    "time": "datetime",
    "end": "datetime",
    "value": "number",
    "text": "text",
    "unit": "text",
    "geometry": "geometry",
}
_NOT_NUMBERS = frozenset({"", "nan", "null", "none", "na", "n/a", "unknown", "unavailable", "-"})
_ZONE = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Station:
    """What measures: its id at the service, its name, and where it stands (degrees, WGS 84)."""

    device: str
    name: str = ""
    longitude: float | None = None
    latitude: float | None = None


@dataclass(slots=True)
class ObservedRows:
    """Rows as they are found, in order; `missing` counts values that the service says it does not have."""

    rows: list[tuple[Any, ...]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    raws: list[Any] = field(default_factory=list)
    missing: int = 0

    def add(
        self, station: Station, name: str, time: Any, value: Any, *, unit: str = "", zone: ZoneInfo = _ZONE,
        end: Any = None, raw: Any = None, words: bool = False,
    ) -> None:  # fmt: skip
        """One value. A time without a zone is local in `zone`; with `words` the value is a text."""
        if is_missing(value):
            self.missing += 1
            return
        moment, fault = _read(lambda: to_datetime(time, zone))
        until, end_fault = _read(lambda: None if end is None else to_datetime(end, zone))
        number, number_fault = _read(lambda: None if words else _number(value))
        row = len(self.rows)
        if not station.device:
            self.faults.append(Fault(row, "device", "it is not said which station this is from"))
        for column, words_of_fault in (("time", fault), ("end", end_fault), ("value", number_fault)):
            if words_of_fault:
                self.faults.append(Fault(row, column, words_of_fault))
        text = str(value) if words else None
        self.rows.append((station, name, moment, until, number, text, unit or None))
        self.raws.append(raw if raw is not None else f"{station.device} {name} {time}: {value}")

    def reject(self, reason: str, raw: Any, column: str = "") -> None:
        """A part of the file that should hold values, and cannot be read."""
        self.faults.append(Fault(len(self.rows), column, reason))
        self.rows.append((Station(""), "", None, None, None, None, None))
        self.raws.append(raw)


def is_missing(value: Any) -> bool:
    """None, an empty text, or one of the words for it; NaN."""
    if isinstance(value, float):
        return math.isnan(value)
    return value is None or (isinstance(value, str) and value.strip().lower() in _NOT_NUMBERS)


def _number(value: Any) -> float:
    number = to_number(value, comma=isinstance(value, str) and "," in value)
    if not math.isfinite(number):
        raise ValueError(f"{value!r} is not a finite number")
    return number


def _read(read: Callable[[], Any]) -> tuple[Any, str]:
    try:
        return read(), ""
    except (ValueError, OverflowError) as error:
        return None, str(error)


def shape_observed(
    found: ObservedRows, columns: Sequence[Column], detected: Mapping[str, str] | None = None
) -> Parsed:
    """The rows as `Parsed`, every fault with its row."""
    rows = found.rows
    cells: dict[str, Sequence[Any]] = {
        "device": [row[0].device for row in rows],
        "name": [row[0].name or None for row in rows],
        "property": [row[1] for row in rows],
        "time": [row[2] for row in rows],
        "end": [row[3] for row in rows],
        "value": [row[4] for row in rows],
        "text": [row[5] for row in rows],
        "unit": [row[6] for row in rows],
        "geometry": points([row[0] for row in rows]),
    }
    notes = {"values": str(len(rows)), "missing": str(found.missing)}
    return shape(
        [FoundColumn(name, cells[name], type_) for name, type_ in COLUMNS.items()],
        len(rows),
        columns,
        raw_of=lambda index: str(found.raws[index]),
        faults=found.faults,
        detected={**(detected or {}), **notes},
        zone=_ZONE,
    )


def points(stations: Iterable[Station]) -> list[bytes | None]:
    """Where stations stand, as WKB; each place is made once."""
    made: dict[tuple[float, float], bytes] = {}
    return [_point(station, made) for station in stations]


def _point(station: Station, made: dict[tuple[float, float], bytes]) -> bytes | None:
    if station.longitude is None or station.latitude is None:
        return None
    spot = (station.longitude, station.latitude)
    if spot not in made:
        made[spot] = bytes(shapely.to_wkb(shapely.Point(spot)))
    return made[spot]


def place(longitude: Any, latitude: Any) -> tuple[float | None, float | None]:
    """Degrees of WGS 84 from numbers or texts; no place when they are none, or 0, 0."""
    (lon, _), (lat, _) = _read(lambda: _number(longitude)), _read(lambda: _number(latitude))
    if lon is None or lat is None or abs(lon) > 180 or abs(lat) > 90 or (lon, lat) == (0, 0):
        return None, None
    return lon, lat
