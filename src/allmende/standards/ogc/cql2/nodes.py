"""What a filter is made of, in whichever form it was written. Names of operations are those of CQL2 JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from allmende.standards.ogc.faults import BadParameter

LONGEST, DEEPEST, MOST = 20_000, 30, 500
"""Signs of a filter, levels of brackets, and parts; more is refused before anything is read."""


@dataclass(frozen=True, slots=True)
class Named:
    """A property."""

    name: str


@dataclass(frozen=True, slots=True)
class Shape:
    """A geometry, as it was written (WKT, or GeoJSON)."""

    text: str
    json: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """Four numbers in the order of axes of the filter's system of coordinates."""

    sides: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Span:
    """From a moment to another, both included; None is an open end. An end may be a property."""

    begin: Named | date | datetime | None
    end: Named | date | datetime | None


@dataclass(frozen=True, slots=True)
class Call:
    """An operation with what it is done to."""

    name: str
    given: tuple[Node, ...]


Literal = str | int | float | bool | date | datetime
Node = Call | Named | Shape | Box | Span | Literal


def fault(message: str, hint: str = "") -> BadParameter:
    """A filter that cannot be taken."""
    return BadParameter(f"filter: {message}", where="filter", hint=hint)
