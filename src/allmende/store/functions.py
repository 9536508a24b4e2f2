"""Functions and arithmetic of queries, in the words of SQLite, PostgreSQL and DuckDB."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Double,
    Integer,
    case,
    cast,
    func,
    literal,
)
from sqlalchemy.types import UserDefinedType

from allmende.errors import RecipeInvalid
from allmende.model.observation import microseconds
from allmende.model.query import Call, Kind

Clause = ColumnElement[Any]
_SECOND = 1_000_000
_FARTHEST = 2**30
"""No text is as long; and places behind it can still be added to."""
_ISO = r"^\d{4}-(0\d|1[0-2])-[0-3]\dT[0-2]\d:[0-5]\d(:[0-5]\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$"
_PARTS = {
    "year": "%Y",
    "month": "%m",
    "day": "%d",
    "hour": "%H",
    "minute": "%M",
    "second": "%S",
}
_TEXT: Kind = "text"
_WANTS: dict[str, tuple[Kind, ...]] = {
    **dict.fromkeys(("substringof", "startswith", "endswith", "indexof", "concat"), (_TEXT, _TEXT)),
    **dict.fromkeys(("length", "tolower", "toupper", "trim"), (_TEXT,)),
    "substring": (_TEXT, "number", "number"),
    **dict.fromkeys((*_PARTS, "fractionalseconds", "date", "time", "totaloffsetminutes"), ("time",)),
    **dict.fromkeys(("round", "floor", "ceiling"), ("number",)),
    "interval": ("time", "time"),
}
KINDS_OF_FUNCTIONS: dict[str, Kind] = {
    **dict.fromkeys(("substringof", "startswith", "endswith"), "boolean"),
    **dict.fromkeys(("substring", "tolower", "toupper", "trim", "concat", "date", "time"), "text"),
    **dict.fromkeys(("now", "mindatetime", "maxdatetime", "interval"), "time"),
}  # fmt: skip
# What arithmetic makes of two kinds; everything else is refused.
SUMS: dict[tuple[str, Kind, Kind], Kind] = {
    **dict.fromkeys(
        ((name, "number", "number") for name in ("add", "sub", "mul", "div", "mod")), "number"
    ),
    ("sub", "time", "time"): "duration",
    ("add", "time", "duration"): "time",
    ("sub", "time", "duration"): "time",
    ("add", "duration", "time"): "time",
    ("add", "duration", "duration"): "duration",
    ("sub", "duration", "duration"): "duration",
    ("mul", "duration", "number"): "duration",
    ("mul", "number", "duration"): "duration",
    ("div", "duration", "number"): "duration",
}  # fmt: skip


class _Zoned(UserDefinedType[datetime]):
    """A time with its zone, as PostgreSQL and DuckDB call it."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "TIMESTAMP WITH TIME ZONE"


