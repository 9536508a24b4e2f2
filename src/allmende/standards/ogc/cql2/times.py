"""Temporal functions: how one span lies to another (Allen's relations, OGC 21-065r2, table 10).

A moment is a span that begins where it ends. Every relation is a few comparisons of ends; `a1` is the beginning of the
first span, `b2` the end of the second.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from allmende.model.dataset import Column
from allmende.model.selection import Both, Compare, Condition, Either, Operator
from allmende.standards.ogc.cql2.nodes import fault
from allmende.standards.ogc.plan_time import first_of, last_of

_ALL: dict[str, str] = {
    "t_after": "a1>b2",
    "t_before": "a2<b1",
    "t_contains": "a1<b1 a2>b2",
    "t_during": "a1>b1 a2<b2",
    "t_equals": "a1=b1 a2=b2",
    "t_finishedby": "a1<b1 a2=b2",
    "t_finishes": "a1>b1 a2=b2",
    "t_intersects": "a1<=b2 a2>=b1",
    "t_meets": "a2=b1",
    "t_metby": "a1=b2",
    "t_overlappedby": "a1>b1 a1<b2 a2>b2",
    "t_overlaps": "a1<b1 a2>b1 a2<b2",
    "t_startedby": "a1=b1 a2>b2",
    "t_starts": "a1=b1 a2<b2",
}
RELATIONS = (*_ALL, "t_disjoint")
_FLIPPED: dict[str, Operator] = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "="}
_HOLDS = {
    "<": lambda order: order < 0,
    ">": lambda order: order > 0,
    "<=": lambda order: order <= 0,
    ">=": lambda order: order >= 0,
    "=": lambda order: order == 0,
}
End = Column | date | datetime | None


@dataclass(frozen=True, slots=True)
class Times:
    """A span whose ends are columns, moments or open (None)."""

    begin: End
    end: End


def related(relation: str, a: Times, b: Times) -> Condition:
    """What the relation asks of the columns. Raises BadParameter when it compares two columns."""
    if relation == "t_disjoint":
        return Either((related("t_before", a, b), related("t_after", a, b)))
    if relation == "t_equals" and (_is_day_of_moments(a, b) or _is_day_of_moments(b, a)):
        relation = "t_intersects"  # a moment is on a day when it lies in it
    return Both(tuple(_compared(atom, a, b) for atom in _ALL[relation].split()))


def _is_day_of_moments(a: Times, b: Times) -> bool:
    day = b.begin == b.end and isinstance(b.begin, date) and not isinstance(b.begin, datetime)
    return day and a.begin == a.end and isinstance(a.begin, Column) and a.begin.type == "datetime"


def _compared(atom: str, a: Times, b: Times) -> Condition:
    left = a.begin if atom[1] == "1" else a.end
    right = b.begin if atom[-1] == "1" else b.end
    sign = atom[2:-2]
    if isinstance(left, Column):
        return _column(left, sign, right, at_end=atom[-1] == "2")
    if isinstance(right, Column):
        return _column(right, _FLIPPED[sign], left, at_end=atom[1] == "2")
    raise fault("a temporal function compares a property with a moment or a span")


def _column(column: Column, sign: str, other: End, *, at_end: bool) -> Condition:
    if isinstance(other, Column):
        raise fault("two properties cannot be compared with each other")
    if other is None:  # an open end lies behind everything
        return Both(()) if _HOLDS[sign](-1 if at_end else 1) else Either(())
    return Compare(
        column.name, _FLIPPED[_FLIPPED[sign]], last_of(other, column) if at_end else first_of(other, column)
    )
