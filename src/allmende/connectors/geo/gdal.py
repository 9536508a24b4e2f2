"""Shapefile, GeoPackage, FlatGeobuf, KML, GML, TopoJSON and Esri JSON through GDAL (pyogrio)."""

from __future__ import annotations

import json
import threading
import warnings
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError

from allmende.connectors.geo.features import Features
from allmende.connectors.geo.kml import with_attributes, without_labels
from allmende.errors import Unreadable
from allmende.structure.reading.shape import FoundColumn
from allmende.structure.reading.values import Fault

FAULTS = (
    DataLayerError,
    DataSourceError,
    FeatureError,
    FieldError,
    GeometryError,
    RuntimeError,
    ValueError,
    OSError,
)
DRIVERS = frozenset(
    {"ESRI Shapefile", "GPKG", "FlatGeobuf", "KML", "LIBKML", "GML", "TopoJSON", "ESRIJSON", "GeoJSON"}
)
_ONE_AT_A_TIME = threading.Lock()
"""Silencing warnings is not safe between threads; what GDAL warns of is told by the rows."""
_WESTERN = frozenset({0x00, 0x03, 0x57})
"""Code page marks of a dBASE table that mean nothing at all, or Windows ANSI."""
_KML_DEFAULTS: dict[str, tuple[Any, ...]] = {
    "id": (None, ""),
    "timestamp": (None,),
    "begin": (None,),
    "end": (None,),
    "altitudeMode": (None, ""),
    "tessellate": (None, -1, 0, 1),
    "extrude": (None, -1, 0, 1),
    "visibility": (None, -1, 0, 1),
    "drawOrder": (None, -1, 0),
    "icon": (None, ""),
}
"""Fields of the KML driver that tell how to draw; they are left out when they say nothing."""


def read_gdal(path: Path, layer: str = "", encoding: str = "") -> Features:
    """All features of the layer, or of all layers when they have the same fields. Raises Unreadable."""
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            layers = choose_layers(path, layer)
            read = [_read_layer(path, name, encoding or _dbf_encoding(path)) for name in layers]
            return _features(layers, [meta for meta, _ in read], [table for _, table in read])
        except UnicodeDecodeError as error:
            raise Unreadable(
                f"the texts cannot be read ({error})", hint="Declare options.encoding."
            ) from None
        except FAULTS as error:
            words = str(error).replace(str(path), "the file").partition(";")[0]
            raise Unreadable(f"the geodata cannot be read: {words}", hint="Is the file complete?") from None


def _features(layers: Sequence[str], metas: Sequence[dict[str, Any]], tables: Sequence[pa.Table]) -> Features:
    _refuse_driver(metas)
    geometries: list[Any] = []
    for meta, table in zip(metas, tables, strict=True):
        geometries += table.column(_geometry_name(meta, table)).to_pylist()
    shapes, faults = _shapes(geometries)
    columns = _columns(layers, metas, tables)
    return Features(
        columns=columns,
        shapes=without_labels(shapes) if is_kml(metas) else shapes,
        crs=str(metas[0].get("crs") or ""),
        raw_of=lambda index: _raw(columns, index),
        faults=faults,
        detected={"format": str(metas[0]["driver"]), "layer": ", ".join(layers)},
    )


def choose_layers(path: Path, wanted: str) -> list[str]:
    """The names of the layers to read; Unreadable when a choice has to be made by a person."""
    names = [str(name) for name, _ in pyogrio.list_layers(path)]
    if (wanted and len(names) > 1) or wanted in names:
        if wanted not in names:
            near = get_close_matches(wanted, names, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(names[:12])}."
            raise Unreadable(f"there is no layer {wanted!r}", hint=hint)
        return [wanted]
    if not names:
        raise Unreadable("there is no layer in the file")
    fields = {tuple(pyogrio.read_info(path, layer=name)["fields"]) for name in names}
    if len(fields) > 1:
        raise Unreadable(
            f"the file has {len(names)} different layers",
            hint=f"Choose with options.layer: {', '.join(names[:12])}.",
        )
    return names


