"""Conditions over batches of rows: which of them fulfil one. Arrow's own functions, no SQL, so nothing can be injected."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import reduce
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
import shapely

from allmende.errors import RecipeInvalid
from allmende.model.dataset import Column
from allmende.model.selection import (
    Between,
    Both,
    Compare,
    Condition,
    Contains,
    Either,
    InBox,
    IsNull,
    Like,
    Not,
    OneOf,
    Spatial,
)
from allmende.share.known_numbers import known_numbers

Mask = Any  # pa.BooleanArray
pc: Any = pyarrow.compute  # its stubs are narrower than the functions are
LONGEST_PATTERN, MOST_VALUES = 1_000, 1_000
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_COMPARE: dict[str, Any] = {
    "=": pc.equal,
    "<>": pc.not_equal,
    "<": pc.less,
    "<=": pc.less_equal,
    ">": pc.greater,
    ">=": pc.greater_equal,
}


class Conditions:
    """Conditions over the columns of one version that the reader may see."""

    def __init__(self, columns: Mapping[str, Column]) -> None:
        self._columns = columns

    def mask(self, batch: pa.RecordBatch, condition: Condition) -> Mask:
        """True, false or unknown for each row of a batch. Raises RecipeInvalid when a value does not fit."""
        match condition:
            case Both(conditions):
                return self._all(batch, conditions)
            case Either(conditions):
                return self._any(batch, conditions)
            case Not(inner):
                return pc.invert(self.mask(batch, inner))
            case Contains(text):
                return self._contains(batch, text)
            case InBox() | Spatial():
                return self._geometry(batch, condition)
        return self._plain(batch, condition)

    def _all(self, batch: pa.RecordBatch, conditions: tuple[Condition, ...]) -> Mask:
        masks = [self.mask(batch, one) for one in conditions]
        return reduce(pc.and_kleene, masks) if masks else _every(batch, True)

    def _any(self, batch: pa.RecordBatch, conditions: tuple[Condition, ...]) -> Mask:
        masks = [self.mask(batch, one) for one in conditions]
        return reduce(pc.or_kleene, masks) if masks else _every(batch, False)

    def _plain(self, batch: pa.RecordBatch, condition: Condition) -> Mask:
        match condition:
            case Compare(column, operator, value):
                return self._compare(batch, column, operator, value)
            case Between(column, low, high):
                above = self._compare(batch, column, ">=", low)
                return pc.and_kleene(above, self._compare(batch, column, "<=", high))
            case OneOf(column, wanted):
                return self._one_of(batch, column, wanted)
            case Like(column, pattern, ignore_case):
                self._text(column)
                return pc.match_like(batch.column(column), _pattern(pattern), ignore_case=ignore_case)
            case IsNull(column):
                return self._unknown(batch, column)
        raise RecipeInvalid(f"there is no such condition: {condition!r}")

    def _unknown(self, batch: pa.RecordBatch, column: str) -> Mask:
        found = pc.is_null(known_numbers(batch.column(column)))
        if self._columns[column].type != "json":
            return found
        # The document `null` is shown as unknown, so it is.
        written = pc.equal(pc.utf8_trim_whitespace(batch.column(column)), "null")
        return pc.or_(found, pc.fill_null(written, False))

    def _compare(self, batch: pa.RecordBatch, column: str, operator: str, value: object) -> Mask:
        scalar, values = self._scalar(column, value), known_numbers(batch.column(column))
        if pa.types.is_floating(scalar.type) and pa.types.is_integer(values.type):
            values = pc.cast(values, pa.float64(), safe=False)
        return _COMPARE[operator](values, scalar)

    def _one_of(self, batch: pa.RecordBatch, column: str, wanted: tuple[Any, ...]) -> Mask:
        if len(wanted) > MOST_VALUES:
            raise RecipeInvalid(f"at most {MOST_VALUES} values can be asked for at once", where=column)
        values, scalars = known_numbers(batch.column(column)), [self._scalar(column, one) for one in wanted]
        # A broken number is in no column of whole ones.
        given = pa.array([one.as_py() for one in scalars if one.type == values.type], values.type)
        # Unknown is in no list and out of none.
        return pc.if_else(pc.is_null(values), pa.scalar(None, pa.bool_()), pc.is_in(values, value_set=given))

    def _contains(self, batch: pa.RecordBatch, text: str) -> Mask:
        text = _pattern(text)
        texts = [name for name, column in self._columns.items() if column.type == "text"]
        found = [
            pc.fill_null(pc.match_substring(batch.column(name), text, ignore_case=True), False)
            for name in texts
        ]
        return reduce(pc.or_, found) if found else _every(batch, False)

    def _geometry(self, batch: pa.RecordBatch, condition: InBox | Spatial) -> Mask:
        self._is(condition.column, "geometry", "is no geometry")
        shapes = shapes_of(batch.column(condition.column))
        if isinstance(condition, InBox):
            return _masked(_in_box(shapes, _checked(condition)), shapes)
        other = _other(condition)
        return _masked(getattr(shapely, condition.relation)(shapes, other), shapes)

    def _scalar(self, column: str, value: object) -> pa.Scalar[Any]:
        """The value in the column's type. Raises RecipeInvalid."""
        type_ = self._columns[column].type
        try:
            return _AS[type_](value)
        except (KeyError, ValueError, TypeError, OverflowError, pa.ArrowInvalid) as error:
            raise RecipeInvalid(
                f"{str(value)[:80]!r} does not fit the column {column!r}, which is of the type {type_}",
                where=column,
                hint=f"Ask with a value of the type {type_}.",
            ) from error

    def _text(self, column: str) -> None:
        if self._columns[column].type not in ("text", "json"):
            raise RecipeInvalid(f"the column {column!r} is no text and has no patterns", where=column)

    def _is(self, column: str, type_: str, fault: str) -> None:
        if self._columns[column].type != type_:
            raise RecipeInvalid(f"the column {column!r} {fault}", where=column)


