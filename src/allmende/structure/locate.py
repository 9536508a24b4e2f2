"""In which district of the city does a row lie? By its geometry, with the districts' newest version."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from allmende.errors import ContractBroken
from allmende.model.dataset import Column, Dataset, Pin
from allmende.model.place import Districts
from allmende.model.text import Text
from allmende.ports import Lake, Store
from allmende.structure.parse import Rows

_TITLE = Text("Stadtteil", "District")


def locate(rows: Rows, dataset: Dataset, districts: pa.Table) -> Rows:
    """Fill the dataset's `district_column` with the codes of `districts` (see `read_districts`).

    A row that lies in no district, or has no place, gets None. Raises ContractBroken when there is
    no geometry to ask.
    """
    geometry = next((c.name for c in rows.columns if c.type == "geometry"), None)
    if geometry is None:
        raise ContractBroken(
            f"there is no geometry by which {dataset.district_column!r} could be filled",
            where=f"datasets/{dataset.id}.toml",
            hint="Take district_column out, or let the source make points (options: point).",
        )
    codes = codes_of(rows.table.column(geometry), districts.column("code"), districts.column("geometry"))
    return _with_column(rows, dataset, codes)


def read_districts(rule: Districts, pin: Pin, store: Store, lake: Lake) -> pa.Table:
    """Code (text) and geometry (WKB) of every district of that version."""
    version = store.version(pin)
    table = lake.read(version.dataset, version.lake_version).read_all()
    codes = table.column(rule.code_column).cast(pa.string())
    return pa.Table.from_arrays([codes, table.column(rule.geometry_column)], ["code", "geometry"])


def codes_of(
    places: pa.ChunkedArray[Any], codes: pa.ChunkedArray[Any], areas: pa.ChunkedArray[Any]
) -> pa.Array[Any]:
    """For each place (WKB) the code of the area it lies in; of a line or area, a point on it decides.

    On a common border the area that comes first counts, so that the answer is always the same.
    """
    shapes = shapely.from_wkb(places.to_numpy(zero_copy_only=False))
    points = shapely.point_on_surface(shapes)
    tree = shapely.STRtree(shapely.from_wkb(areas.to_numpy(zero_copy_only=False)))
    found, area = tree.query(points, predicate="intersects")
    first = np.full(len(points), len(codes), dtype=np.int64)
    np.minimum.at(first, found, area)
    places_in_codes = pa.array(first, pa.int64(), mask=first == len(codes))
    return pa.concat_arrays(codes.chunks).take(places_in_codes)


def _with_column(rows: Rows, dataset: Dataset, codes: pa.Array[Any]) -> Rows:
    """Put the column where it is declared, or at the end."""
    name = dataset.district_column
    column = dataset.column(name) or Column(name, "text", _TITLE)
    others = [c for c in rows.columns if c.name != name]
    declared = [c.name for c in dataset.columns]
    place = sum(1 for c in others if name in declared and _before(c.name, name, declared))
    columns = [*others[:place], column, *others[place:]] if name in declared else [*others, column]
    arrays = [codes if c.name == name else rows.table.column(c.name) for c in columns]
    return replace(rows, table=pa.table(arrays, names=[c.name for c in columns]), columns=tuple(columns))


def _before(column: str, other: str, declared: list[str]) -> bool:
    return column in declared and declared.index(column) < declared.index(other)