class Functions:
    """The functions of the query language on one database."""

    def __init__(self, dialect: str) -> None:
        self._dialect = dialect
        self._calls: dict[str, Callable[..., Clause]] = {
            "substringof": lambda part, whole: self._place(whole, part) > 0,
            "startswith": lambda whole, part: _substring(whole, 1, func.length(part)) == part,
            "endswith": _ends_with,
            "substring": lambda text, start, *number: _substring(
                text, _place_of(start) + 1, *map(_place_of, number)
            ),
            "indexof": lambda whole, part: self._place(whole, part) - 1,
            "length": func.length,
            "tolower": func.lower,
            "toupper": func.upper,
            "trim": func.trim,
            "concat": lambda left, right: left.concat(right),
            "fractionalseconds": lambda time: ((time % _SECOND + _SECOND) % _SECOND) / 1e6,
            "totaloffsetminutes": lambda _: literal(0),
            "date": lambda time: self._format(time, "%Y-%m-%d"),
            "time": lambda time: self._format(time, "%H:%M:%S"),
            "mindatetime": lambda: literal(microseconds(datetime(1, 1, 1, tzinfo=UTC))),
            "maxdatetime": lambda: literal(microseconds(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))),
            "round": lambda number: _whole(number, 0.5),
            "floor": _floor,
            "ceiling": lambda number: -_floor(-number),
        }

    @staticmethod
    def first(*values: Any) -> Clause:
        """The first that is known."""
        return func.coalesce(*values)

    def wants(self, call: Call) -> tuple[Kind, ...]:
        """In which kinds a function reads its operands."""
        return _WANTS.get(call.name, ())

    def call(self, call: Call, operands: Sequence[Clause]) -> Clause:
        """The function with its operands. Raises RecipeInvalid for one that is not known here."""
        if call.name in _PARTS:
            return cast(self._format(operands[0], _PARTS[call.name]), Integer)
        found = self._calls.get(call.name)
        if found is None:
            raise RecipeInvalid(f"{call.name} cannot be used here", where=f"character {call.position}")
        return found(*operands)

    def arithmetic(self, name: str, left: Clause, right: Clause) -> Clause:
        """add, sub, mul, div (by zero is unknown) and mod (with the sign of the dividend)."""
        if name == "add":
            return left + right
        if name == "sub":
            return left - right
        if name == "mul":
            return left * right
        divisor = func.nullif(cast(right, Double), 0.0)
        if name == "div":
            return cast(left, Double) / divisor
        return cast(left, Double) - cast(right, Double) * _whole(cast(left, Double) / divisor)

    def moments(self, text: Clause) -> tuple[Clause, Clause]:
        """Begin and end of ISO 8601 text, an instant or two with a slash; unknown when it is neither."""
        slash = self._place(text, literal("/"))
        start = case((slash > 0, func.substr(text, 1, slash - 1)), else_=text)
        end = case((slash > 0, func.substr(text, slash + 1)), else_=text)
        return self._moment(start), self._moment(end)

    def _moment(self, text: Clause) -> Clause:
        """A time as text in microseconds since 1970; to the millisecond on SQLite."""
        if self._dialect == "sqlite":
            seconds = (func.julianday(text) - 2440587.5) * 86_400_000
            is_time = text.bool_op("GLOB")("????-??-??T*Z") | text.bool_op("GLOB")("????-??-??T*[+-]??:??")
            return case((is_time, cast(_whole(seconds, 0.5), BigInteger) * 1000))
        if self._dialect == "duckdb":
            return func.epoch_us(case((func.regexp_matches(text, _ISO), cast(text, _Zoned()))))
        time = case((text.regexp_match(_ISO), cast(text, _Zoned())))
        return cast(func.extract("epoch", time) * 1e6, BigInteger)

    def _place(self, whole: Clause, part: Clause) -> Clause:
        name = "instr" if self._dialect == "sqlite" else "strpos"
        found: Clause = getattr(func, name)(whole, part)
        return found

    def _format(self, time: Clause, form: str) -> Clause:
        """A time in microseconds, written in UTC."""
        if self._dialect == "sqlite":
            return func.strftime(form, time / 1e6, "unixepoch")
        if self._dialect == "duckdb":
            return func.strftime(func.make_timestamp(time), form)
        written = form
        for ours, theirs in _POSTGRES.items():
            written = written.replace(ours, theirs)
        return func.to_char(func.timezone("UTC", func.to_timestamp(time / 1e6)), written)


_POSTGRES = {"%Y": "YYYY", "%m": "MM", "%d": "DD", "%H": "HH24", "%M": "MI", "%S": "SS"}


@cache
def functions_of(dialect: str) -> Functions:
    """The functions on a database, made once."""
    return Functions(dialect)


def _substring(text: Clause, start: Any, *number: Any) -> Clause:
    return func.substr(text, start, *(cast(n, Integer) for n in number))


def _place_of(number: Clause) -> Clause:
    """A place in a text, from 0: the databases differ on what lies before it, between places, or far behind."""
    within = case((number < 0, 0), (number > _FARTHEST, _FARTHEST), else_=_floor(number))
    return cast(within, Integer)


def _ends_with(whole: Clause, part: Clause) -> Clause:
    at = func.length(whole) - func.length(part) + 1
    return case((at > 0, func.substr(whole, at) == part), else_=literal(False, Boolean))


def _floor(number: Clause) -> Clause:
    """The whole number below. SQLAlchemy gives SQLite a floor that fails on what is unknown, and on what is large."""
    return case((_is_small(number), func.floor(number)), else_=number)


def _whole(number: Clause, more: float = 0.0) -> Clause:
    """Without what stands behind the point, after adding `more` away from zero: 0.5 rounds half away."""
    return case(
        (_is_small(number) & (number >= 0), func.floor(number + more)),
        (_is_small(number), -func.floor(-number + more)),
        else_=number,
    )


def _is_small(number: Clause) -> Clause:
    """True when something can stand behind the point; doubles from 2^53 on are whole."""
    return func.abs(number) < 2.0**53
