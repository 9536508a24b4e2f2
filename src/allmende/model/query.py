"""What a reader asks for, in no standard's words: conditions, order and a page.

Standards parse their own language to this; the store makes SQL of it for things and hot
observations, the engine for the history. Names in a path are ours (`thing`, `phenomenon_time`), a
path may go through relations (`datastream`, `thing`, `name`) and into JSON (`properties`, `a`, `b`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

Kind = Literal["text", "number", "boolean", "time", "duration", "geometry", "any", "null"]

LOGICAL = ("and", "or", "not")
COMPARISONS = ("eq", "ne", "gt", "ge", "lt", "le")
ARITHMETIC = ("add", "sub", "mul", "div", "mod")


@dataclass(frozen=True, slots=True)
class Constant:
    """A value: text, number, boolean, aware time, duration, geometry (shapely reads its WKT) or null."""

    value: str | float | int | bool | datetime | timedelta | None
    kind: Kind


@dataclass(frozen=True, slots=True)
class Path:
    """A field, perhaps of something related: ('datastream', 'thing', 'name')."""

    steps: tuple[str, ...]
    position: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """An operator or function with its operands: eq, add, not, substringof, year, st_within ..."""

    name: str
    operands: tuple[Expression, ...]
    position: int = 0


@dataclass(frozen=True, slots=True)
class OneOf:
    """True when a number (an id) is in a set: what conditions on related things become."""

    path: Path
    ids: frozenset[int]


Expression = Constant | Path | Call | OneOf


@dataclass(frozen=True, slots=True)
class Order:
    """Sort by an expression."""

    by: Expression
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """Things of one kind that fulfil `where`, sorted, a page of them.

    `of` narrows to what is related to one other: ('thing', 7) are those of thing 7.
    """

    kind: str
    where: Expression | None = None
    order: tuple[Order, ...] = ()
    top: int = 100
    skip: int = 0
    of: tuple[str, int] | None = None


def parts(expression: Expression) -> Iterator[Expression]:
    """The expression and everything in it."""
    yield expression
    if isinstance(expression, Call):
        for operand in expression.operands:
            yield from parts(operand)


def both(*conditions: Expression | None) -> Expression | None:
    """All conditions together; None when there is none."""
    found = [condition for condition in conditions if condition is not None]
    if not found:
        return None
    whole = found[0]
    for condition in found[1:]:
        whole = Call("and", (whole, condition))
    return whole


def constant(value: Any) -> Constant:
    """A constant of the value's own kind."""
    kinds: tuple[tuple[type, Kind], ...] = (
        (bool, "boolean"),
        (str, "text"),
        (int, "number"),
        (float, "number"),
        (datetime, "time"),
        (timedelta, "duration"),
    )
    return Constant(value, next((kind for type_, kind in kinds if isinstance(value, type_)), "null"))
