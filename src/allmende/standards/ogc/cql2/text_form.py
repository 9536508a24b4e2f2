"""CQL2 Text, read after the grammar in annex B of OGC 21-065r2 by going down it, with limits of depth and size."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from allmende.standards.ogc.cql2.moments import day_of, moment_of, span_of
from allmende.standards.ogc.cql2.nodes import (
    DEEPEST,
    LONGEST,
    MOST,
    Box,
    Call,
    Literal,
    Named,
    Node,
    Shape,
    fault,
)

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<text>'(?:''|\\'|[^'])*')
  | (?P<quoted>"(?:""|[^"])+")
  | (?P<name>[^\W\d][\w:.\-]*(?<![.\-]))
  | (?P<sign><>|<=|>=|[<>=(),+\-*/^%])
    )""",
    re.VERBOSE,
)
_GEOMETRY = re.compile(r"(MULTI)?(POINT|LINESTRING|POLYGON)|GEOMETRYCOLLECTION")
_COMPARE = ("=", "<>", "<", "<=", ">", ">=")


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


def parse_text(text: str) -> Node:
    """The filter. Raises BadParameter with the place where it cannot be read."""
    if len(text) > LONGEST:
        raise fault(f"it is longer than {LONGEST} signs")
    return _Reading(text, list(_tokens(text))).whole()


def _tokens(text: str) -> Iterator[_Token]:
    place, end = 0, len(text.rstrip())
    while place < end:
        found = _TOKEN.match(text, place)
        if found is None or found.lastgroup is None:
            raise fault(f"it cannot be read from {text[place : place + 20].strip()!r} on")
        kind = found.lastgroup
        yield _Token(kind, found[kind], found.start(kind), found.end())
        place = found.end()


