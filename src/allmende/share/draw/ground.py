"""From the globe to the page: the districts' outlines as SVG paths, simplified, sharing their borders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import cos, radians
from typing import Any

from allmende.model.place import Place

_TOLERANCE = 0.7  # pixels by which a border may be moved


@dataclass(frozen=True, slots=True)
class Shape:
    """A district on the page: its outline, where its name may stand and how wide it may be."""

    code: str
    path: str
    x: float
    y: float
    room: float


@dataclass(frozen=True, slots=True)
class Ground:
    """All districts on a page of `width` by `height` pixels, and where on it a degree lies.

    `west` and `north` are the degrees of its upper left corner, `across` and `down` pixels per degree.
    """

    shapes: tuple[Shape, ...]
    width: float
    height: float
    west: float = 0.0
    north: float = 0.0
    across: float = 1.0
    down: float = 1.0

    def place(self, longitude: float, latitude: float) -> tuple[float, float]:
        """Where a point (WGS 84 degrees) lies on the page; perhaps outside of it."""
        return (longitude - self.west) * self.across + 1, (self.north - latitude) * self.down + 1


def ground(places: Sequence[Place], width: float) -> Ground:
    """The districts on a page of that width: north is up, a kilometre is as long in both directions."""
    return _ground(_Places(tuple(places)), width)


class _Places:
    """Places, hashable by which they are: geometries are dictionaries."""

    def __init__(self, places: tuple[Place, ...]) -> None:
        self.places = places
        self._key = tuple((place.code, id(place.geometry)) for place in places)

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Places) and self._key == other._key


@lru_cache(maxsize=8)
def _ground(places: _Places, width: float) -> Ground:
    import numpy as np  # these three are 40 MB that a server of pages without maps never needs
    import shapely
    from shapely.geometry import shape

    known = [place for place in places.places if place.geometry]
    shapes = np.array([shapely.make_valid(shape(place.geometry)) for place in known], dtype=object)
    west, south, east, north = shapely.total_bounds(shapes)
    narrower = cos(radians((south + north) / 2))
    scale = (width - 2) / max((east - west) * narrower, 1e-9)

    def to_page(lonlat: Any) -> Any:
        return np.column_stack(
            [(lonlat[:, 0] - west) * narrower * scale + 1, (north - lonlat[:, 1]) * scale + 1]
        )

    on_page = shapely.transform(shapely.force_2d(shapes), to_page)
    simple = _simplified(on_page)
    drawn = (_shape(place.code, one) for place, one in zip(known, simple, strict=True))
    height = round((north - south) * scale + 2)
    return Ground(tuple(drawn), width, height, west, north, narrower * scale, scale)


def plain_ground(points: Sequence[tuple[float, float]], width: float) -> Ground:
    """A page without districts, just large enough for these points (longitude, latitude); at least one."""
    wests, norths = [point[0] for point in points], [point[1] for point in points]
    west, east, south, north = min(wests), max(wests), min(norths), max(norths)
    narrower = cos(radians((south + north) / 2))
    size = max((east - west) * narrower, north - south, 0.01) * 1.2
    scale = (width - 2) / size
    middle = ((west + east) / 2, (south + north) / 2)
    return Ground(
        (), width, width, middle[0] - size / narrower / 2, middle[1] + size / 2, narrower * scale, scale
    )


def _simplified(shapes: Any) -> Any:
    """Fewer points, with borders of neighbours still the same line where they were before."""
    import shapely  # as above

    try:
        return shapely.coverage_simplify(shapes, _TOLERANCE)
    except shapely.errors.GEOSException:
        return shapely.simplify(shapes, _TOLERANCE)


def _shape(code: str, geometry: Any) -> Shape:
    centre = geometry.representative_point()
    west, _, east, _ = geometry.bounds
    return Shape(code, _path(geometry), round(centre.x, 1), round(centre.y, 1), (east - west) * 0.8)


def _path(geometry: Any) -> str:
    """The outline of polygons as an SVG path with whole tenths; lines and points have none."""
    polygons = [part for part in getattr(geometry, "geoms", [geometry]) if part.geom_type == "Polygon"]
    rings = [ring for polygon in polygons for ring in (polygon.exterior, *polygon.interiors)]
    return "".join(_ring(ring.coords) for ring in rings)


def _ring(coordinates: Iterable[Sequence[float]]) -> str:
    """Relative steps in tenths of a pixel: half as long as absolute ones."""
    tenths = [(round(x * 10), round(y * 10)) for x, y, *_ in coordinates]
    if len(tenths) < 4:
        return ""
    steps = [f"M{_tenth(tenths[0][0])} {_tenth(tenths[0][1])}l"]
    pairs = zip(tenths[1:-1], tenths[:-2], strict=True)
    moves = [(x - px, y - py) for (x, y), (px, py) in pairs if (x, y) != (px, py)]
    return steps[0] + " ".join(f"{_tenth(dx)} {_tenth(dy)}" for dx, dy in moves) + "Z"


def _tenth(number: int) -> str:
    return f"{number / 10:g}"