def _read_layer(path: Path, layer: str, encoding: str) -> tuple[dict[str, Any], pa.Table]:
    options: dict[str, Any] = {"encoding": encoding} if encoding else {}
    if path.suffix == ".gml":
        # Without this GDAL would fetch the schema that the file names, from any address.
        options["DOWNLOAD_SCHEMA"] = "NO"
    meta, table = pyogrio.read_arrow(path, layer=layer, **options)
    info = pyogrio.read_info(path, layer=layer, **options)
    return {**meta, "driver": info["driver"], "crs": meta.get("crs") or info.get("crs")}, table


def _refuse_driver(metas: Sequence[dict[str, Any]]) -> None:
    for meta in metas:
        if meta["driver"] not in DRIVERS:
            raise Unreadable(f"files of the kind {meta['driver']!r} are not read")


def _geometry_name(meta: dict[str, Any], table: pa.Table) -> str:
    name = meta.get("geometry_name") or "wkb_geometry"
    if name not in table.column_names:
        raise Unreadable("the layer has no geometries", hint="Use the connector table.")
    return str(name)


def _shapes(geometries: Sequence[bytes | None]) -> tuple[Any, list[Fault]]:
    array = np.empty(len(geometries), dtype=object)
    array[:] = geometries
    shapes = np.asarray(shapely.from_wkb(array, on_invalid="ignore"), dtype=np.object_)
    bad = [i for i, wkb in enumerate(geometries) if wkb is not None and shapes[i] is None]
    return shapes, [Fault(i, "geometry", "the geometry cannot be read (a curve, or damaged)") for i in bad]


def _columns(
    layers: Sequence[str], metas: Sequence[dict[str, Any]], tables: Sequence[pa.Table]
) -> list[FoundColumn]:
    names = [str(name) for name in metas[0]["fields"]]
    columns = [
        FoundColumn(name, [value for table in tables for value in _values(table.column(name))])
        for name in names
    ]
    if is_kml(metas):
        columns = with_attributes([c for c in columns if not _says_nothing(c)])
    if len(layers) > 1:
        rows = [layer for layer, table in zip(layers, tables, strict=True) for _ in range(table.num_rows)]
        columns.append(FoundColumn("layer", rows))
    return columns


def is_kml(metas: Sequence[dict[str, Any]]) -> bool:
    """True when the KML driver read the file."""
    return "KML" in str(metas[0]["driver"])


def _says_nothing(column: FoundColumn) -> bool:
    default = _KML_DEFAULTS.get(column.source_name)
    return default is not None and all(value in default for value in column.values)


def _values(column: pa.ChunkedArray[Any]) -> list[Any]:
    """Values as Python ones; bytes (attachments) become hexadecimal text, times of day become text."""
    kind = column.type
    values: list[Any] = column.to_pylist()
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return [None if value is None else value.hex() for value in values]
    if pa.types.is_time(kind):
        return [None if value is None else value.isoformat() for value in values]
    return values


def _dbf_encoding(path: Path) -> str:
    """The encoding of a Shapefile's table when no .cpg says it: UTF-8 if it is exactly that, else Windows-1252
    unless the table names another code page (byte 29), which GDAL then follows."""
    table = path.with_suffix(".dbf")
    if path.suffix != ".shp" or path.with_suffix(".cpg").exists() or not table.exists():
        return ""
    content = table.read_bytes()
    # A sub-slice: the header holds binary numbers; its length stands in bytes 8 and 9.
    records = content[int.from_bytes(content[8:10], "little") :]
    if records.isascii():
        return ""
    try:
        records.decode("utf-8")
    except UnicodeDecodeError:
        return "CP1252" if content[29] in _WESTERN else ""
    return "UTF-8"


def _raw(columns: Sequence[FoundColumn], index: int) -> str:
    record = {column.source_name: column.values[index] for column in columns}
    return json.dumps(record, ensure_ascii=False, default=str)
