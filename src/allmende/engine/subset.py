"""The portable subset of SQL that runs verbatim on DuckDB, Apache Spark and Sail, and its linter.

What is allowed was measured on the three engines; everything else is refused with what to write
instead. Nothing is translated silently.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import sqlglot
from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.tokenizer_core import TokenType

from allmende.model.problem import Problem

LONGEST = 50_000
_TABLE = re.compile(r"[a-z][a-z0-9_]*")
MACROS = frozenset({"bucket", "dow", "string_list"})

_FUNCTIONS: tuple[type[exp.Expr], ...] = (
    exp.Sum, exp.Avg, exp.Min, exp.Max, exp.Count, exp.StddevSamp, exp.PercentileCont,
    exp.DateTrunc, exp.TimestampTrunc, exp.Extract, exp.Cast, exp.TryCast, exp.Case, exp.If, exp.Nullif, exp.Coalesce,
    exp.Abs, exp.Round, exp.Floor, exp.Ceil, exp.Sqrt, exp.Ln, exp.Exp, exp.Pow, exp.Least, exp.Greatest,
    exp.Lower, exp.Upper, exp.Trim, exp.Length, exp.Substring, exp.Concat, exp.Replace, exp.StartsWith,
    exp.Lag, exp.Lead, exp.RowNumber, exp.Rank, exp.DenseRank, exp.FirstValue, exp.LastValue,
    exp.And, exp.Or, exp.Exists, exp.Rollup,
)  # fmt: skip
_INSTEAD = {
    exp.Anonymous: "Use one of the functions in docs/reference/recipes.md.",
    exp.Quantile: "Write percentile_cont(p) within group (order by x).",
    exp.Median: "Write percentile_cont(0.5) within group (order by x).",
    exp.GroupConcat: "Use the macro string_list(x).",
    exp.DateDiff: "Subtract years or months that were taken with extract().",
    exp.ArrayAgg: "Use the macro string_list(x), or join instead.",
    exp.ApproxDistinct: "Write count(distinct x).",
    exp.TimestampDiff: "Subtract years or months that were taken with extract().",
}
_NODES: tuple[type[exp.Expr], ...] = (
    exp.Select, exp.Subquery, exp.Union, exp.CTE, exp.With, exp.From, exp.Join, exp.Where, exp.Group, exp.Having,
    exp.Order, exp.Ordered, exp.Limit, exp.Table, exp.TableAlias, exp.Alias, exp.Column, exp.Identifier, exp.Star,
    exp.Literal, exp.Boolean, exp.Null, exp.Distinct, exp.Filter, exp.Window, exp.WindowSpec, exp.WithinGroup,
    exp.Interval, exp.Var, exp.DataType, exp.DataTypeParam, exp.Paren, exp.Tuple, exp.In, exp.Between, exp.Is, exp.Not,
    exp.Like, exp.Neg, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE,
    exp.DPipe, exp.Values,
)  # fmt: skip


def parse_sql(sql: str) -> exp.Expr:
    """The one statement in `sql`; ValueError with the reason when it is none or several."""
    if len(sql) > LONGEST:
        raise ValueError(f"a recipe has at most {LONGEST} characters")
    try:
        found = [tree for tree in sqlglot.parse(sql, dialect="duckdb") if tree is not None]
    except (SqlglotError, RecursionError) as error:
        raise ValueError(f"this is not SQL that can be read: {str(error).splitlines()[0]}") from error
    if len(found) != 1:
        raise ValueError("a recipe is exactly one SELECT")
    return found[0]


def check_sql(sql: str, file: str) -> list[Problem]:
    """All constructs outside the portable subset, with what to write instead; never an exception."""
    try:
        tree = parse_sql(sql)
    except ValueError as error:
        return [Problem(file, "$", str(error))]
    if not isinstance(tree, exp.Query):
        return [
            Problem(
                file, "$", "a recipe reads: it is one SELECT, nothing else", "Start with `select` or `with`."
            )
        ]
    faults = [Problem(file, _where(node), message, hint) for node, message, hint in _faults(tree)]
    return [*_short_casts(sql, file), *_silent_orders(tree, sql, file), *faults]


def _short_casts(sql: str, file: str) -> list[Problem]:
    """`x::integer` is parsed like cast(), so it can only be seen among the tokens."""
    found = (
        token for token in sqlglot.tokenize(sql, dialect="duckdb") if token.token_type is TokenType.DCOLON
    )
    return [
        Problem(
            file,
            f"line {token.line}, column {token.col}",
            "`::` does not run everywhere",
            "Write cast(x as type).",
        )
        for token in found
    ]


class _NullsSmall(DuckDB):
    """Reads what is left unsaid of NULLs in ORDER BY as other engines do: lowest."""

    NULL_ORDERING = "nulls_are_small"


class _NullsLarge(DuckDB):
    """The same the other way round: highest."""

    NULL_ORDERING = "nulls_are_large"


def _silent_orders(tree: exp.Expr, sql: str, file: str) -> list[Problem]:
    """ORDER BY without a word on NULLs: those that different engines read differently.

    The parser fills in what its dialect does, so the same text is read in three of them.
    """
    readings = [
        list(sqlglot.parse_one(sql, dialect=one).find_all(exp.Ordered)) for one in (_NullsSmall, _NullsLarge)
    ]
    return [
        Problem(
            file,
            _where(node),
            "without NULLS FIRST or NULLS LAST engines order differently",
            "Add NULLS LAST.",
        )
        for node, *others in zip(tree.find_all(exp.Ordered), *readings, strict=True)
        if not node.find_ancestor(exp.WithinGroup)
        and any(other.args.get("nulls_first") != node.args.get("nulls_first") for other in others)
    ]


def _faults(tree: exp.Expr) -> Iterator[tuple[exp.Expr, str, str]]:
    for node in tree.walk():
        if not _allowed(node):
            yield node, f"{_called(node)} is not in the portable subset", _hint(node)
        yield from _habits(node)


def _allowed(node: exp.Expr) -> bool:
    if isinstance(node, exp.Anonymous):
        return str(node.this).lower() in MACROS
    return isinstance(node, _FUNCTIONS) or (isinstance(node, _NODES) and not isinstance(node, exp.Func))


def _habits(node: exp.Expr) -> Iterator[tuple[exp.Expr, str, str]]:
    """What runs everywhere but gives different answers."""
    if isinstance(node, exp.With) and node.args.get("recursive"):
        yield node, "a recursive query does not run everywhere", "Join a table of numbers instead."
    if isinstance(node, exp.Div) and not isinstance(node.expression, exp.Nullif | exp.Literal):
        yield node, "dividing by what may be zero stops some engines", "Write x / nullif(y, 0)."
    if isinstance(node, exp.Select) and node.args.get("limit") and not node.args.get("order"):
        yield node, "LIMIT without ORDER BY gives other rows each time", "Add ORDER BY."
    if isinstance(node, exp.Select) and node.args.get("qualify"):
        yield node, "QUALIFY does not run everywhere", "Number the rows in a sub-select and filter outside."
    if isinstance(node, exp.Star) and any(
        node.args.get(name) for name in ("except_", "except", "replace", "rename")
    ):
        yield node, "star with exclude or replace does not run everywhere", "Name the columns."
    if isinstance(node, exp.Join) and str(node.args.get("method", "")).upper() in ("ASOF", "POSITIONAL"):
        yield (
            node,
            "this join does not run everywhere",
            "Use lead() for the end of validity and join on a range.",
        )
    if isinstance(node, exp.Table) and (node.args.get("db") or not _TABLE.fullmatch(node.name)):
        yield (
            node,
            "a recipe reads datasets only, by their id with underscores",
            "Name a dataset of the city.",
        )
    if isinstance(node, exp.Group) and node.args.get("all"):
        yield node, "GROUP BY ALL does not run everywhere", "Name the columns."


def _called(node: exp.Expr) -> str:
    return str(node.this) if isinstance(node, exp.Anonymous) else type(node).__name__


def _hint(node: exp.Expr) -> str:
    return next(
        (hint for kind, hint in _INSTEAD.items() if isinstance(node, kind)), "See docs/reference/recipes.md."
    )


def _where(node: exp.Expr) -> str:
    for part in node.walk():
        line = part.meta.get("line")
        if line:
            return f"line {line}, column {part.meta.get('col', 0)}"
    return "$"


def tables_of(sql: str) -> frozenset[str]:
    """The tables a recipe reads, without its own sub-queries; empty when it cannot be parsed."""
    try:
        tree = parse_sql(sql)
    except ValueError:
        return frozenset()
    own = {cte.alias for cte in tree.find_all(exp.CTE)}
    return frozenset(table.name for table in tree.find_all(exp.Table) if table.name and table.name not in own)


def columns_of(sql: str, schema: Mapping[str, Sequence[str]]) -> frozenset[tuple[str, str]]:
    """The (table, column) pairs a recipe reads. In doubt all columns of all its tables."""
    known: dict[str, object] = {
        name: dict.fromkeys(schema[name], "text") for name in tables_of(sql) if name in schema
    }
    everything = frozenset((table, column) for table in known for column in schema[table])
    try:
        tree = qualify(parse_sql(sql), schema=known, dialect="duckdb", quote_identifiers=False)
        return _columns(tree, schema) or everything
    except (ValueError, SqlglotError, RecursionError):
        return everything


def _columns(tree: exp.Expr, known: Mapping[str, Sequence[str]]) -> frozenset[tuple[str, str]]:
    aliases = {table.alias_or_name: table.name for table in tree.find_all(exp.Table)}
    pairs = ((aliases.get(column.table, column.table), column.name) for column in tree.find_all(exp.Column))
    return frozenset((table, name) for table, name in pairs if name in known.get(table, ()))
