"""Formulas of byte maps: arithmetic on numbers that were read, nothing else. No text is ever executed."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

Number = float | int
Names = Mapping[str, Any]
Formula = Callable[[Names], Any]
"""Gives None when something in it is unknown or cannot be computed (a division by zero)."""

LONGEST = 500
_LARGEST = 2**128


class FormulaFault(ValueError):
    """A formula that cannot be understood."""


class _Unknown(Exception):
    """A name in the formula has no value."""


def _shift_left(one: Any, other: Any) -> Any:
    if not 0 <= other <= 64:
        raise ArithmeticError
    return one << other


def _power(one: Any, other: Any) -> float:
    return math.pow(one, other)


_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: _power, ast.LShift: _shift_left,
    ast.RShift: operator.rshift, ast.BitAnd: operator.and_, ast.BitOr: operator.or_, ast.BitXor: operator.xor,
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge, ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Invert: operator.invert,
    ast.Not: operator.not_,
}  # fmt: skip
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "log": math.log, "exp": math.exp, "sqrt": math.sqrt, "pow": math.pow, "abs": abs, "min": min, "max": max,
    "round": lambda x, digits=0: round(x, int(digits)), "floor": math.floor, "ceil": math.ceil, "int": int,
}  # fmt: skip


def compile_formula(text: str) -> tuple[Formula, frozenset[str]]:
    """The formula as a function of names, and the names in it. Raises FormulaFault."""
    if len(text) > LONGEST:
        raise FormulaFault(f"the formula has more than {LONGEST} letters")
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise FormulaFault(f"{text!r} is not a formula: {getattr(error, 'msg', error)}") from None
    names: set[str] = set()
    run = _compile(tree, names)

    def formula(given: Names) -> Any:
        try:
            found = run(given)
        except (_Unknown, ArithmeticError, ValueError, TypeError):
            return None
        return found if not isinstance(found, int) or abs(found) < _LARGEST else None

    return formula, frozenset(names)


def _compile(node: ast.AST, names: set[str]) -> Formula:
    if (
        isinstance(node, ast.Constant)
        and isinstance(node.value, int | float)
        and not isinstance(node.value, bool)
    ):
        constant = node.value
        return lambda given: constant
    if isinstance(node, ast.Name):
        return _name(node.id, names)
    if isinstance(node, ast.BinOp | ast.UnaryOp):
        return _operation(node, names)
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return _apply(type(node.ops[0]), [node.left, *node.comparators], names)
    if isinstance(node, ast.BoolOp):
        parts = [_compile(part, names) for part in node.values]
        join = all if isinstance(node.op, ast.And) else any
        return lambda given: join(part(given) for part in parts)
    if isinstance(node, ast.IfExp):
        test, yes, no = (_compile(part, names) for part in (node.test, node.body, node.orelse))
        return lambda given: yes(given) if test(given) else no(given)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        return _call(node.func.id, node.args, names)
    raise FormulaFault(f"{ast.unparse(node)!r} cannot stand in a formula")


def _operation(node: ast.BinOp | ast.UnaryOp, names: set[str]) -> Formula:
    sides: list[ast.expr] = [node.left, node.right] if isinstance(node, ast.BinOp) else [node.operand]
    return _apply(type(node.op), sides, names)


def _apply(kind: type[ast.AST], sides: list[ast.expr], names: set[str]) -> Formula:
    run = _OPERATORS.get(kind)
    if run is None:
        raise FormulaFault(f"{kind.__name__} cannot stand in a formula")
    parts = [_compile(side, names) for side in sides]
    if len(parts) == 1:
        one = parts[0]
        return lambda given: run(one(given))
    left, right = parts
    return lambda given: run(left(given), right(given))


def _call(name: str, arguments: list[ast.expr], names: set[str]) -> Formula:
    run = _FUNCTIONS.get(name)
    if run is None:
        raise FormulaFault(f"there is no function {name!r}; there are: {', '.join(sorted(_FUNCTIONS))}")
    parts = [_compile(argument, names) for argument in arguments]
    return lambda given: run(*(part(given) for part in parts))


def _name(name: str, names: set[str]) -> Formula:
    names.add(name)

    def look(given: Names) -> Any:
        found = given.get(name)
        if found is None:
            raise _Unknown
        return found

    return look
