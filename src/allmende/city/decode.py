"""Texts of a city's files become model objects; every fault of a file is found at once, with its path."""

from __future__ import annotations

import dataclasses
import math
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from difflib import get_close_matches
from functools import partial
from typing import Any, Literal, TypeVar, get_args, get_origin

from cattrs import (
    BaseValidationError,
    ClassValidationError,
    Converter,
    ForbiddenExtraKeysError,
    IterableValidationError,
)
from cattrs.gen import make_dict_structure_fn

from allmende.model.access import CHOICES, Access
from allmende.model.problem import Problem
from allmende.model.text import Text

T = TypeVar("T")


class Fault(ValueError):
    """A value that is not what it should be, with a hint for the person who wrote it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint: the nearest known word, or all of them when none is near."""
    words = sorted(known)
    near = get_close_matches(word, words, n=1, cutoff=0.6)
    if near:
        return f"Did you mean {near[0]!r}?"
    shown = ", ".join(words[:12]) + (", ..." if len(words) > 12 else "")
    return f"Known are: {shown}." if words else "There is none yet."


def read_toml(text: str, file: str, first_line: int = 0) -> dict[str, Any] | Problem:
    """The values in `text`, or what is wrong with it and in which line."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        return Problem(
            file, "$", "the file is nested too deeply", "Lists in lists go a few steps, not hundreds."
        )
    except ValueError as error:
        lines = f" (lines are counted from line {first_line + 1} of the file)" if first_line else ""
        return Problem(
            file, "$", f"this is not TOML: {error}{lines}", "Look for a quote or bracket that is not closed."
        )


def decode(
    values: Mapping[str, Any], type_: type[T], file: str, given: Mapping[str, Any]
) -> T | list[Problem]:
    """An object of `type_` from `values` and what the file's name says (`given`), or all faults."""
    problems = [
        Problem(
            file,
            f"$.{name}",
            "this may not be written in the file",
            "It follows from the file's name and folder.",
        )
        for name in given
        if name in values
    ]
    try:
        made = _converter.structure({**values, **given}, type_)
    except (BaseValidationError, ForbiddenExtraKeysError) as error:
        return sorted([*problems, *_walk(error, file, "$")])
    except RecursionError:
        return [Problem(file, "$", "the file is nested too deeply")]
    return problems or made


def _walk(error: BaseException, file: str, path: str) -> Iterator[Problem]:
    """All faults inside an error of cattrs, each with its path."""
    if isinstance(error, ClassValidationError):
        with_notes, rest = error.group_exceptions()
        for inner, note in with_notes:
            yield from _walk(inner, file, f"{path}.{note.name}")
        for inner in rest:
            yield from _walk(inner, file, path)
    elif isinstance(error, IterableValidationError):
        entries, rest = error.group_exceptions()
        for inner, place in entries:
            step = f"[{place.index}]" if isinstance(place.index, int) else f".{place.index}"
            yield from _walk(inner, file, path + step)
        for inner in rest:
            yield from _walk(inner, file, path)
    else:
        yield from _leaf(error, file, path)


def _leaf(error: BaseException, file: str, path: str) -> Iterator[Problem]:
    if isinstance(error, ForbiddenExtraKeysError):
        known = [field.name for field in dataclasses.fields(error.cl)]
        for name in sorted(error.extra_fields, key=str):
            yield Problem(file, f"{path}.{name}", "there is no such setting", did_you_mean(str(name), known))
    elif isinstance(error, KeyError):
        yield Problem(file, path, "this is missing")
    elif isinstance(error, Fault):
        yield Problem(file, path, error.message, error.hint)
    else:
        yield Problem(file, path, str(error) or type(error).__name__)


def _said(value: object) -> str:
    """What somebody wrote, in words for people."""
    names: dict[type, str] = {str: "a text", bool: "true or false", int: "a number", float: "a number"}
    names |= {dict: "a table", list: "a list", date: "a date", datetime: "a date with time"}
    shown = repr(value)
    short = shown if len(shown) <= 40 else f"{shown[:37]}..."
    return f"{names.get(type(value), 'something else')} ({short})"


