"""Which rows somebody asks `/api/v1` for: the parameters of an address become a selection. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from allmende.errors import RecipeInvalid
from allmende.model.dataset import Column
from allmende.model.selection import (
    Between,
    Both,
    Compare,
    Condition,
    Contains,
    InBox,
    IsNull,
    Like,
    Not,
    OneOf,
    Operator,
    Order,
    Selection,
)

PARAMETERS = ("where", "sort", "bbox", "search")
MOST_CONDITIONS = 50
_COMPARE: dict[str, Operator] = {"eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
WAYS = (*_COMPARE, "in", "between", "like", "has", "null", "known")
_HINT = f"Write column:way:value, as where=height:ge:10. Ways: {', '.join(WAYS)}."
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


def asks(pairs: Sequence[tuple[str, str]]) -> bool:
    """True when rows are to be looked for; else a page is read as it was published."""
    return any(name in PARAMETERS for name, _ in pairs)


def selection_of(
    pairs: Sequence[tuple[str, str]], seen: Sequence[Column], columns: Sequence[str], limit: int, offset: int
) -> Selection:
    """What is asked of a dataset with these columns. Raises RecipeInvalid, with the parameter's name."""
    conditions = [_where(value) for name, value in pairs if name == "where"]
    if len(conditions) > MOST_CONDITIONS:
        raise RecipeInvalid(f"more than {MOST_CONDITIONS} conditions", where="where")
    search, box, sort = (_one(pairs, name) for name in ("search", "bbox", "sort"))
    if search:
        conditions.append(Contains(search))
    if box:
        conditions.append(_box(box, seen))
    where = Both(tuple(conditions)) if conditions else None
    return Selection(tuple(columns), where, tuple(_orders(sort)), limit, offset)


def _one(pairs: Sequence[tuple[str, str]], name: str) -> str:
    found = [value for key, value in pairs if key == name]
    if len(found) > 1:
        raise RecipeInvalid(f"{name} is there twice", where=name)
    return found[0] if found else ""


def _where(text: str) -> Condition:
    """`column:way:value`; values of lists are parted by `|`. All conditions must hold."""
    column, _, rest = text.partition(":")
    way, colon, value = rest.partition(":")
    if not column or way not in WAYS or bool(colon) == (way in ("null", "known")):
        raise RecipeInvalid(f"{text[:60]!r} is no condition", where="where", hint=_HINT)
    match way:
        case "null" | "known":
            return IsNull(column) if way == "null" else Not(IsNull(column))
        case "in":
            return OneOf(column, tuple(value.split("|")))
        case "between":
            return _between(column, value)
        case "like":
            return Like(column, value)
        case "has":
            return Like(column, "%" + re.sub(r"([\\%_])", r"\\\1", value) + "%", ignore_case=True)
    return Compare(column, _COMPARE[way], value)


def _between(column: str, value: str) -> Condition:
    low, bar, high = value.partition("|")
    if not bar or "|" in high:
        raise RecipeInvalid("between has two values with | between them", where="where", hint=_HINT)
    return Between(column, low, high)


def _box(text: str, seen: Sequence[Column]) -> Condition:
    sides = [float(part) for part in text.split(",") if _NUMBER.fullmatch(part.strip())]
    if len(sides) != 4 or text.count(",") != 3:
        raise RecipeInvalid(
            "bbox is four numbers: west,south,east,north",
            where="bbox",
            hint="In degrees, as 11.5,50.9,11.6,51.",
        )
    shape = next((column for column in seen if column.type == "geometry"), None)
    if shape is None:
        raise RecipeInvalid("this dataset has no places", where="bbox", hint="Leave bbox out.")
    return InBox(shape.name, sides[0], sides[1], sides[2], sides[3])


def _orders(text: str) -> list[Order]:
    parts: list[Any] = [part.strip() for part in text.split(",") if part.strip()]
    return [Order(part.lstrip("+-"), part.startswith("-")) for part in parts]
