"""The words of a query: tokens with their places. Query language of OGC 18-088 and OData 4.0 ABNF."""

from __future__ import annotations

import re
from dataclasses import dataclass

from allmende.standards.sensorthings.faults import BadRequest

LONGEST = 20_000
# A plus sign that was not escaped in an address arrives as a space: `12:00:00 01:00` is a time too.
# A time without a zone is read here, so that the error can say what it lacks.
_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d|[ ]\d\d:\d\d)?"
_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<geography>(?:geography|geometry)'(?:[^']|'')*')
  | (?P<duration>duration'[^']*')
  | (?P<text>'(?:[^']|'')*')
  | (?P<time>TIME(?:/TIME)?)
  | (?P<date>\d{4}-\d\d-\d\d(?![\dT]))
  | (?P<clock>\d\d:\d\d(?::\d\d(?:\.\d+)?)?)
  | (?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
  | (?P<name>(?:[^\W\d]|[@$])[\w.@$-]*)
  | (?P<mark>[(),/=;:*\[\]-])
    """.replace("TIME", _TIME),
    re.VERBOSE,
)
_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Token:
    """A word, its kind, and where it starts (counted from 1)."""

    kind: str
    text: str
    position: int


class Tokens:
    """The tokens of a text, taken one after the other."""

    def __init__(self, text: str) -> None:
        if len(text) > LONGEST:
            raise BadRequest(f"the query is longer than {LONGEST} characters")
        if (found := _UNKEEPABLE.search(text)) is not None:
            raise BadRequest("this character is in no text that is kept", position=found.start() + 1)
        self._text = text
        self._tokens = _split(text)
        self._next = 0

    @property
    def ahead(self) -> Token:
        """The next token, not taken yet; of kind `end` when there is none."""
        return self._tokens[self._next]

    def text_from(self, position: int) -> str:
        """The text from a place (counted from 1) to the next token."""
        return self._text[position - 1 : self.ahead.position - 1].strip()

    def take(self) -> Token:
        """The next token."""
        token = self.ahead
        if token.kind != "end":
            self._next += 1
        return token

    def take_if(self, text: str) -> bool:
        """Take the next token if it is this one."""
        if self.ahead.text == text and self.ahead.kind in ("mark", "name"):
            self._next += 1
            return True
        return False

    def expect(self, text: str) -> Token:
        """Take this token. Raises BadRequest when another one is there."""
        if self.ahead.text != text:
            self.fail(f"{text!r}")
        return self.take()

    def expect_kind(self, kind: str, wanted: str) -> Token:
        """Take a token of a kind, called `wanted` in the error."""
        if self.ahead.kind != kind:
            self.fail(wanted)
        return self.take()

    def fail(self, wanted: str) -> None:
        """Say what should be where something else is."""
        token = self.ahead
        found = "the end" if token.kind == "end" else repr(token.text[:60])
        raise BadRequest(f"{wanted} is expected, not {found}", position=token.position)


def _split(text: str) -> list[Token]:
    tokens, place = [], 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            raise BadRequest(f"{text[place]!r} is not understood", position=place + 1)
        kind = found.lastgroup or ""
        if kind != "space":
            tokens.append(Token(kind, found.group(), place + 1))
        place = found.end()
    return [*tokens, Token("end", "", len(text) + 1)]
