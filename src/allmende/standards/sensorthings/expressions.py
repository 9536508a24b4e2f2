"""`$filter` and `$orderby`: text to expressions. Precedence as in OData 4.0, part 2, section 5.1.1.9."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy
import shapely

from allmende.model.query import Call, Constant, Expression, Order, Path
from allmende.standards.sensorthings.faults import BadRequest
from allmende.standards.sensorthings.tokens import Token, Tokens

DEEPEST = 20
HIGHEST = 60
MOST = 1500
FUNCTIONS: dict[str, tuple[int, int]] = {
    "substringof": (2, 2),
    "startswith": (2, 2),
    "endswith": (2, 2),
    "substring": (2, 3),
    "indexof": (2, 2),
    "length": (1, 1),
    "tolower": (1, 1),
    "toupper": (1, 1),
    "trim": (1, 1),
    "concat": (2, 2),
    "year": (1, 1),
    "month": (1, 1),
    "day": (1, 1),
    "hour": (1, 1),
    "minute": (1, 1),
    "second": (1, 1),
    "fractionalseconds": (1, 1),
    "date": (1, 1),
    "time": (1, 1),
    "totaloffsetminutes": (1, 1),
    "now": (0, 0),
    "mindatetime": (0, 0),
    "maxdatetime": (0, 0),
    "round": (1, 1),
    "floor": (1, 1),
    "ceiling": (1, 1),
    "geo.distance": (2, 2),
    "geo.length": (1, 1),
    "geo.intersects": (2, 2),
    "st_equals": (2, 2),
    "st_disjoint": (2, 2),
    "st_touches": (2, 2),
    "st_within": (2, 2),
    "st_overlaps": (2, 2),
    "st_crosses": (2, 2),
    "st_intersects": (2, 2),
    "st_contains": (2, 2),
    "st_relate": (2, 3),
}
_LEVELS = (("or",), ("and",), ("eq", "ne"), ("gt", "ge", "lt", "le"), ("add", "sub"), ("mul", "div", "mod"))
_EQUALITY, _SUMS = 2, 4
_DURATION = re.compile(
    r"(?P<sign>-)?P(?:(?P<days>\d+)D)?(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?"
    r"(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)


def parse_filter(tokens: Tokens) -> Expression:
    """The condition at the tokens' place; what follows it is left."""
    return _bounded(_parse_level(tokens, 0, 0), tokens)


def parse_order(tokens: Tokens) -> tuple[Order, ...]:
    """`result desc,id`: each expression with its direction."""
    orders = [_parse_one_order(tokens)]
    while tokens.take_if(","):
        orders.append(_parse_one_order(tokens))
    return tuple(orders)


def _parse_one_order(tokens: Tokens) -> Order:
    by = _bounded(_parse_level(tokens, _SUMS, 0), tokens)
    if tokens.take_if("desc"):
        return Order(by, descending=True)
    tokens.take_if("asc")
    return Order(by)


def _bounded(whole: Expression, tokens: Tokens) -> Expression:
    """The expression, when databases can take its size: they limit depth and number of conditions."""
    level, height, count = [whole], 0, 0
    while level:
        height, count = height + 1, count + len(level)
        if height > HIGHEST or count > MOST:
            raise BadRequest("the expression is too large", position=tokens.ahead.position)
        level = [inner for part in level if isinstance(part, Call) for inner in part.operands]
    return whole


def _parse_level(tokens: Tokens, level: int, depth: int) -> Expression:
    """One level of precedence; `and` and `or` keep all their operands side by side."""
    if level == len(_LEVELS):
        return _parse_unary(tokens, depth)
    left = _parse_level(tokens, level + 1, depth)
    while tokens.ahead.kind == "name" and tokens.ahead.text in _LEVELS[level]:
        operator = tokens.take()
        right = _parse_level(tokens, level + 1, depth)
        left = _joined(operator, left, right)
    return left


def _joined(operator: Token, left: Expression, right: Expression) -> Call:
    if operator.text in ("and", "or") and isinstance(left, Call) and left.name == operator.text:
        return replace(left, operands=(*left.operands, right))
    return Call(operator.text, (left, right), operator.position)


def _parse_unary(tokens: Tokens, depth: int) -> Expression:
    start = tokens.ahead
    if depth > DEEPEST:
        raise BadRequest("the expression is nested too deeply", position=start.position)
    if start.kind == "name" and start.text == "not":
        tokens.take()
        # OData binds `not` closest; asked of a comparison both readings say the same.
        return Call("not", (_parse_level(tokens, _EQUALITY, depth + 1),), start.position)
    if tokens.take_if("-"):
        return Call("sub", (Constant(0, "number"), _parse_unary(tokens, depth + 1)), start.position)
    if tokens.take_if("("):
        inner = _parse_level(tokens, 0, depth + 1)
        tokens.expect(")")
        return inner
    if start.kind == "name":
        return _parse_name(tokens, depth)
    return _parse_constant(tokens)


