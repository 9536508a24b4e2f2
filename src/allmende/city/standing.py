"""Where a sensor type's devices stand, from its file and its table of places."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from allmende.model.problem import Problem
from allmende.model.sensor_type import Standing

_COLUMNS = ("device", "longitude", "latitude")
LARGEST = 5 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Spot:
    """Where one device stands (WGS 84 degrees) and, if the table says it, what people call it."""

    longitude: float
    latitude: float
    name: str = ""


@dataclass(frozen=True, slots=True)
class Spots:
    """Spots by device id in lower case, and the faults of those that are none."""

    by_device: Mapping[str, Spot] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def read_standing(place: Standing, file: str, folder: Path) -> Spots:
    """The spots that are known from files. Never raises: every fault is a Problem."""
    if place.kind == "fixed":
        spot = _spot([place.longitude, place.latitude])
        fault = Problem(file, "$.place", "a fixed place needs longitude and latitude in degrees")
        return Spots({"*": spot}) if spot else Spots(problems=(fault,))
    if place.kind == "table":
        return _listed(place, file, folder)
    return Spots()


def _listed(place: Standing, file: str, folder: Path) -> Spots:
    spots: dict[str, Spot] = {}
    problems: list[Problem] = []
    for device, numbers in place.devices.items():
        spot = _spot(list(numbers))
        if spot is None:
            message = "a place is [longitude, latitude] in degrees"
            problems.append(Problem(file, f"$.place.devices.{device}", message))
        else:
            spots[device.lower()] = spot
    if place.table:
        found = _read_table(folder / place.table, place.table, folder)
        problems += [one for one in found if isinstance(one, Problem)]
        spots |= {one[0]: one[1] for one in found if not isinstance(one, Problem)}
    elif not place.devices:
        hint = 'Name table = "files/places.csv" or write [place.devices].'
        problems.append(Problem(file, "$.place", "there is no table of places", hint))
    return Spots(spots, tuple(problems))


def _read_table(path: Path, name: str, folder: Path) -> list[Problem | tuple[str, Spot]]:
    try:
        if not path.resolve().is_relative_to(folder.resolve()):
            return [Problem(name, "$", "the table lies outside of the city's folder")]
        if path.stat().st_size > LARGEST:
            return [Problem(name, "$", f"the table is larger than {LARGEST // 2**20} MB")]
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        return [Problem(name, "$", f"the table of places cannot be read: {error}")]
    first = text.partition("\n")[0]
    rows = csv.DictReader(text.splitlines(), delimiter=";" if ";" in first else ",")
    missing = [column for column in _COLUMNS if column not in (rows.fieldnames or ())]
    if missing:
        hint = f"Its first line is: {','.join(_COLUMNS)},name"
        return [Problem(name, "$", f"the table of places has no column {', '.join(missing)}", hint)]
    return list(_rows(rows, name))


def _rows(rows: csv.DictReader[str], name: str) -> Iterator[Problem | tuple[str, Spot]]:
    for row in rows:
        device = (row["device"] or "").strip().lower()
        spot = _spot([row["longitude"], row["latitude"]], (row.get("name") or "").strip())
        if not device or spot is None:
            yield Problem(name, f"$.line[{rows.line_num}]", "a line needs a device and its place in degrees")
        else:
            yield device, spot


def _spot(numbers: list[float | str | None], name: str = "") -> Spot | None:
    try:
        longitude, latitude = (float(str(number).replace(",", ".")) for number in numbers)
    except ValueError:
        return None
    if not (
        math.isfinite(longitude) and abs(longitude) <= 180 and math.isfinite(latitude) and abs(latitude) <= 90
    ):
        return None
    return Spot(longitude, latitude, name)
