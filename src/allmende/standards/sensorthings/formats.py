"""Other forms of a list: GeoJSON (RFC 7946), CSV (RFC 4180), and the data array of 18-088, section 12.2."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any

import msgspec

from allmende.standards.sensorthings import shape
from allmende.standards.sensorthings.columns import PLAIN, Columns
from allmende.standards.sensorthings.faults import BadRequest

Json = dict[str, Any]
_GEOMETRIES = ("location", "feature", "observedArea")
_LINKS = ("@iot.navigationLink", "@iot.nextLink", "@iot.selfLink", "@iot.count")
_KINDS = (
    "Point",
    "LineString",
    "Polygon",
    "MultiPoint",
    "MultiLineString",
    "MultiPolygon",
    "GeometryCollection",
)
_DEEPEST = 6
COMPONENTS = ("id", "phenomenonTime", "resultTime", "result", "resultQuality", "validTime", "parameters")


# --- GeoJSON ---


def feature(one: Json) -> Json:
    """One as a GeoJSON feature: its own geometry, or the first found in what is expanded."""
    where, geometry = _geometry(one)
    values = dict(flattened(one))
    if where:
        values = {name: value for name, value in values.items() if not name.startswith(where)}
    return {"type": "Feature", "id": one.get("@iot.id"), "geometry": geometry, "properties": values}


def _geometry(one: Json) -> tuple[str, Json | None]:
    """Where the geometry stands, and the geometry: an own one, else a place, else an observed area."""
    for depth, names in ((0, _GEOMETRIES), (_DEEPEST, _GEOMETRIES[:2]), (_DEEPEST, _GEOMETRIES)):
        found = next(_geometries(one, names, depth), None)
        if found is not None:
            return found
    return "", None


def _geometries(value: Any, names: Sequence[str], depth: int, place: str = "") -> Iterator[tuple[str, Json]]:
    """Every GeoJSON geometry under one of these names, with the path to it."""
    if isinstance(value, list):
        for number, part in enumerate(value):
            yield from _geometries(part, names, depth, f"{place}{number}/")
        return
    for name in names:
        known = value.get(name)
        bare = known.get("geometry", known) if isinstance(known, dict) else None
        if isinstance(bare, dict) and bare.get("type") in _KINDS:
            yield f"{place}{name}", bare
    for name, inner in value.items() if depth else ():
        if _is_expanded(name, inner):
            yield from _geometries(inner, names, depth - 1, f"{place}{name}/")


def _is_expanded(name: str, value: Any) -> bool:
    """Whether a member is another one, or several, and not a property: names of sets are capitals."""
    return name[0].isupper() and "@" not in name and isinstance(value, dict | list)


def flattened(value: Mapping[str, Any], place: str = "") -> Iterator[tuple[str, Any]]:
    """Every value with the path to it: `Datastreams/0/name`. Lists of plain values stay one value."""
    for name, inner in value.items():
        if name.endswith(_LINKS):
            continue
        path = place + ("id" if name == "@iot.id" else name)
        if isinstance(inner, Mapping):
            yield from flattened(inner, f"{path}/")
        elif isinstance(inner, list) and inner and all(isinstance(part, Mapping) for part in inner):
            for number, part in enumerate(inner):
                yield from flattened(part, f"{path}/{number}/")
        else:
            yield path, inner


# --- CSV ---


def csv_of(values: Sequence[Json]) -> bytes:
    """A table with one column for every path that any of the values has; of nothing, nothing."""
    if not values:
        return b""
    rows = [dict(flattened(one)) for one in values]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_cell(row.get(column)) for column in columns] for row in rows)
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    """A value as a cell; nothing for what is unknown."""
    if value is None:
        return ""
    return (
        value if isinstance(value, str | int | float) and not isinstance(value, bool) else json.dumps(value)
    )


def table(columns: Columns, names: Sequence[str]) -> bytes:
    """Observations as a table of some of their plain properties."""
    parts: dict[str, Iterable[Any]] = {
        "@iot.id": columns.ids,
        "phenomenonTime": columns.starts,
        "resultTime": columns.result_times or repeat("", columns.number),
        "result": map(_bare, columns.results),
    }
    text = io.StringIO()
    writer = csv.writer(text)
    chosen = [name for name in PLAIN if name in names]
    writer.writerow("id" if name == "@iot.id" else name for name in chosen)
    writer.writerows(zip(*(parts[name] for name in chosen), strict=True))
    return text.getvalue().encode()


def _bare(result: str) -> str:
    """A result in JSON as a cell: text without its quotes, nothing for null."""
    if result == "null":
        return ""
    return str(json.loads(result)) if result.startswith('"') else result


# --- data array ---


def data_arrays(
    root: str, rows: Sequence[shape.Row], sets: Mapping[int, str], select: Sequence[Sequence[str]]
) -> bytes:
    """The rows of each datastream: names once, then only values."""
    components = _components(select)
    found: dict[int, list[shape.Row]] = {}
    for row in rows:
        found.setdefault(row[shape.STREAM], []).append(row)
    return msgspec.json.encode(
        [
            {
                f"{sets[stream]}@iot.navigationLink": f"{root}/{sets[stream]}s({stream})",
                "components": components,
                "dataArray@iot.count": len(own),
                "dataArray": msgspec.Raw(_arrays(own, components)),
            }
            for stream, own in found.items()
        ]
    )


def _components(select: Sequence[Sequence[str]]) -> list[str]:
    if not select or ("*",) in select:
        return list(COMPONENTS[:4])
    names = ["id" if path[0] == "@iot.id" else path[0] for path in select]
    if wrong := next((name for name in names if name not in COMPONENTS), None):
        known = ", ".join(COMPONENTS)
        raise BadRequest(f"a data array has no {wrong!r}", where="$select", hint=f"It has {known}.")
    return names


def _arrays(rows: Sequence[shape.Row], components: Sequence[str]) -> bytes:
    names = ["@iot.id" if name == "id" else name for name in components]
    if all(name in PLAIN for name in names):
        return Columns(rows).arrays(names)
    known = [shape.observation(row) | {"id": row[shape.ID]} for row in rows]
    return msgspec.json.encode([[one.get(name) for name in components] for one in known])
