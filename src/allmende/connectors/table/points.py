"""Two columns of coordinates become points in WGS 84."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyproj
import shapely

from allmende.connectors.table.casting import Style, cast_numbers, clean
from allmende.connectors.table.grid import Grid
from allmende.errors import Unreadable

Faults = list[tuple[int, str, str]]


def point_geometry(grid: Grid, point: dict[str, str], style: Style) -> tuple[pa.Array[Any], Faults]:
    """WKB points (null where a coordinate is missing) and faults as (row index, column, reason).

    Raises Unreadable when a column or the CRS does not exist.
    """
    x, y = (_numbers(grid, point.get(axis, ""), style) for axis in ("x", "y"))
    try:
        transformer = pyproj.Transformer.from_crs(point.get("crs", "EPSG:4326"), "EPSG:4326", always_xy=True)
    except pyproj.exceptions.CRSError:
        raise Unreadable(
            f"there is no coordinate system {point.get('crs')!r}", hint='Write for example "EPSG:25832".'
        ) from None
    longitude, latitude = transformer.transform(x, y)
    known = np.isfinite(x) & np.isfinite(y)
    on_earth = (
        np.isfinite(longitude) & np.isfinite(latitude) & (np.abs(longitude) <= 180) & (np.abs(latitude) <= 90)
    )
    points = shapely.to_wkb(
        shapely.points(np.where(known & on_earth, longitude, 0), np.where(known & on_earth, latitude, 0))
    )
    wrong = np.flatnonzero(known & ~on_earth)
    faults = [
        (int(n), point["x"], f"the point {x[n]:g}, {y[n]:g} is not on the Earth in this coordinate system")
        for n in wrong
    ]
    return pa.array(points, pa.binary(), mask=~(known & on_earth)), faults


def _numbers(grid: Grid, name: str, style: Style) -> np.ndarray[Any, Any]:
    if name not in grid.names:
        raise Unreadable(
            f"there is no column {name!r} for the point", hint=f"There are: {', '.join(grid.names[:20])}."
        )
    column = clean(grid.columns[grid.names.index(name)], style)
    return np.asarray(cast_numbers(column, style).values.to_numpy(zero_copy_only=False), float)