def _pattern(text: str) -> str:
    """A text to look for. Raises RecipeInvalid when it is too long, or no text at all."""
    if len(text) > LONGEST_PATTERN:
        raise RecipeInvalid(f"a text to look for has at most {LONGEST_PATTERN} signs")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise RecipeInvalid("the text to look for holds signs that are none") from None
    return text


def _checked(box: InBox) -> InBox:
    """A box that has an inside. Raises RecipeInvalid."""
    if not all(math.isfinite(side) for side in (box.west, box.south, box.east, box.north)):
        raise RecipeInvalid("a side of the box is no number", where=box.column)
    if box.south > box.north:
        raise RecipeInvalid("the south of the box lies above its north", where=box.column)
    return box


def shapes_of(values: pa.Array[Any]) -> Any:
    """The geometries of WKB cells, None where there is none or it cannot be read."""
    return shapely.from_wkb(np.asarray(values.to_numpy(zero_copy_only=False)), on_invalid="ignore")


def _masked(found: Any, shapes: Any) -> Mask:
    return pa.array(found, pa.bool_(), mask=shapely.is_missing(shapes))


def _in_box(shapes: Any, box: InBox) -> Any:
    if box.west <= box.east:
        return shapely.intersects(shapes, shapely.box(box.west, box.south, box.east, box.north))
    east_part = shapely.intersects(shapes, shapely.box(box.west, box.south, 180, box.north))
    return east_part | shapely.intersects(shapes, shapely.box(-180, box.south, box.east, box.north))


def _other(condition: Spatial) -> Any:
    found = shapely.from_wkb(condition.wkb, on_invalid="ignore")
    if found is None:
        raise RecipeInvalid("the geometry to compare with cannot be read", where=condition.column)
    if not shapely.is_valid(found):
        raise RecipeInvalid("the geometry to compare with crosses itself", where=condition.column)
    shapely.prepare(found)
    return found


def _every(batch: pa.RecordBatch, value: bool) -> Mask:
    return pa.array([value] * batch.num_rows, pa.bool_())


# --- values in the types of columns ---


def _as_number(value: object) -> pa.Scalar[Any]:
    if isinstance(value, bool) or (isinstance(value, str) and not _NUMBER.fullmatch(value.strip())):
        raise ValueError
    number = float(value)  # type: ignore[arg-type]
    if not math.isfinite(number):
        raise ValueError
    return pa.scalar(number, pa.float64())


def _as_integer(value: object) -> pa.Scalar[Any]:
    """Whole numbers compare as they are, broken ones as such: `count > 2.5` is a fair question."""
    if isinstance(value, bool):
        raise ValueError
    if isinstance(value, str) and re.fullmatch(r"\s*[+-]?[0-9]{1,19}\s*", value):
        value = int(value)
    return pa.scalar(value, pa.int64()) if isinstance(value, int) else _as_number(value)


def _as_boolean(value: object) -> pa.Scalar[Any]:
    known = {"true": True, "1": True, "false": False, "0": False}
    return pa.scalar(value if isinstance(value, bool) else known[str(value).lower()], pa.bool_())


def _as_date(value: object) -> pa.Scalar[Any]:
    if isinstance(value, datetime):  # a time of day is not cut off: the answer would be another
        raise ValueError
    return pa.scalar(value if isinstance(value, date) else date.fromisoformat(str(value)), pa.date32())


def _as_datetime(value: object) -> pa.Scalar[Any]:
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if not isinstance(value, datetime):
        if not isinstance(value, date):
            raise ValueError
        value = datetime(value.year, value.month, value.day)
    moment = value if value.tzinfo else value.replace(tzinfo=UTC)
    return pa.scalar(moment.astimezone(UTC), pa.timestamp("us", tz="UTC"))


def _as_text(value: object) -> pa.Scalar[Any]:
    if isinstance(value, bool):
        return pa.scalar("true" if value else "false")
    text = value if isinstance(value, str) else str(value)
    text.encode()  # half a sign is none
    return pa.scalar(text)


_AS = {
    "text": _as_text,
    "json": _as_text,
    "integer": _as_integer,
    "number": _as_number,
    "boolean": _as_boolean,
    "date": _as_date,
    "datetime": _as_datetime,
}