def _parse_name(tokens: Tokens, depth: int) -> Expression:
    token = tokens.take()
    if tokens.ahead.text == "(":
        return _parse_call(tokens, token, depth)
    if token.text in ("true", "false"):
        return Constant(token.text == "true", "boolean")
    if token.text == "null":
        return Constant(None, "null")
    steps = [token.text]
    while tokens.ahead.text in ("/", "["):
        steps.append(_parse_step(tokens))
    return Path(tuple(steps), token.position)


def _parse_step(tokens: Tokens) -> str:
    """`/name`, or the place in a list as `/0` or `[0]`."""
    in_brackets = tokens.take().text == "["
    step = tokens.ahead
    if not step.text.isdecimal() and (in_brackets or step.kind != "name"):
        tokens.fail("a name or a whole number")
    tokens.take()
    if in_brackets:
        tokens.expect("]")
    return step.text


def _parse_call(tokens: Tokens, name: Token, depth: int) -> Expression:
    if name.text not in FUNCTIONS:
        raise BadRequest(f"there is no function {name.text!r}", position=name.position)
    tokens.expect("(")
    operands: list[Expression] = []
    if not tokens.take_if(")"):
        operands.append(_parse_level(tokens, 0, depth + 1))
        while tokens.take_if(","):
            operands.append(_parse_level(tokens, 0, depth + 1))
        tokens.expect(")")
    least, most = FUNCTIONS[name.text]
    if not least <= len(operands) <= most:
        wanted = str(least) if least == most else f"{least} or {most}"
        raise BadRequest(f"{name.text} takes {wanted} arguments, not {len(operands)}", position=name.position)
    return Call(name.text, tuple(operands), name.position)


def _parse_constant(tokens: Tokens) -> Expression:
    token = tokens.ahead
    makers: dict[str, Any] = {
        "text": lambda text: Constant(text[1:-1].replace("''", "'"), "text"),
        "number": _number,
        "time": _time,
        "date": lambda text: Constant(text, "text"),
        "clock": lambda text: Constant(text, "text"),
        "duration": lambda text: Constant(parse_duration(text[9:-1]), "duration"),
        "geography": _geometry,
    }
    if token.kind not in makers:
        tokens.fail("a value, a name or '('")
    tokens.take()
    try:
        made: Expression = makers[token.kind](token.text)
    except (ValueError, OverflowError, shapely.errors.ShapelyError) as error:
        raise BadRequest(f"{token.text[:60]!r} cannot be read: {error}", position=token.position) from error
    return made


def _number(text: str) -> Constant:
    if text.lstrip("-").isdecimal() and abs(int(text)) < 2**63:
        return Constant(int(text), "number")
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("the number is too large")
    return Constant(number, "number")


def _time(text: str) -> Expression:
    """A time, or for an interval the call `interval(start, end)`."""
    start, slash, end = text.partition("/")
    if not slash:
        return Constant(parse_time(start), "time")
    return Call("interval", (Constant(parse_time(start), "time"), Constant(parse_time(end), "time")))


def parse_time(text: str) -> datetime:
    """An ISO 8601 time with a zone. Raises ValueError."""
    time = datetime.fromisoformat(text.replace(" ", "+"))
    if time.tzinfo is None:
        raise ValueError("the time has no zone")
    return time


def parse_duration(text: str) -> timedelta:
    """An ISO 8601 duration of days, hours, minutes and seconds. Raises ValueError."""
    found = _DURATION.fullmatch(text)
    if found is None or text.endswith(("P", "T")):
        raise ValueError("a duration looks like P1DT2H30M")
    numbers = {name: float(found[name] or 0) for name in ("days", "hours", "minutes", "seconds")}
    length = timedelta(**numbers)
    return -length if found["sign"] else length


def _geometry(text: str) -> Constant:
    wkt = text[text.index("'") + 1 : -1].replace("''", "'").partition(";")
    with numpy.errstate(all="ignore"):  # too large numbers become infinite, which is asked below
        shape = shapely.from_wkt(wkt[2] if wkt[1] else wkt[0])
    if not numpy.isfinite(shapely.get_coordinates(shape)).all():
        raise ValueError("a coordinate is too large")
    return Constant(shapely.to_wkt(shape, rounding_precision=-1), "geometry")
