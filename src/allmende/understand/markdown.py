"""Markdown to blocks: paragraphs, headings, lists, links, strong and emphasis. No HTML, ever.

Calls in `{{ }}` are taken out before Markdown is read, so that quotes and underscores in them mean
nothing to it, and put back as what `answer` makes of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from markdown_it import MarkdownIt
from markdown_it.token import Token

from allmende.catalogue.story_calls import CALL, Call, parse_call
from allmende.errors import RecipeInvalid
from allmende.model.document import Block, Heading, ListBlock, Paragraph, Span

Inline = Callable[[Call], Sequence[Span]]
Blocks = Callable[[Call], Block]

_MARK = re.compile("\ue000(\\d+)\ue001")
_READER = MarkdownIt("zero").enable(
    ["heading", "list", "emphasis", "link", "backticks", "newline", "escape", "entity"]
)
_LINK = re.compile(r"(?:https?://|/|#|mailto:)[^\s]*")


@dataclass(frozen=True)
class Answers:
    """What becomes of calls: spans in running text, a block on a line of its own."""

    inline: Inline
    block: Blocks


def read_blocks(text: str, answers: Answers) -> tuple[Block, ...]:
    """All blocks of a text. RecipeInvalid when a call is wrong or stands where it may not."""
    marked, calls = _take_out(text)
    tokens = _READER.parse(marked)
    return tuple(_Builder(calls, answers).blocks(tokens))


def read_spans(text: str, answers: Answers) -> tuple[Span, ...]:
    """One paragraph of running text as spans."""
    blocks = read_blocks(" ".join(text.split()), answers)
    return tuple(span for block in blocks if isinstance(block, Paragraph) for span in block.spans)


def _take_out(text: str) -> tuple[str, list[Call]]:
    calls: list[Call] = []

    def put(found: re.Match[str]) -> str:
        try:
            calls.append(parse_call(found[1]))
        except ValueError as error:
            raise RecipeInvalid(str(error), where="{{" + found[1] + "}}") from error
        return f"\ue000{len(calls) - 1}\ue001"

    plain = text.replace("\ue000", "").replace("\ue001", "")
    return CALL.sub(put, plain), calls


class _Builder:
    """Walks the tokens of one text."""

    def __init__(self, calls: list[Call], answers: Answers) -> None:
        self._calls = calls
        self._answers = answers

    def blocks(self, tokens: Sequence[Token]) -> Iterator[Block]:
        position = 0
        while position < len(tokens):
            token = tokens[position]
            end = _end(tokens, position)
            if token.type == "heading_open":
                yield Heading(min(3, max(2, int(token.tag[1]))), self._spans(tokens[position + 1]))
            elif token.type == "paragraph_open":
                yield from self._paragraph(tokens[position + 1])
            elif token.type in ("bullet_list_open", "ordered_list_open"):
                yield self._list(tokens[position + 1 : end], token.type.startswith("ordered"))
            position = end + 1

    def _paragraph(self, inline: Token) -> Iterator[Block]:
        """A paragraph, or the block of a call that stands alone on its line."""
        alone = _MARK.fullmatch(inline.content.strip())
        if alone and self._calls[int(alone[1])].is_block:
            yield self._answers.block(self._calls[int(alone[1])])
        else:
            yield Paragraph(self._spans(inline))

    def _list(self, tokens: Sequence[Token], ordered: bool) -> ListBlock:
        inlines = (token for token in tokens if token.type == "inline")
        return ListBlock(tuple(self._spans(inline) for inline in inlines), ordered)

    def _spans(self, inline: Token) -> tuple[Span, ...]:
        return tuple(_joined(self._inline(inline.children or [])))

    def _inline(self, tokens: Iterable[Token]) -> Iterator[Span]:
        style = Span("")
        for token in tokens:
            if token.type in ("text", "code_inline"):
                yield from self._text(token.content, replace(style, code=token.type == "code_inline"))
            elif token.type in ("softbreak", "hardbreak"):
                yield replace(style, text=" ")
            else:
                style = _styled(style, token)

    def _text(self, text: str, style: Span) -> Iterator[Span]:
        done = 0
        for mark in _MARK.finditer(text):
            if mark.start() > done:
                yield replace(style, text=text[done : mark.start()])
            yield from self._call(self._calls[int(mark[1])], style)
            done = mark.end()
        if done < len(text):
            yield replace(style, text=text[done:])

    def _call(self, call: Call, style: Span) -> Iterator[Span]:
        if call.is_block:
            raise RecipeInvalid(
                f"{call.name}() stands on a line of its own", hint="Leave an empty line before and after it."
            )
        for span in self._answers.inline(call):
            yield replace(span, strong=style.strong, emphasis=style.emphasis)


def _styled(style: Span, token: Token) -> Span:
    if token.type in ("strong_open", "strong_close"):
        return replace(style, strong=token.type == "strong_open")
    if token.type in ("em_open", "em_close"):
        return replace(style, emphasis=token.type == "em_open")
    if token.type == "link_open":
        address = str(token.attrs.get("href", ""))
        return replace(style, href=address if _LINK.fullmatch(address) else "")
    return replace(style, href="") if token.type == "link_close" else style


def _end(tokens: Sequence[Token], start: int) -> int:
    """The position of the token that closes the one at `start`."""
    depth = 0
    for position in range(start, len(tokens)):
        depth += tokens[position].nesting
        if depth == 0:
            return position
    return len(tokens) - 1


def _joined(spans: Iterable[Span]) -> Iterator[Span]:
    """Neighbouring spans of the same style as one."""
    held: Span | None = None
    for span in spans:
        if (
            held is not None
            and not held.figure
            and not span.figure
            and replace(held, text="") == replace(span, text="")
        ):
            held = replace(held, text=held.text + span.text)
            continue
        if held is not None:
            yield held
        held = span
    if held is not None:
        yield held
