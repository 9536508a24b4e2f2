"""The box around a GeoJSON geometry, without any library: for stores that look for what lies near."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from allmende.model.thing import Box

_DEEPEST = 12


def box_of(geometry: Any) -> Box | None:
    """The box around a GeoJSON geometry or feature; None for what is neither or has no positions."""
    try:
        positions = list(_positions(geometry, 0))
        if not positions:
            return None
        easts, norths = [p[0] for p in positions], [p[1] for p in positions]
        return Box(min(easts), min(norths), max(easts), max(norths))
    except (TypeError, ValueError, IndexError, KeyError):
        return None


def _positions(value: Any, depth: int) -> Iterator[tuple[float, float]]:
    if depth > _DEEPEST:
        raise ValueError("the geometry is nested too deeply")
    if isinstance(value, dict):
        for name in ("coordinates", "geometry", "geometries", "features"):
            if value.get(name) is not None:
                yield from _positions(value[name], depth + 1)
    elif isinstance(value, list) and value:
        if isinstance(value[0], int | float):
            yield float(value[0]), float(value[1])
        else:
            for part in value:
                yield from _positions(part, depth + 1)
