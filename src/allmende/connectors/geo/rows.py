"""Raw bytes to rows in four steps: sniff, read, place on Earth, shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import numpy as np
import shapely

from allmende.connectors.geo.crs import (
    WGS84,
    bounds_of,
    check_values,
    choose,
    from_wgs84,
    outside_the_world,
    read_crs,
    swapped,
    to_wgs84,
)
from allmende.connectors.geo.features import Features, Shapes
from allmende.connectors.geo.gdal import read_gdal
from allmende.connectors.geo.geojson import is_geojson, parse_document, read_geojson
from allmende.connectors.geo.options import Options
from allmende.connectors.geo.overpass import is_overpass, read_overpass
from allmende.connectors.geo.repair import flat, kinds, repair
from allmende.connectors.geo.sniff import Found, sniff
from allmende.connectors.geo.xmlguard import check_xml
from allmende.errors import Unreadable
from allmende.model.dataset import Column
from allmende.ports import Parsed, Raw
from allmende.structure.reading.jsontext import JsonText
from allmende.structure.reading.shape import FoundColumn, shape
from allmende.structure.reading.values import Fault

_STANDARD = {"json": WGS84, "kml": WGS84}


def parse_rows(raw: Raw, options: Options, columns: Sequence[Column]) -> Parsed:
    """Features to rows with `geometry` in WGS 84. Raises Unreadable."""
    with np.errstate(all="ignore"):  # impossible coordinates become faults of their rows, not warnings
        features, standard = read_raw(raw.path, options)
        placed, faults, placing = place(features, standard, options)
    geometry = FoundColumn("geometry", list(shapely.to_wkb(placed)), "geometry")
    measured = measure(placed, options.measures_crs) if options.measures else []
    return shape(
        [*_renamed(features.columns), *measured, geometry],
        len(placed),
        columns,
        raw_of=features.raw_of,
        faults=[*features.faults, *faults],
        detected={**features.detected, **placing},
        zone=ZoneInfo(options.time_zone),
    )


def read_raw(path: Path, options: Options) -> tuple[Features, str]:
    """The features of a raw file, and the coordinate system that is standard for its format."""
    with TemporaryDirectory(prefix="allmende-geo-") as folder:
        found = sniff(path, Path(folder), options.layer)
        features, notes = read_features(found, options)
    return replace(features, detected={**features.detected, **notes}), _STANDARD.get(found.format, "")


def read_features(found: Found, options: Options) -> tuple[Features, dict[str, str]]:
    """The features of a file of known format, and notes on its text."""
    if found.format in {"kml", "gml"}:
        check_xml(found.path)
    if found.format != "json":
        return read_gdal(found.path, options.layer, options.encoding), {}
    reader = JsonText()
    document = parse_document(reader.decode(found.path.read_bytes()), reader)
    if is_overpass(document):
        return read_overpass(document), reader.notes
    if is_geojson(document):
        return read_geojson(document), reader.notes
    if is_topojson(document) or is_esrijson(document):
        return read_gdal(found.path, options.layer), reader.notes
    raise Unreadable(
        "this is JSON, but neither GeoJSON, TopoJSON, Esri nor Overpass JSON", hint="Try the connector json."
    )


def is_topojson(document: object) -> bool:
    """True for a TopoJSON topology."""
    return isinstance(document, dict) and document.get("type") == "Topology"


def is_esrijson(document: object) -> bool:
    """True for the answer of an ArcGIS feature service."""
    return (
        isinstance(document, dict)
        and "geometryType" in document
        and isinstance(document.get("features"), list)
    )


def place(features: Features, standard: str, options: Options) -> tuple[Shapes, list[Fault], dict[str, str]]:
    """Valid flat shapes in WGS 84, the rows that have none that can be meant, and notes for people."""
    chosen = choose(options.crs, features.crs, standard)
    shapes = flat(features.shapes)
    if options.swap_xy:
        shapes = swapped(shapes)
    check_values(bounds_of(shapes), chosen)
    shapes = to_wgs84(shapes, chosen.crs)
    lost = outside_the_world(bounds_of(shapes))
    shapes[[fault.index for fault in lost]] = None
    shapes, broken, repaired = repair(shapes)
    notes = {"crs": chosen.name, "crs_from": chosen.said_by, "shapes": kinds(shapes), "repaired": repaired}
    bad = {fault.index for fault in [*features.faults, *lost, *broken]}
    without = sum(1 for index, found in enumerate(shapes) if found is None and index not in bad)
    notes["without_geometry"] = str(without or "")
    return shapes, [*lost, *broken], {name: note for name, note in notes.items() if note}


def _renamed(columns: Sequence[FoundColumn]) -> list[FoundColumn]:
    """A property that is called geometry, too, makes room for ours."""
    return [FoundColumn("geometry_text", c.values) if c.source_name == "geometry" else c for c in columns]


def measure(shapes: Shapes, crs: str) -> list[FoundColumn]:
    """Square metres of areas and metres of lines, to the centimetre; None for everything else."""
    metric = from_wgs84(shapes, read_crs(crs))
    dimensions = shapely.get_dimensions(metric)
    areas, lengths = shapely.area(metric), shapely.length(metric)
    return [
        FoundColumn(
            "area_m2", [_rounded(v) if d == 2 else None for v, d in zip(areas, dimensions, strict=True)]
        ),
        FoundColumn(
            "length_m", [_rounded(v) if d == 1 else None for v, d in zip(lengths, dimensions, strict=True)]
        ),
    ]


def _rounded(value: float) -> float | None:
    return round(float(value), 2) if np.isfinite(value) else None
