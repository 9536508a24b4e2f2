"""Conditions as SQL: a neutral expression to SQLAlchemy, for SQLite, PostgreSQL and DuckDB.

A condition on something related becomes `exists (...)` around the smallest comparison that speaks of
it, so that to-one and to-many relations, `and`, `or` and `not` all mean what the reader wrote.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    FromClause,
    and_,
    exists,
    false,
    literal,
    not_,
    null,
    or_,
    select,
)

from allmende.errors import RecipeInvalid
from allmende.model.observation import microseconds
from allmende.model.query import (
    ARITHMETIC,
    COMPARISONS,
    LOGICAL,
    Call,
    Constant,
    Expression,
    Kind,
    OneOf,
    Order,
    Path,
    parts,
)
from allmende.store.fields import FIELDS, RELATIONS, TABLES, span_of
from allmende.store.functions import KINDS_OF_FUNCTIONS, SUMS, Functions, functions_of
from allmende.store.json_columns import JsonColumns
from allmende.store.sets import numbers
from allmende.store.visibility import Classes, visible

Clause = ColumnElement[Any]
Sources = Mapping[tuple[str, ...], tuple[str, FromClause]]
_COMPARE: dict[str, Callable[[Clause, Any], Any]] = {
    "eq": lambda left, right: left == right,
    "ne": lambda left, right: left.is_distinct_from(right),
    "gt": lambda left, right: left > right,
    "ge": lambda left, right: left >= right,
    "lt": lambda left, right: left < right,
    "le": lambda left, right: left <= right,
}
_SWAPPED = {"gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}


def relations_of(kind: str, path: Path) -> tuple[tuple[str, ...], str]:
    """The relations that a path goes through, and the kind it ends in. RecipeInvalid for unknown names."""
    prefix: list[str] = []
    for step in path.steps:
        relation = RELATIONS[kind].get(step)
        if relation is None:
            break
        prefix.append(step)
        kind = relation.kind
    rest = path.steps[len(prefix) :]
    if not rest or rest[0] not in FIELDS[kind]:
        raise RecipeInvalid(f"there is no field {'/'.join(path.steps)!r}", where=str(path.position))
    return tuple(prefix), kind


class Clauses:
    """Makes conditions on one kind's rows. `now` is what `now()` means in this request.

    Only what is related and of one of the `classes` counts: a condition must not tell of anything else.
    None: the conditions speak of the rows themselves only.
    """

    def __init__(
        self, kind: str, source: FromClause, dialect: str, now: datetime, classes: Classes | None = None
    ) -> None:
        self.kind = kind
        self._classes = classes or ()
        self._root: Sources = {(): (kind, source)}
        self._json = JsonColumns(dialect)
        self._functions = functions_of(dialect)
        self._now = now

    def condition(self, expression: Expression) -> ColumnElement[bool]:
        """The expression as a condition. Raises RecipeInvalid when it is none."""
        if isinstance(expression, Call) and expression.name in LOGICAL:
            return _logical(expression.name, [self.condition(operand) for operand in expression.operands])
        return self._related(expression)

    def orders(self, orders: tuple[Order, ...]) -> list[Clause]:
        """What to sort by; what is unknown comes last on every database.

        Columns that are never unknown stay bare, so that an index can serve them.
        """
        found: list[Clause] = []
        for order in orders:
            kind = self._kind(order.by)
            # Of JSON the numbers come before the texts.
            kinds: tuple[Kind, ...] = ("number", "text") if kind == "any" else (kind,)
            for clause in (self._sortable(order.by, kind) for kind in kinds):
                if getattr(clause, "nullable", True):
                    found.append(clause.is_(None))
                found.append(clause.desc() if order.descending else clause.asc())
        return found

    def _sortable(self, by: Expression, kind: Kind) -> Clause:
        if isinstance(by, Path):
            prefix, _ = relations_of(self.kind, by)
            if prefix:
                return self._first_related(by, prefix, kind)
        return self._value(by, self._root, kind)

    def _first_related(self, path: Path, prefix: tuple[str, ...], kind: Kind) -> Clause:
        """The value of a related thing, to sort by it; of several related ones the smallest."""
        sources, joins = self._reach({prefix})
        value = self._value(path, sources, kind)
        return select(value).where(*joins).order_by(value).limit(1).scalar_subquery()

    # --- relations ---

    def _related(self, atom: Expression) -> ColumnElement[bool]:
        prefixes = {
            relations_of(self.kind, part if isinstance(part, Path) else part.path)[0]
            for part in parts(atom)
            if isinstance(part, Path | OneOf)
        } - {()}
        if not prefixes:
            return self._atom(atom, self._root)
        sources, joins = self._reach(prefixes)
        return exists(select(1).where(*joins, self._atom(atom, sources)))

    def _reach(self, prefixes: set[tuple[str, ...]]) -> tuple[Sources, list[ColumnElement[bool]]]:
        """A source for every step of the paths, and the conditions that join them."""
        sources = dict(self._root)
        joins: list[ColumnElement[bool]] = []
        for prefix in sorted(prefixes):
            for length in range(1, len(prefix) + 1):
                here = prefix[:length]
                if here in sources:
                    continue
                kind, source = sources[prefix[: length - 1]]
                relation = RELATIONS[kind][prefix[length - 1]]
                target = TABLES[relation.kind].alias()
                sources[here] = (relation.kind, target)
                joins.append(relation.joins(source, target))
                joins.append(visible(relation.kind, target, self._classes))
        return sources, joins

    # --- atoms ---

    def _atom(self, atom: Expression, sources: Sources) -> ColumnElement[bool]:
        if isinstance(atom, OneOf):
            return self._value(atom.path, sources, "number").in_(numbers(atom.ids))
        if isinstance(atom, Call) and atom.name in COMPARISONS:
            return self._compare(atom, sources)
        found = self._checked(atom, sources, "boolean")
        condition: ColumnElement[bool] = found if isinstance(found.type, Boolean) else found == literal(True)
        return condition

    def _compare(self, call: Call, sources: Sources) -> ColumnElement[bool]:
        left, right = call.operands
        kinds = (self._kind(left), self._kind(right))
        if "null" in kinds:
            return self._compare_null(call, sources)
        kind = _common(*kinds, call)
        if kind == "time":
            return self._compare_times(call, sources)
        if kind == "any":
            return self._compare_unknown(call, sources)
        values = [self._value(operand, sources, kind) for operand in call.operands]
        if kind == "boolean":  # in brackets of a function: DuckDB knows no chained comparisons
            values = [Functions.first(value, null()) for value in values]
        compared: ColumnElement[bool] = _COMPARE[call.name](*values)
        return compared

    def _compare_unknown(self, call: Call, sources: Sources) -> ColumnElement[bool]:
        """Two values whose kinds are not known before: equal as numbers, as texts or as truths."""
        kinds: tuple[Kind, ...] = ("number", "text", "boolean")
        same = or_(
            *(
                operator.eq(*(self._value(operand, sources, kind) for operand in call.operands))
                for kind in kinds
            )
        )
        return same if call.name == "eq" else _not(same)

    def _compare_null(self, call: Call, sources: Sources) -> ColumnElement[bool]:
        left, right = call.operands
        other = right if isinstance(left, Constant) and left.kind == "null" else left
        if call.name not in ("eq", "ne"):
            return false()
        value = self._raw(other, sources)
        unknown: ColumnElement[bool] = value.is_(None)
        return unknown if call.name == "eq" else not_(unknown)

    def _compare_times(self, call: Call, sources: Sources) -> ColumnElement[bool]:
        """Intervals lie before or after as a whole; they are equal when both ends are."""
        (start, end), (other_start, other_end) = (self._span(part, sources) for part in call.operands)
        if call.name in ("eq", "ne"):
            same = start == other_start
            if end is not None or other_end is not None:
                same = same & (_or(end, start) == _or(other_end, other_start))
            equal: ColumnElement[bool] = same
            return equal if call.name == "eq" else _not(equal)
        if call.name in ("lt", "le"):
            start, end, other_start, other_end = other_start, other_end, start, end
        later = _COMPARE["gt" if call.name in ("gt", "lt") else "ge"]
        # The plain comparison of the beginnings is implied; it is what an index can serve.
        clause: ColumnElement[bool] = later(start, other_start)
        if other_end is not None:
            clause = clause & later(start, _or(other_end, other_start))
        return clause

    def _span(self, part: Expression, sources: Sources) -> tuple[Any, Any]:
        if isinstance(part, Call) and part.name == "interval":
            begin, end = (self._value(operand, sources, "time") for operand in part.operands)
            return begin, end
        if isinstance(part, Path):
            prefix, kind = relations_of(self.kind, part)
            if FIELDS[kind][part.steps[len(prefix)]] == "time":
                return span_of(kind, sources[prefix][1], part.steps[len(prefix)])
            if self._kind(part) == "any":
                return self._functions.moments(self._path(part, sources, "text"))
        if self._kind(part) != "time" and not isinstance(part, Constant):
            raise RecipeInvalid("a time is expected", where=_where(part))
        return self._value(part, sources, "time"), None

    # --- values ---

    def _kind(self, part: Expression) -> Kind:
        if isinstance(part, Constant):
            return part.kind
        if isinstance(part, OneOf):
            return "boolean"
        if isinstance(part, Path):
            prefix, kind = relations_of(self.kind, part)
            rest = part.steps[len(prefix) :]
            return FIELDS[kind][rest[0]] if len(rest) == 1 else "any"
        if part.name in (*COMPARISONS, *LOGICAL):
            return "boolean"
        if part.name in ARITHMETIC:
            return self._kind_of_sum(part)
        return KINDS_OF_FUNCTIONS.get(part.name, "number")

    def _kind_of_sum(self, call: Call) -> Kind:
        left, right = (self._kind(operand) for operand in call.operands)
        plain = {"any": "number", "null": "number"}
        found = SUMS.get((call.name, plain.get(left, left), plain.get(right, right)))  # type: ignore[arg-type]
        if found is None:
            raise RecipeInvalid(f"{call.name} does not take {left} and {right}", where=_where(call))
        return found

    def _raw(self, part: Expression, sources: Sources) -> Clause:
        """A value to be compared with null only."""
        if isinstance(part, Path) and part.steps[-1] == "result":
            prefix, _ = relations_of(self.kind, part)
            source = sources[prefix][1]
            return self._functions.first(source.c.number, source.c.value)
        if self._kind(part) == "time":
            return literal(None) if (start := self._span(part, sources)[0]) is None else start
        kind = self._kind(part)
        return self._value(part, sources, "any" if kind == "geometry" else kind)

    def _checked(self, part: Expression, sources: Sources, wanted: Kind) -> Clause:
        """The value as an operand of this kind. Raises RecipeInvalid when it is of another one."""
        kind = self._kind(part)
        is_day = wanted == "time" and kind == "text" and isinstance(part, Constant)
        if kind not in (wanted, "any", "null") and not is_day:
            raise RecipeInvalid(f"a {wanted} is expected, not a {kind}", where=_where(part))
        if wanted == "time":
            return self._span(part, sources)[0]  # type: ignore[no-any-return]
        return self._value(part, sources, wanted)

    def _value(self, part: Expression, sources: Sources, wanted: Kind) -> Clause:
        if isinstance(part, Constant):
            return self._constant(part, wanted)
        if isinstance(part, Path):
            return self._path(part, sources, wanted)
        if isinstance(part, Call):
            return self._call(part, sources)
        raise RecipeInvalid("this cannot stand here")

    def _constant(self, part: Constant, wanted: Kind) -> Clause:
        value = part.value
        if value is None:
            return null()
        if isinstance(value, datetime):
            return literal(microseconds(value))
        if isinstance(value, timedelta):
            return literal(value // timedelta(microseconds=1))
        if wanted == "time" and isinstance(value, str):
            return literal(_day(value))
        if wanted == "number" and isinstance(value, bool):
            raise RecipeInvalid("a number is expected, not true or false")
        return literal(value)

    def _path(self, path: Path, sources: Sources, wanted: Kind) -> Clause:
        prefix, kind = relations_of(self.kind, path)
        source = sources[prefix][1]
        name, *rest = path.steps[len(prefix) :]
        if name == "result":
            return self._result(source, rest, wanted)
        if FIELDS[kind][name] == "time":
            return span_of(kind, source, name)[0]  # type: ignore[no-any-return]
        column = source.c[name]
        if FIELDS[kind][name] in ("any", "geometry"):
            return self._json.read(column, _json_steps(rest), wanted, text=name == "extra")
        if rest:
            raise RecipeInvalid(f"{name!r} has no parts", where=str(path.position))
        return column

    def _result(self, source: FromClause, rest: list[str], wanted: Kind) -> Clause:
        if not rest and wanted == "number":
            return source.c.number
        return self._json.read(source.c.value, _json_steps(rest), wanted, text=True)

    def _call(self, call: Call, sources: Sources) -> Clause:
        if call.name in COMPARISONS:
            return self._atom(call, sources)
        if call.name in LOGICAL:
            return _logical(call.name, [self._atom(operand, sources) for operand in call.operands])
        if call.name in ARITHMETIC:
            return self._sum(call, sources)
        if call.name == "now":
            return literal(microseconds(self._now))
        operands = [
            self._checked(operand, sources, kind)
            for operand, kind in zip(call.operands, self._functions.wants(call), strict=False)
        ]
        return self._functions.call(call, operands)

    def _sum(self, call: Call, sources: Sources) -> Clause:
        self._kind_of_sum(call)  # refuses kinds that cannot be put together
        kinds = [self._kind(operand) for operand in call.operands]
        wanted: list[Kind] = [kind if kind in ("time", "duration") else "number" for kind in kinds]
        pairs = zip(call.operands, wanted, strict=True)
        left, right = (self._checked(operand, sources, kind) for operand, kind in pairs)
        return self._functions.arithmetic(call.name, left, right)


def _logical(name: str, inner: list[ColumnElement[bool]]) -> ColumnElement[bool]:
    if name == "not":
        return _not(inner[0])
    return and_(*inner) if name == "and" else or_(*inner)


def _not(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """What is unknown is not true, so its opposite is (OData 4.0, part 2, 5.1.1.1)."""
    return not_(Functions.first(condition, false()))


def _common(left: Kind, right: Kind, call: Call) -> Kind:
    """The kind in which two operands are compared."""
    kinds = {left, right}
    if "time" in kinds and kinds <= {"time", "text", "any"}:
        return "time"
    if "geometry" in kinds:
        raise RecipeInvalid("a place is compared by functions such as st_within", where=_where(call))
    if kinds == {"any", "duration"}:
        raise RecipeInvalid("a duration is compared with a difference of times", where=_where(call))
    if "any" in kinds:
        if left == right:
            return "any" if call.name in ("eq", "ne") else "number"
        return left if right == "any" else right
    if len(kinds) > 1:
        raise RecipeInvalid(f"a {left} cannot be compared with a {right}", where=_where(call))
    return left


def _where(part: Expression) -> str:
    position = getattr(part, "position", 0)
    return f"character {position}" if position else ""


def _or(end: Any, start: Any) -> Any:
    return start if end is None else Functions.first(end, start)


def _day(text: str) -> int:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise RecipeInvalid(f"{text!r} is not a time", hint="Write it as 2026-06-01T12:00:00Z.") from None
    return microseconds(time if time.tzinfo else time.replace(tzinfo=UTC))


def _json_steps(steps: list[str]) -> tuple[str | int, ...]:
    return tuple(int(step) if step.isdecimal() else step for step in steps)
