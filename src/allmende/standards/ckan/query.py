"""`q` and `fq` of `package_search`: the part of Solr's language that clients of CKAN really send. Pure.

`field:value`, `field:"two words"`, `field:(a OR b)`, `field:[2026-01-01 TO *]`, wildcards, AND, OR, NOT, + and -,
brackets. Words without an operator between them must all hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import translate
from functools import reduce
from operator import and_, or_

from allmende.standards.ckan.errors import Invalid
from allmende.standards.ckan.index import EVERYWHERE, Index

LONGEST, DEEPEST = 2_000, 20
_TOKEN = re.compile(
    r'\s*(?:(?P<word>"(?:[^"\\]|\\.)*"|\[[^\]]*\]|\{[^}]*\}|[^\s()":\[\]{}]+)|(?P<sign>[():]))'
)
Test = Callable[[Index], int]
"""Which documents of an index fit: a whole number with a bit for each."""


def parse_query(text: str) -> Test:
    """Which documents fit. Raises Invalid for what cannot be read."""
    if len(text) > LONGEST:
        raise Invalid("the query is too long", where="q")
    parser = _Parser(_tokens(text))
    found = parser.any_of("")
    if parser.left:
        raise Invalid(f"the query cannot be read at {parser.left[0]!r}", where="q")
    return found


def _tokens(text: str) -> list[str]:
    found, position = list[str](), 0
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise Invalid(f"the query cannot be read at {text[position : position + 20]!r}", where="q")
        found.append(match["word"] or match["sign"])
        position = match.end()
    return found


@dataclass
class _Parser:
    """Reads from the left; `left` are the tokens that are still to be read."""

    left: list[str]
    depth: int = 0

    def any_of(self, field: str) -> Test:
        """Terms with OR between them."""
        tests = [self.all_of(field)]
        while self._takes("OR", "||"):
            tests.append(self.all_of(field))
        return lambda index: reduce(or_, (test(index) for test in tests))

    def all_of(self, field: str) -> Test:
        """Terms with AND or nothing between them."""
        tests = list[Test]()
        while self.left and self.left[0] not in (")", "OR", "||"):
            if not self._takes("AND", "&&"):
                tests.append(self.term(field))
        return lambda index: reduce(and_, (test(index) for test in tests), index.every)

    def term(self, field: str) -> Test:
        """A word, a field with its value, something in brackets, or the opposite of one."""
        if self._takes("NOT", "!"):
            return _opposite(self.term(field))
        if self._takes("("):
            return self._inside(field)
        word = self._word()
        if word[0] in "+-" and len(word) > 1:
            self.left.insert(0, word[1:])
            return self.term(field) if word[0] == "+" else _opposite(self.term(field))
        if self._takes(":"):
            return self.term(word)
        return _holds(field or EVERYWHERE, word)

    def _inside(self, field: str) -> Test:
        self.depth += 1
        if self.depth > DEEPEST:
            raise Invalid("the brackets lie too deep in each other", where="q")
        found = self.any_of(field)
        if not self._takes(")"):
            raise Invalid("a bracket is not closed", where="q")
        self.depth -= 1
        return found

    def _word(self) -> str:
        if not self.left or self.left[0] in (")", ":"):
            raise Invalid("the query ends too early", where="q")
        return self.left.pop(0)

    def _takes(self, *signs: str) -> bool:
        if self.left and self.left[0] in signs:
            self.left.pop(0)
            return True
        return False


def _opposite(test: Test) -> Test:
    return lambda index: index.every & ~test(index)


def _holds(field: str, word: str) -> Test:
    if field == "*" or (field == EVERYWHERE and word in ("*", "*:*")):
        return lambda index: index.every
    if word[0] in "[{":
        return _between(field, word[1:-1])
    text = re.sub(r"\\(.)", r"\1", word[1:-1] if word.startswith('"') else word).casefold()
    if field == EVERYWHERE:
        return lambda index: index.holding(text.strip("*"))
    if not word.startswith('"') and re.search(r"[*?]", word):
        pattern = re.compile(translate(text))
        return lambda index: index.where(field, lambda value: pattern.fullmatch(value) is not None)
    return lambda index: index.equal(field, text)


def _between(field: str, inside: str) -> Test:
    parts = inside.split(" TO ")
    if len(parts) != 2:
        raise Invalid(f"[{inside[:60]}] is no range", where="fq")
    low, high = (part.strip().strip('"').casefold().rstrip("z") for part in parts)

    def holds(value: str) -> bool:
        return (low == "*" or low <= value) and (high == "*" or value <= high)

    return lambda index: index.where(field, holds)
