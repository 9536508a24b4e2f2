"""Does the thing stand where it is said to stand? Asked once per message, not per value.

The fault to catch is a real one: a platform that took the gateway's place for the sensor's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import cos, hypot, radians
from typing import NamedTuple

from allmende.model.limits import Doubt
from allmende.model.thing import Box

SAME_PLACE = 15.0
"""Metres: nearer than this is the same place, as far as a receiver can tell."""
STRAY = 250.0
"""Metres: a thing that stands still and reports a place farther off than this is not where it should be."""
AROUND = 0.05
"""Degrees around the city's own box that still belong to it: gateways and gauges stand just outside."""
_DEGREE = 111_320.0


class Point(NamedTuple):
    """A place in WGS 84 degrees."""

    longitude: float
    latitude: float


@dataclass(frozen=True, slots=True)
class Stand:
    """What is known about where a thing is: its `place` from the city's files or an earlier message,
    whether it `moves`, and whether a person `confirmed` the place (a sensor may stand beside a gateway)."""

    place: Point | None = None
    moves: bool = False
    confirmed: bool = False


def metres(one: Point, other: Point) -> float:
    """The distance over a flat earth: right to a few metres within a city."""
    east = (one.longitude - other.longitude) * cos(radians((one.latitude + other.latitude) / 2))
    return hypot(east, one.latitude - other.latitude) * _DEGREE


def check_position(
    stand: Stand, reported: Point | None, gateways: Iterable[Point] = (), city: Box | None = None
) -> tuple[Doubt, ...]:
    """Doubts about the place that a thing's values would be shown at.

    `reported` is the position in the message itself, if any; `gateways` are those that heard it.
    """
    place = reported if reported is not None and (stand.moves or stand.place is None) else stand.place
    found = [] if place is None else [*_place(place, city), *_gateway(stand, place, gateways)]
    if reported is not None and stand.place is not None and not stand.moves:
        found += _stray(stand.place, reported)
    return tuple(found)


def _place(place: Point, city: Box | None) -> Iterable[Doubt]:
    if abs(place.longitude) < 0.01 and abs(place.latitude) < 0.01:
        return [Doubt("zero")]  # a receiver without a fix reports 0, 0
    if city is not None and not _inside(place, city):
        middle = Point((city.west + city.east) / 2, (city.south + city.north) / 2)
        return [Doubt("outside", metres(place, middle))]
    return []


def _inside(place: Point, city: Box) -> bool:
    return (
        city.west - AROUND <= place.longitude <= city.east + AROUND
        and city.south - AROUND <= place.latitude <= city.north + AROUND
    )


def _gateway(stand: Stand, place: Point, gateways: Iterable[Point]) -> Iterable[Doubt]:
    if stand.confirmed:
        return []
    return [Doubt("gateway", near) for near in (metres(place, g) for g in gateways) if near < SAME_PLACE][:1]


def _stray(place: Point, reported: Point) -> Iterable[Doubt]:
    far = metres(place, reported)
    return [Doubt("jump", far, STRAY)] if far > STRAY else []
