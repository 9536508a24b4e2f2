"""Which connector reads these bytes: each is tried, the one that understands them is taken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pyarrow.compute

from allmende.errors import Unreadable
from allmende.extensions import load_connector
from allmende.model.source import Source
from allmende.ports import Parsed, Raw

# The stubs know the compute functions only for some types of arrays.
pc: Any = pyarrow.compute
_GEO = (".geojson", ".kml", ".gml", ".gpkg", ".zip", ".shp", ".osm", ".xml")
_TABLE = (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".ods", ".gz")
_LONGITUDE = (
    "lon",
    "lng",
    "long",
    "longitude",
    "laengengrad",
    "geo_lon",
    "x",
    "koorx",
    "x_koordinate",
    "rechtswert",
)
_LATITUDE = ("lat", "lat", "lat", "latitude", "breitengrad", "geo_lat", "y", "koory", "y_koordinate", "hochwert")  # fmt: skip
MOST_REJECTED = 0.5


def recognise(raw: Raw, source: Source, name: str) -> tuple[Source, Parsed]:
    """The source with its connector and options, and the rows.

    Raises Unreadable with the reason of the connector that fits the file's `name` best, also when
    the bytes can be read but make no sense as a table.
    """
    faults: list[Unreadable] = []
    for connector in candidates(name):
        tried = replace(source, connector=connector)
        try:
            parsed = load_connector(connector).parse(raw, tried, ())
            refuse_senseless(parsed)
        except Unreadable as error:
            faults.append(error)
            continue
        return with_points(raw, tried, parsed) if connector == "table" else (tried, parsed)
    if name.lower().endswith((*_GEO, *_TABLE, ".json", ".jsonl")) or len({f.message for f in faults}) == 1:
        raise faults[0]
    reasons = "; ".join(f"{c}: {fault.message}" for c, fault in zip(candidates(name), faults, strict=True))
    raise Unreadable(f"no connector can read this ({reasons})", hint="Ask for CSV, Excel, GeoJSON or JSON.")


def candidates(name: str) -> tuple[str, ...]:
    """The connectors in the order in which they are worth trying."""
    lower = name.lower()
    if lower.endswith(_GEO):
        return ("geo", "table", "json")
    return ("table", "geo", "json") if lower.endswith(_TABLE) else ("geo", "json", "table")


def refuse_senseless(parsed: Parsed) -> None:
    """Unreadable when there are no rows, or most of them do not fit."""
    if parsed.rows_in == 0:
        raise Unreadable("there are no rows in it", hint="Was it exported completely?", code="no_rows")
    if parsed.rows_rejected > MOST_REJECTED * parsed.rows_in:
        first = parsed.rejected[0]
        place = f"row {first.row}" + (f", column {first.column}" if first.column else "")
        raise Unreadable(
            f"{parsed.rows_rejected} of {parsed.rows_in} rows do not fit; the first is {place}: {first.reason}",
            hint="Is this one table? Several below each other, or notes between the rows, must be taken apart.",
            code="most_rejected",
            params={"rejected": str(parsed.rows_rejected), "rows": str(parsed.rows_in)},
        )


def with_points(raw: Raw, source: Source, parsed: Parsed) -> tuple[Source, Parsed]:
    """The same with points made of two columns of coordinates, when there are such."""
    for point in _points(parsed):
        options: Mapping[str, Any] = {**source.options, "point": point}
        placed = replace(source, options=options)
        try:
            again = load_connector("table").parse(raw, placed, ())
        except Unreadable:
            continue
        if again.rows_rejected == parsed.rows_rejected:
            return placed, again
    return source, parsed


def _points(parsed: Parsed) -> Iterator[dict[str, str]]:
    """Pairs of columns whose names and values are those of coordinates."""
    names = {column.name: column.source_name or column.name for column in parsed.columns}
    numeric = {column.name for column in parsed.columns if column.type in {"number", "integer"}}
    for x, y in zip(_LONGITUDE, _LATITUDE, strict=True):
        if x in numeric and y in numeric and (crs := _crs(parsed, x, y)):
            yield {"x": names[x], "y": names[y], "crs": crs}


def _crs(parsed: Parsed, x: str, y: str) -> str:
    """The coordinate system that the largest and smallest values speak for; empty when none does."""
    (west, east), (south, north) = _bounds(parsed, x), _bounds(parsed, y)
    if -180 <= west <= east <= 180 and -90 <= south <= north <= 90 and (east, north) != (0, 0):
        return "EPSG:4326"
    if 200_000 <= west <= east <= 900_000 and 5_000_000 <= south <= north <= 6_200_000:
        return "EPSG:25832"
    return ""


def _bounds(parsed: Parsed, name: str) -> tuple[float, float]:
    found = pc.min_max(parsed.table.column(name)).as_py()
    return (1e99, -1e99) if found["min"] is None else (found["min"], found["max"])
