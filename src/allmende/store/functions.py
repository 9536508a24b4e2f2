"""Functions and arithmetic of queries, in the words of SQLite, PostgreSQL and DuckDB."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Double, Integer, case, cast, func, literal

from allmende.errors import RecipeInvalid
from allmende.model.observation import microseconds
from allmende.model.query import Call, Kind

Clause = ColumnElement[Any]
_SECOND = 1_000_000
_PARTS = {
    "year": "%Y",
    "month": "%m",
    "day": "%d",
    "hour": "%H",
    "minute": "%M",
    "second": "%S",
}
_TEXTS = (
    "substringof",
    "startswith",
    "endswith",
    "substring",
    "indexof",
    "length",
    "tolower",
    "toupper",
    "trim",
    "concat",
)
_TIMES = (*_PARTS, "fractionalseconds", "date", "time", "totaloffsetminutes")
KINDS_OF_FUNCTIONS: dict[str, Kind] = {
    **dict.fromkeys(("substringof", "startswith", "endswith"), "boolean"),
    **dict.fromkeys(("substring", "tolower", "toupper", "trim", "concat", "date", "time"), "text"),
    **dict.fromkeys(("now", "mindatetime", "maxdatetime", "interval"), "time"),
}  # fmt: skip


class Functions:
    """The functions of the query language on one database."""

    def __init__(self, dialect: str) -> None:
        self._dialect = dialect
        self._calls: dict[str, Callable[..., Clause]] = {
            "substringof": lambda part, whole: self._place(whole, part) > 0,
            "startswith": lambda whole, part: _substring(whole, 1, func.length(part)) == part,
            "endswith": _ends_with,
            "substring": lambda text, start, *number: _substring(text, cast(start, Integer) + 1, *number),
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
            "round": _round,
            "floor": func.floor,
            "ceiling": func.ceil,
        }

    @staticmethod
    def first(*values: Any) -> Clause:
        """The first that is known."""
        return func.coalesce(*values)

    def wants(self, call: Call) -> list[Kind]:
        """In which kinds a function reads its operands."""
        if call.name == "substring":
            return ["text", "number", "number"]
        kind: Kind = "text" if call.name in _TEXTS else "time" if call.name in _TIMES else "number"
        return [kind] * len(call.operands)

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
        return cast(left, Double) - cast(right, Double) * func.trunc(cast(left, Double) / divisor)

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


def _substring(text: Clause, start: Any, *number: Any) -> Clause:
    return func.substr(text, start, *(cast(n, Integer) for n in number))


def _ends_with(whole: Clause, part: Clause) -> Clause:
    at = func.length(whole) - func.length(part) + 1
    return case((at > 0, func.substr(whole, at) == part), else_=literal(False, Boolean))


def _round(number: Clause) -> Clause:
    """Half away from zero, on every database."""
    return case((number >= 0, func.floor(number + 0.5)), else_=-func.floor(-number + 0.5))
