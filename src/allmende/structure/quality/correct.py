"""From the number that a device sent to the value: error codes, numbers that are none, calibration."""

from __future__ import annotations

from bisect import bisect_right
from math import isfinite

from allmende.model.limits import Correction, Limits
from allmende.structure.quality.track import Track


def screen(track: Track, raw: float) -> tuple[float | None, int]:
    """The number, or None with a flag: an infinite one, or the device's code for having none."""
    limits: Limits = track.limits
    if raw in limits.codes:
        return None, track.doubt("code", raw)
    if not isfinite(raw):
        return None, track.doubt("infinite")
    return raw, 0


def correct(correction: Correction, raw: float) -> float | None:
    """The value for a raw number; None outside of the calibration table, or when it is beyond all numbers."""
    if correction.points:
        return _between(correction.points, raw)
    if not correction.coefficients:
        return raw
    value = 0.0
    for coefficient in reversed(correction.coefficients):
        value = value * raw + coefficient
    return value if isfinite(value) else None


def _between(points: tuple[tuple[float, float], ...], raw: float) -> float | None:
    """On the straight line between the two nearest points."""
    if not points[0][0] <= raw <= points[-1][0]:
        return None
    right = min(bisect_right(points, raw, key=lambda point: point[0]), len(points) - 1)
    (x0, y0), (x1, y1) = points[max(right - 1, 0)], points[right]
    return y0 if x1 == x0 else y0 + (y1 - y0) * (raw - x0) / (x1 - x0)
