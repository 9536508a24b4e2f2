"""The calls that stories make in `{{ ... }}`: found, parsed and checked, never executed.

A call is a name from a fixed list and literal arguments. It is read with Python's own parser, so
that quoting is familiar, but nothing of it is ever evaluated.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

CALL = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
LONGEST = 2_000

# Each function: its positional arguments in order, then the named ones it takes.
INLINE: Mapping[str, tuple[tuple[str, ...], frozenset[str]]] = {
    "value": (("indicator",), frozenset({"period", "place", "unit", "rank"})),
    "place": (("indicator",), frozenset({"rank", "period"})),
    "change": (("indicator",), frozenset({"since", "period", "place"})),
    "difference": (("indicator",), frozenset({"since", "period", "place", "unit"})),
    "period": (("indicator",), frozenset({"place"})),
    "rows": (("dataset",), frozenset({"unit"})),
    "cell": (("dataset", "column"), frozenset()),
}
BLOCKS: Mapping[str, tuple[tuple[str, ...], frozenset[str]]] = {
    "chart": (
        ("indicators",),
        frozenset({"form", "places", "since", "until", "period", "limit", "title", "note"}),
    ),
    "map": (("indicator",), frozenset({"period", "title", "note"})),
    "table": (("dataset",), frozenset({"columns", "limit", "title", "sort", "descending"})),
}


@dataclass(frozen=True)
class Call:
    """One call: its name and its arguments by name, all literals. `keys` are the keys of a cell."""

    name: str
    arguments: Mapping[str, Any]
    keys: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_block(self) -> bool:
        """True for charts, maps and tables, which stand on a line of their own."""
        return self.name in BLOCKS

    def text(self, name: str) -> str | None:
        """An argument as text; None when it was not given."""
        value = self.arguments.get(name)
        return None if value is None else str(value)

    @property
    def indicators(self) -> tuple[str, ...]:
        """The indicators it names."""
        named = self.arguments.get("indicators", self.arguments.get("indicator", ()))
        return (named,) if isinstance(named, str) else tuple(str(one) for one in named)


@dataclass(frozen=True)
class Named:
    """What a text's calls name."""

    indicators: frozenset[str]
    datasets: frozenset[str]


def parse_call(text: str) -> Call:
    """The call written in `text` (without braces). ValueError says what is wrong and what would be right."""
    if len(text) > LONGEST:
        raise ValueError("a call has at most 2,000 characters")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError(f"{text.strip()!r} cannot be read as a call") from error
    if not isinstance(tree, ast.Call) or not isinstance(tree.func, ast.Name):
        raise ValueError(f'{text.strip()!r} is not a call such as value("indicator")')
    return _checked(tree.func.id, tree)


def _checked(name: str, tree: ast.Call) -> Call:
    known = {**INLINE, **BLOCKS}
    if name not in known:
        near = get_close_matches(name, known, 1)
        raise ValueError(
            f"there is no function {name!r}"
            + (f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(known)}")
        )
    positional, named = known[name]
    values = [_literal(argument) for argument in tree.args]
    if len(values) != len(positional):
        raise ValueError(f"{name}() takes {', '.join(positional)} in quotes first")
    given = {str(keyword.arg): _literal(keyword.value) for keyword in tree.keywords}
    if name == "cell":
        return Call(name, dict(zip(positional, values, strict=True)), {k: str(v) for k, v in given.items()})
    unknown = set(given) - named
    if unknown:
        raise ValueError(f"{name}() takes no {min(unknown)!r}; it takes {', '.join(sorted(named))}")
    return Call(name, dict(zip(positional, values, strict=True)) | given)


def _literal(node: ast.expr) -> Any:
    if isinstance(node, ast.Name) and node.id in ("true", "false"):
        return node.id == "true"
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, RecursionError) as error:
        raise ValueError("arguments are texts, numbers, true or false, or lists of them") from error
    if isinstance(value, list | tuple):
        return tuple(str(one) for one in value)
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    raise ValueError("arguments are texts, numbers, true or false, or lists of them")


def calls_in(text: str) -> Iterator[Call | ValueError]:
    """Every call in a text in order; what is wrong comes as the error."""
    for found in CALL.finditer(text):
        try:
            yield parse_call(found[1])
        except ValueError as error:
            yield error


def figures_named(text: str) -> Named:
    """All indicators and datasets that a text's calls name; wrong calls name nothing."""
    calls = [call for call in calls_in(text) if isinstance(call, Call)]
    return Named(
        frozenset(one for call in calls for one in call.indicators),
        frozenset(str(call.arguments["dataset"]) for call in calls if "dataset" in call.arguments),
    )
