"""Where things are in Musterstadt: districts around their centres, points inside districts."""

from __future__ import annotations

import math
from random import Random

import numpy as np
import pyproj
import shapely
from shapely.geometry import MultiPoint, Point, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import voronoi_diagram

from allmende.testing.musterstadt.truth import Truth

# A place in the open sea, so that nobody takes the map for a real city.
_ORIGIN_EAST, _ORIGIN_NORTH = 300_000.0, 6_020_000.0
_TO_WGS84 = pyproj.Transformer.from_crs("EPSG:25832", "EPSG:4326", always_xy=True)


def to_wgs84(geometry: BaseGeometry) -> BaseGeometry:
    """From metres around the city's centre to longitude and latitude, rounded to a centimetre."""
    moved = shapely.transform(geometry, _degrees)
    return shapely.set_precision(moved, 1e-7)


def _degrees(metres: np.ndarray) -> np.ndarray:
    east, north = metres[:, 0] + _ORIGIN_EAST, metres[:, 1] + _ORIGIN_NORTH
    return np.column_stack(_TO_WGS84.transform(east, north))


def outline(truth: Truth) -> Polygon:
    """The city's border: a rough ellipse with bays."""
    chance = truth.chance("outline")
    return Polygon([_border_point(step / 48 * math.tau, chance) for step in range(48)]).buffer(0)


def _border_point(angle: float, chance: Random) -> tuple[float, float]:
    stretch = 1 + chance.uniform(-0.045, 0.045)
    return 4_400 * stretch * math.cos(angle), 3_100 * stretch * math.sin(angle)


def district_shapes(truth: Truth) -> dict[str, Polygon]:
    """The districts' areas in metres by code: nearest centre wins, cut at the city's border."""
    centres = {d.code: Point(d.x, d.y) for d in truth.districts}
    cells = voronoi_diagram(MultiPoint(list(centres.values())), envelope=outline(truth).buffer(2_000))
    border = outline(truth)
    return {
        code: _polygon(next(c for c in cells.geoms if c.contains(centre)).intersection(border))
        for code, centre in centres.items()
    }


def _polygon(shape: BaseGeometry) -> Polygon:
    if not isinstance(shape, Polygon):
        raise TypeError("a district of Musterstadt fell into pieces; choose another seed")
    return shape


def point_in(shape: Polygon, chance: Random) -> Point:
    """A random point inside an area."""
    west, south, east, north = shape.bounds
    while True:
        point = Point(chance.uniform(west, east), chance.uniform(south, north))
        if shape.contains(point):
            return point