class _Reading:
    """Where one is in the filter."""

    def __init__(self, text: str, tokens: list[_Token]) -> None:
        self._text, self._tokens, self._at, self._depth, self._parts = text, tokens, 0, 0, 0

    def whole(self) -> Node:
        found = self._either()
        if self._at < len(self._tokens):
            raise self._unexpected()
        return found

    # --- true or false ---

    def _either(self) -> Node:
        return self._chain("or", self._both)

    def _both(self) -> Node:
        return self._chain("and", self._factor)

    def _chain(self, word: str, inner: object) -> Node:
        assert callable(inner)
        found = [inner()]
        while self._takes_word(word):
            found.append(inner())
        return found[0] if len(found) == 1 else Call(word, tuple(found))

    def _factor(self) -> Node:
        if self._takes_word("not"):
            with_depth = self._deeper(self._factor)
            return Call("not", (with_depth,))
        if self._takes("("):
            found = self._deeper(self._either)
            self._needs(")")
            return found
        return self._predicate()

    def _deeper(self, inner: object) -> Node:
        assert callable(inner)
        self._depth += 1
        if self._depth > DEEPEST:
            raise fault(f"its brackets lie deeper than {DEEPEST}")
        found: Node = inner()
        self._depth -= 1
        return found

    def _predicate(self) -> Node:
        self._parts += 1
        if self._parts > MOST:
            raise fault(f"it has more than {MOST} parts")
        left = self._operand()
        for sign in _COMPARE:
            if self._takes(sign):
                return Call(sign, (left, self._operand()))
        if self._takes_word("is"):
            negated = self._takes_word("not")
            self._needs_word("null")
            return _negated(Call("isNull", (left,)), negated)
        return self._worded(left)

    def _worded(self, left: Node) -> Node:
        """LIKE, BETWEEN and IN, each with NOT before it or not; or what is true or false by itself."""
        negated = self._takes_word("not")
        if self._takes_word("like"):
            return _negated(Call("like", (left, self._operand())), negated)
        if self._takes_word("between"):
            low = self._operand()
            self._needs_word("and")
            return _negated(Call("between", (left, low, self._operand())), negated)
        if self._takes_word("in"):
            return _negated(Call("in", (left, *self._bracketed())), negated)
        if negated:
            raise self._unexpected()
        return left

    # --- what is compared ---

    def _operand(self) -> Node:
        token = self._next()
        if token.kind == "text":
            return token.text[1:-1].replace("\\'", "'").replace("''", "'")
        if token.kind == "quoted":
            return Named(token.text[1:-1].replace('""', '"'))
        if token.kind == "number":
            return _number(token.text)
        if token.text in ("-", "+") and self._sees("number"):
            number = _number(self._next().text)
            return -number if token.text == "-" else number
        if token.kind == "name":
            return self._name(token)
        self._at -= 1
        raise self._unexpected()

    def _name(self, token: _Token) -> Node:
        word = token.text.upper()
        if word in ("TRUE", "FALSE"):
            return word == "TRUE"
        if _GEOMETRY.fullmatch(word) and (self._sees("sign", "(") or self._sees("name")):
            return self._geometry(token)
        if self._sees("sign", "("):
            return self._call(token.text, self._bracketed())
        return Named(token.text)

    def _call(self, name: str, given: tuple[Node, ...]) -> Node:
        match name.lower(), given:
            case "date", (str() as text,):
                return day_of(text)
            case "timestamp", (str() as text,):
                return moment_of(text)
            case "interval", _:
                return span_of(given)
            case "bbox", _:
                return box_of(given)
        return Call(name.lower(), given)

    def _bracketed(self) -> tuple[Node, ...]:
        self._needs("(")
        found = [self._deeper(self._operand)]
        while self._takes(","):
            found.append(self._deeper(self._operand))
            if len(found) > MOST:
                raise fault(f"a list has more than {MOST} parts")
        self._needs(")")
        return tuple(found)

    def _geometry(self, first: _Token) -> Shape:
        """From its name to its last bracket, for the library that reads WKT."""
        open_ = 0
        while True:
            token = self._next()
            open_ += {"(": 1, ")": -1}.get(token.text, 0)
            if token.text == ")" and open_ <= 0:
                return Shape(self._text[first.start : token.end])

    # --- one token ---

    def _next(self) -> _Token:
        if self._at >= len(self._tokens):
            raise fault("it ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _sees(self, kind: str, text: str = "") -> bool:
        if self._at >= len(self._tokens):
            return False
        token = self._tokens[self._at]
        return token.kind == kind and text in ("", token.text)

    def _takes(self, sign: str) -> bool:
        found = self._sees("sign", sign)
        self._at += found
        return found

    def _takes_word(self, word: str) -> bool:
        found = self._sees("name") and self._tokens[self._at].text.lower() == word
        self._at += found
        return found

    def _needs(self, sign: str) -> None:
        if not self._takes(sign):
            raise self._unexpected(sign)

    def _needs_word(self, word: str) -> None:
        if not self._takes_word(word):
            raise self._unexpected(word.upper())

    def _unexpected(self, wanted: str = "") -> Exception:
        if self._at >= len(self._tokens):
            return fault("it ends too early")
        token = self._tokens[self._at]
        hint = f"{wanted} is expected there." if wanted else ""
        return fault(f"{token.text[:40]!r} at sign {token.start + 1} is not expected", hint)


def _negated(found: Call, negated: bool) -> Call:
    return Call("not", (found,)) if negated else found


def _number(text: str) -> int | float:
    return int(text) if text.isdigit() and len(text) < 19 else float(text)


def box_of(given: tuple[Node, ...]) -> Box:
    """Four numbers, or six with heights that are not looked at. Raises BadParameter."""
    sides = [_side(one) for one in given]
    if len(sides) == 6:
        sides = [*sides[:2], *sides[3:5]]
    if len(sides) != 4:
        raise fault("a box is four numbers")
    return Box((sides[0], sides[1], sides[2], sides[3]))


def _side(one: Literal | Node) -> float:
    if isinstance(one, bool) or not isinstance(one, int | float):
        raise fault("a box is four numbers")
    return float(one)
