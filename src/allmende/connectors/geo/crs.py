"""Coordinate reference systems: which one a file is in, whether its values can be that, and to WGS 84.

All systems are used in the order x, y (longitude first), whatever their authority says.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from allmende.connectors.geo.features import Shapes
from allmende.errors import Unreadable
from allmende.structure.reading.values import Fault

WGS84 = "EPSG:4326"
Bounds = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The system of a file, and who says so: `declared`, `file` or `standard` (the format's own)."""

    crs: CRS
    name: str
    said_by: str


def choose(declared: str, in_file: str, standard: str) -> Chosen:
    """What a person declared goes before what the file says, that before the format's standard."""
    for name, said_by in ((declared, "declared"), (in_file, "file"), (standard, "standard")):
        if name:
            crs = read_crs(name)
            return Chosen(crs, _short_name(crs), said_by)
    raise Unreadable(
        "the file does not say in which coordinate system it is (no .prj)",
        hint='Ask its owner and declare it, often options.crs = "EPSG:25832".',
    )


@cache
def read_crs(name: str) -> CRS:
    """The system called `name` (EPSG code, URN, WKT), without a vertical part."""
    try:
        crs = CRS.from_user_input(name)
        horizontal = next((sub for sub in crs.sub_crs_list), crs) if crs.is_compound else crs
        return horizontal.to_2d() if len(horizontal.axis_info) > 2 else horizontal
    except (CRSError, ProjError, ValueError) as error:
        raise Unreadable(
            f"{name[:80]!r} is no coordinate system that we know ({str(error)[:80]})",
            hint='Declare it as options.crs = "EPSG:25832".',
        ) from None


def _short_name(crs: CRS) -> str:
    if crs.to_epsg() is None and crs.to_authority() is None:
        return crs.name
    return ":".join(crs.to_authority() or ("EPSG", str(crs.to_epsg())))


def check_values(bounds: Bounds, chosen: Chosen) -> None:
    """Unreadable when most values cannot be in the system that the file claims.

    Values that a person declared are believed here; each row is still checked on the globe.
    """
    known = bounds[~np.isnan(bounds).any(axis=1)]
    if chosen.said_by == "declared" or not len(known):
        return
    degrees = (np.abs(known[:, [0, 2]]) <= 180).all(axis=1) & (np.abs(known[:, [1, 3]]) <= 90).all(axis=1)
    if chosen.crs.is_geographic and degrees.mean() < 0.5:
        raise Unreadable(
            f"the values are no degrees ({_example(known[~degrees])}), but the file is said to be in {chosen.name}",
            hint=_guess(known[~degrees]),
        )
    if chosen.crs.is_projected and degrees.mean() > 0.5:
        raise Unreadable(
            f"the values are degrees ({_example(known[degrees])}), but the file says {chosen.name}, which is metres",
            hint=f'Declare options.crs = "{WGS84}".',
        )
    if chosen.crs.is_geographic and _look_swapped(known).mean() > 0.5:
        raise Unreadable(
            f"longitude and latitude look swapped ({_example(known)})",
            hint='Declare options.swap_xy = true, or options.crs = "EPSG:4326" if they are right.',
        )


def _look_swapped(bounds: Bounds) -> npt.NDArray[np.bool_]:
    """x like a latitude and y like a longitude of Central Europe (the sea off Somalia, read straight)."""
    x, y = bounds[:, 0], bounds[:, 1]
    swapped: npt.NDArray[np.bool_] = (x >= 45) & (x <= 56) & (y >= 5) & (y <= 18)
    return swapped


def _example(bounds: Bounds) -> str:
    return f"for example {bounds[0, 0]:.6g}, {bounds[0, 1]:.6g}"


def _guess(bounds: Bounds) -> str:
    """The system of German administrations in which such values are usual."""
    x, y = (float(value) for value in np.median(bounds[:, :2], axis=0))
    code = ""
    if 5_000_000 < y < 6_200_000:
        gauss_krueger = {2: 31466, 3: 31467, 4: 31468, 5: 31469}
        prefixed = {32: 4647, 33: 5650}
        code = str(gauss_krueger.get(int(x // 1e6), "") or prefixed.get(int(x // 1e6), ""))
        if 100_000 < x < 900_000:
            code = "25832"
    if 500_000 < x < 1_800_000 and 5_900_000 < y < 7_500_000 and not code:
        code = "3857"
    return (
        f'Perhaps options.crs = "EPSG:{code}"; ask its owner.'
        if code
        else "Declare options.crs; ask its owner."
    )


def to_wgs84(shapes: Shapes, crs: CRS) -> Shapes:
    """Shapes in degrees, longitude first; values outside of the system become infinite."""
    if crs.is_geographic and (crs.to_epsg() == 4326 or crs.to_authority() == ("OGC", "CRS84")):
        return shapes
    return _transformed(shapes, Transformer.from_crs(crs, WGS84, always_xy=True))


def from_wgs84(shapes: Shapes, crs: CRS) -> Shapes:
    """Shapes in degrees to another system, to measure them."""
    return _transformed(shapes, Transformer.from_crs(WGS84, crs, always_xy=True))


def _transformed(shapes: Shapes, transformer: Transformer) -> Shapes:
    def both(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.column_stack(transformer.transform(points[:, 0], points[:, 1]))

    return np.asarray(shapely.transform(shapes, both), dtype=np.object_)


def swapped(shapes: Shapes) -> Shapes:
    """Shapes with x and y exchanged."""
    return np.asarray(shapely.transform(shapes, lambda points: points[:, ::-1]), dtype=np.object_)


def outside_the_world(bounds: Bounds) -> list[Fault]:
    """A fault for every shape that is nowhere on Earth."""
    beyond = (np.abs(bounds[:, [0, 2]]) > 180).any(axis=1) | (np.abs(bounds[:, [1, 3]]) > 90).any(axis=1)
    return [
        Fault(int(i), "geometry", f"{bounds[i, 0]:.6g}, {bounds[i, 1]:.6g} is no place on Earth")
        for i in np.flatnonzero(beyond)
    ]


def bounds_of(shapes: Shapes) -> Bounds:
    """Bounds of each shape: min x, min y, max x, max y; NaN for none."""
    return np.asarray(shapely.bounds(shapes), dtype=float).reshape(-1, 4)
