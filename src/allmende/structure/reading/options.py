"""Options of a source: a frozen dataclass says what there is; faults name the nearest right word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from difflib import get_close_matches
from types import UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from allmende.errors import Unreadable
from allmende.model.problem import Problem
from allmende.model.source import Source

T = TypeVar("T")
_WORDS = {
    str: "text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    dict: "a table",
    list: "a list",
}


def check_options(kind: type[Any], source: Source) -> list[Problem]:
    """Faults of the source's options against the dataclass `kind`: unknown names, wrong types, no zone."""
    hints = get_type_hints(kind)
    problems: list[Problem] = []
    for name, value in source.options.items():
        if name not in hints:
            near = get_close_matches(name, list(hints), n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(hints)}."
            problems.append(
                _problem(source, name, f"the connector {source.connector!r} has no option {name!r}", hint)
            )
        elif not _fits(value, hints[name]):
            problems.append(_problem(source, name, f"{value!r} is not {_words(hints[name])}", ""))
    zone = source.options.get("time_zone")
    if isinstance(zone, str) and not _is_zone(zone):
        problems.append(
            _problem(source, "time_zone", f"there is no time zone {zone!r}", "Write Europe/Berlin.")
        )
    return problems


def read_options(kind: type[T], source: Source) -> T:
    """The options as a `kind`; Unreadable names the first fault (a checked city has none)."""
    problems = check_options(kind, source)
    if problems:
        raise Unreadable(problems[0].message, where=f"sources/{source.id}.toml", hint=problems[0].hint)
    names = {field.name for field in fields(cast(Any, kind))}
    return kind(**{name: value for name, value in source.options.items() if name in names})


def _problem(source: Source, name: str, message: str, hint: str) -> Problem:
    return Problem(f"sources/{source.id}.toml", f"$.options.{name}", message, hint)


def _fits(value: Any, wanted: Any) -> bool:
    if get_origin(wanted) in {Union, UnionType}:
        return any(_fits(value, one) for one in get_args(wanted))
    if get_origin(wanted) in {dict, Mapping}:
        return isinstance(value, Mapping) and all(isinstance(v, str) for v in value.values())
    if get_origin(wanted) in {list, tuple}:
        return isinstance(value, list | tuple)
    if wanted is bool or isinstance(value, bool):
        return wanted is bool and isinstance(value, bool)
    return isinstance(value, (int, float) if wanted is float else wanted)


def _words(wanted: Any) -> str:
    kinds = get_args(wanted) if get_origin(wanted) in {Union, UnionType} else (wanted,)
    return " or ".join(_WORDS.get(get_origin(kind) or kind, str(kind)) for kind in kinds)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
