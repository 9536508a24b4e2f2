"""Which rows of a dataset somebody wants: conditions, order and a page. Every standard's query becomes one.

Conditions follow the three-valued logic of SQL: a comparison with what is unknown is neither true nor false, and
only rows for which the whole condition is true are selected.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Value = str | int | float | bool | date | datetime
Operator = Literal["=", "<>", "<", "<=", ">", ">="]
Relation = Literal["intersects", "within", "contains", "disjoint", "touches", "crosses", "overlaps", "equals"]


@dataclass(frozen=True, slots=True)
class Compare:
    """A column beside a value. Texts compare by code points."""

    column: str
    operator: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class Between:
    """From `low` to `high`, both included."""

    column: str
    low: Value
    high: Value


@dataclass(frozen=True, slots=True)
class OneOf:
    """Any of these values; none of them when there are none."""

    column: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Like:
    """A text by a pattern: `%` is any text, `_` any one sign, a backslash before them takes them as they are."""

    column: str
    pattern: str
    ignore_case: bool = False


@dataclass(frozen=True, slots=True)
class IsNull:
    """Unknown."""

    column: str


@dataclass(frozen=True, slots=True)
class Contains:
    """Some text column that the reader sees holds this text, in capitals or small letters."""

    text: str


@dataclass(frozen=True, slots=True)
class InBox:
    """Geometries that touch a box in degrees (WGS 84); over the antimeridian when `west` is above `east`."""

    column: str
    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True, slots=True)
class Spatial:
    """How the column's geometry lies to another (WKB, WGS 84, longitude first), after OGC Simple Features."""

    column: str
    relation: Relation
    wkb: bytes


@dataclass(frozen=True, slots=True)
class Both:
    """All of them; true when there are none."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """At least one of them; false when there are none."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite; what is unknown stays unknown."""

    condition: Condition


Condition = Compare | Between | OneOf | Like | IsNull | Contains | InBox | Spatial | Both | Either | Not


@dataclass(frozen=True, slots=True)
class Order:
    """Sorted by a column; unknown comes last."""

    column: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Selection:
    """Rows that fulfil `where`, in `order` (else as published), `limit` of them from `offset`.

    No `columns` means all the reader may see.
    """

    columns: tuple[str, ...] = ()
    where: Condition | None = None
    order: tuple[Order, ...] = ()
    limit: int = 100
    offset: int = 0


NAMELESS = (Contains, Both, Either, Not)


def leaves_of(condition: Condition | None) -> Iterator[tuple[int, Condition]]:
    """The conditions in a condition (without `Not`), each with how deep it lies. Takes conditions of any depth."""
    waiting = [(1, condition)] if condition is not None else []
    while waiting:
        depth, one = waiting.pop()
        if isinstance(one, Both | Either):
            yield depth, one
            waiting.extend((depth + 1, inner) for inner in reversed(one.conditions))
        elif isinstance(one, Not):
            waiting.append((depth + 1, one.condition))
        else:
            yield depth, one


def columns_of(condition: Condition | None) -> tuple[str, ...]:
    """The columns a condition names, each once."""
    leaves = (leaf for _, leaf in leaves_of(condition))
    return tuple(dict.fromkeys(leaf.column for leaf in leaves if not isinstance(leaf, NAMELESS)))


def depth_of(condition: Condition | None) -> int:
    """How deep conditions lie in each other."""
    return max((depth for depth, _ in leaves_of(condition)), default=0)
