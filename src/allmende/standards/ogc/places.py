"""Boxes in degrees, whatever system of coordinates they were written in (OGC 18-058r1)."""

from __future__ import annotations

from allmende.standards.ogc.collections import CRS84, SYSTEMS
from allmende.standards.ogc.faults import BadParameter


def in_degrees(sides: list[float], crs: str) -> tuple[float, float, float, float]:
    """A box in WGS 84, longitude first, whatever system it was written in."""
    if crs == CRS84:
        return sides[0], sides[1], sides[2], sides[3]
    import pyproj  # 15 MB that most requests never need

    # Not `always_xy`: the numbers come in the order of axes that the authority says.
    transformer = pyproj.Transformer.from_crs(SYSTEMS[crs], "OGC:CRS84")
    try:
        west, south, east, north = transformer.transform_bounds(sides[0], sides[1], sides[2], sides[3])
    except pyproj.exceptions.ProjError as error:
        raise BadParameter("the box does not lie in its system of coordinates", where="bbox") from error
    return west, south, east, north
