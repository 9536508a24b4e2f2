"""What decoders and network servers give, made flat: one name per value, its unit beside it.

Everything here was made by somebody else's code, so depth, number and length are bounded.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from allmende.errors import Undecodable
from allmende.model.sensor_type import ValueKind
from allmende.ports import Decoded

Scalar = float | int | str | bool | None
DEEPEST = 8
MOST_VALUES = 500
LONGEST_TEXT = 4096
LONGEST_NAME = 100
_VALUE = ("value", "measurementValue", "data", "val")
_NAME = ("type", "name", "measurementId", "id", "label")
_TIME = ("timestamp", "time", "ts")
_BESIDE = {"displayName", "unit", "units", "alias", "description", "quality", "max", "min"}
_NUMBER = re.compile(r"\s*[+-]?(?:\d{1,30}(?:[.,]\d{0,30})?|[.,]\d{1,30})(?:[eE][+-]?\d{1,3})?\s*")
_Earlier = tuple[datetime, Mapping[str, Scalar]]


@dataclass
class _Flat:
    """What was found so far."""

    values: dict[str, Scalar] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    earlier: list[_Earlier] = field(default_factory=list)


def flatten(given: object, warnings: tuple[str, ...] = ()) -> Decoded:
    """The values in `given`, an object of names and values of any depth.

    `{"temp": {"value": 3, "unit": "°C"}}` is `temp`; a list of named measurements has their names; other
    lists are `name.0`, `name.1`. A list of objects that all have a time are values of earlier moments.
    Raises Undecodable (`no_values`, `too_deep`, `too_many`, `too_large`).
    """
    if not isinstance(given, Mapping):
        raise Undecodable("the decoder gave no object with values", fault="no_values")
    flat = _Flat()
    for name, value in given.items():
        _add(flat, str(name), value, 1)
    return Decoded(flat.values, flat.units, (*warnings, *_odd(flat.values)), tuple(flat.earlier))


def _add(flat: _Flat, name: str, value: object, depth: int) -> None:
    if depth > DEEPEST:
        raise Undecodable(f"values are nested deeper than {DEEPEST} levels", fault="too_deep")
    if len(flat.values) >= MOST_VALUES:
        raise Undecodable(f"there are more than {MOST_VALUES} values", fault="too_many")
    if isinstance(value, Mapping):
        _add_object(flat, name, value, depth)
    elif isinstance(value, list | tuple):
        _add_list(flat, name, value, depth)
    else:
        _keep(flat, name, value)


def _add_object(flat: _Flat, name: str, value: Mapping[Any, Any], depth: int) -> None:
    inner = _measured(value)
    if inner is not None and set(value) - {inner} <= _BESIDE:
        unit = value.get("unit", value.get("units"))
        if isinstance(unit, str) and unit:
            flat.units[name] = unit[:LONGEST_NAME]
        _keep(flat, name, value[inner])
        return
    for key, found in value.items():
        _add(flat, f"{name}.{key}", found, depth + 1)


def _measured(value: Mapping[Any, Any]) -> str | None:
    """The key of the value in an object that is one measurement."""
    keys = [key for key in _VALUE if key in value and not isinstance(value[key], Mapping | list)]
    return keys[0] if len(keys) == 1 else None


def _add_list(flat: _Flat, name: str, values: list[Any] | tuple[Any, ...], depth: int) -> None:
    if values and all(_moment(value) is not None for value in values):
        flat.earlier += [_earlier(value) for value in values[:MOST_VALUES]]
        return
    for place, value in enumerate(values):
        if isinstance(value, list):
            _add_list_at(flat, name, value, depth + 1)
        elif (called := _called(value)) is not None and f"{name}.{called}" not in flat.values:
            _add(flat, f"{name}.{called}", value[_measured(value)], depth + 1)
        else:
            _add(flat, f"{name}.{place}", value, depth + 1)


def _add_list_at(flat: _Flat, name: str, values: list[Any], depth: int) -> None:
    """A list in a list: its named measurements belong to the outer name."""
    if depth > DEEPEST:
        raise Undecodable(f"values are nested deeper than {DEEPEST} levels", fault="too_deep")
    _add_list(flat, name, values, depth)


def _called(value: object) -> str | None:
    """The name of an object that is one named measurement, like `{"type": "Rain", "value": 3}`."""
    if not isinstance(value, Mapping) or _measured(value) is None:
        return None
    found = (value[key] for key in _NAME if isinstance(value.get(key), str))
    return next((name.strip() for name in found if name.strip()), None)


def _moment(value: object) -> datetime | None:
    """The time of a row of earlier values: seconds since 1970 or ISO 8601 with a zone."""
    if not isinstance(value, Mapping):
        return None
    given = next((value[key] for key in _TIME if key in value), None)
    try:
        if isinstance(given, int | float) and not isinstance(given, bool):
            return datetime.fromtimestamp(given if given < 1e11 else given / 1000, UTC)
        parsed = datetime.fromisoformat(given) if isinstance(given, str) else None
    except (ValueError, OverflowError, OSError):
        return None
    return parsed if parsed is not None and parsed.tzinfo is not None else None


def _earlier(value: Mapping[str, Any]) -> _Earlier:
    moment, flat = _moment(value), _Flat()
    assert moment is not None, "only rows with a time come here"
    called, inner = _called(value), _measured(value)
    if called is not None and inner is not None:
        _keep(flat, called, value[inner])
    else:
        for name, found in value.items():
            if name not in _TIME:
                _add(flat, str(name), found, 2)
    return moment, flat.values


def _keep(flat: _Flat, name: str, value: object) -> None:
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        raise Undecodable(f"the text {name[:40]!r} has more than {LONGEST_TEXT} letters", fault="too_large")
    if len(name) > LONGEST_NAME:
        raise Undecodable(
            f"the name {name[:40]!r}... has more than {LONGEST_NAME} letters", fault="too_large"
        )
    if value is None or isinstance(value, str | bool | int | float):
        flat.values[name] = value
    else:
        raise Undecodable(f"{name!r} is a {type(value).__name__}, not a value", fault="no_values")


def _odd(values: Mapping[str, Scalar]) -> Iterator[str]:
    for name, value in values.items():
        if isinstance(value, float) and not math.isfinite(value):
            yield f"{name} is {value}, not a number"


def as_kind(value: Scalar | Any, kind: ValueKind) -> Scalar:
    """A decoded value as a property of that kind wants it; ValueError when it is something else.

    Makers send numbers as text ("13.25"), truths as 0 and 1, and "" or "NaN" for none.
    """
    if value is None or (
        isinstance(value, str) and value.strip().lower() in ("", "nan", "null", "none", "n/a")
    ):
        return None
    if kind == "text":
        return str(value)
    if kind == "truth":
        return _truth(value)
    if isinstance(value, str):
        if not _NUMBER.fullmatch(value):
            raise ValueError(f"{value[:40]!r} is not a number")
        value = float(value.strip().replace(",", "."))
    if not isinstance(value, int | float):
        raise ValueError(f"{str(value)[:40]!r} is not a number")
    return int(value) if kind == "count" and math.isfinite(value) and value == int(value) else float(value)


def _truth(value: object) -> bool:
    words = {"true": True, "1": True, "on": True, "yes": True, "false": False, "0": False, "off": False}
    if isinstance(value, bool | int | float) and value in (0, 1):
        return bool(value)
    found = words.get(str(value).strip().lower())
    if found is None:
        raise ValueError(f"{str(value)[:40]!r} is neither true nor false")
    return found