def _text(value: object, _: object) -> Text:
    if isinstance(value, str):
        return Text(value, value)
    if not isinstance(value, dict):
        raise Fault(
            f"a text is wanted, not {_said(value)}", 'Write { de = "...", en = "..." } or one text for both.'
        )
    for name, words in value.items():
        if name not in ("de", "en"):
            raise Fault(f"{name!r} is not a language of the portal", did_you_mean(name, ("de", "en")))
        if not isinstance(words, str):
            raise Fault(f"a text is wanted for {name!r}, not {_said(words)}", 'Put it in quotes: "...".')
    return Text(**value)


def _string(value: object, _: object) -> str:
    if not isinstance(value, str):
        raise Fault(f"a text is wanted, not {_said(value)}", 'Put it in quotes: "...".')
    return value


def _whole(value: object, _: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Fault(
            f"a whole number is wanted, not {_said(value)}", "Write it without quotes and without a point."
        )
    return value


def _number(value: object, _: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Fault(
            f"a number is wanted, not {_said(value)}", "Write it without quotes and with a decimal point."
        )
    number = float(value) if abs(value) < 1e300 else math.inf
    if not math.isfinite(number):
        raise Fault(f"{value!r} is not a number one can compare with")
    return number


def _yes_or_no(value: object, _: object) -> bool:
    if not isinstance(value, bool):
        raise Fault(f"true or false is wanted, not {_said(value)}", "Write it without quotes.")
    return value


def _date(value: object, _: object) -> date:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise Fault(f"a date is wanted, not {_said(value)}", "Write it like 2026-11-22, without quotes.")
    return value


def _access(value: object, _: object) -> Access:
    names = [access.label for access in CHOICES]
    if not isinstance(value, str) or value not in names:
        raise Fault(f"{value!r} is not an access class", did_you_mean(str(value), names))
    return Access.parse(value)


def _literal(value: object, type_: Any) -> Any:
    if value not in get_args(type_):
        raise Fault(f"{value!r} cannot stand here", did_you_mean(str(value), map(str, get_args(type_))))
    return value


def _list(value: object, type_: Any) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise Fault(f"a list is wanted, not {_said(value)}", "Put it in [square brackets].")
    kinds = get_args(type_)
    if kinds[-1] is not Ellipsis and len(value) != len(kinds):
        raise Fault(f"a list of {len(kinds)} is wanted, not of {len(value)}")
    return tuple(_converter.structure(value, list[kinds[0]]))  # type: ignore[valid-type]


def _table(value: object, type_: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Fault(f"a table is wanted, not {_said(value)}", "Write { name = ... } or a [section].")
    kind = get_args(type_)[1]
    return value if kind is Any else _converter.structure(value, dict[str, kind])  # type: ignore[valid-type]


def _section(type_: type[Any], converter: Converter) -> Callable[[Any, Any], Any]:
    inner = make_dict_structure_fn(
        type_, converter, _cattrs_forbid_extra_keys=True, _cattrs_detailed_validation=True
    )

    def section(value: object, wanted: Any) -> Any:
        if not isinstance(value, dict):
            raise Fault(f"a table is wanted, not {_said(value)}", "Write { name = ... } or a [section].")
        return inner(value, wanted)

    return section


def _has_origin(origin: Any, type_: Any) -> bool:
    return get_origin(type_) is origin


_BY_TYPE: dict[type[Any], Callable[[Any, Any], Any]] = {
    Text: _text,
    str: _string,
    int: _whole,
    float: _number,
    bool: _yes_or_no,
    date: _date,
    Access: _access,
}
_BY_ORIGIN: dict[Any, Callable[[Any, Any], Any]] = {Literal: _literal, tuple: _list, Mapping: _table}


def _make_converter() -> Converter:
    converter = Converter(detailed_validation=True)
    converter.register_structure_hook_factory(dataclasses.is_dataclass, _section)
    for type_, hook in _BY_TYPE.items():
        converter.register_structure_hook(type_, hook)
    for origin, hook in _BY_ORIGIN.items():
        converter.register_structure_hook_func(partial(_has_origin, origin), hook)
    return converter


_converter = _make_converter()
