"""Query options: `$filter`, `$orderby`, `$select`, `$expand` with options inside, `$top`, `$skip`, `$count`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from allmende.model.query import Expression, Order
from allmende.standards.sensorthings.expressions import parse_filter, parse_order
from allmende.standards.sensorthings.faults import BadRequest
from allmende.standards.sensorthings.tokens import Tokens

FORMATS = ("dataArray", "GeoJSON", "CSV")
_MOST_EXPANDED = 6


@dataclass(frozen=True, slots=True)
class Options:
    """What a reader wants of a list. `top` None is the server's page; `pairs` are the options as written."""

    filter: Expression | None = None
    orderby: tuple[Order, ...] = ()
    select: tuple[tuple[str, ...], ...] = ()
    expand: tuple[Expand, ...] = ()
    top: int | None = None
    skip: int = 0
    count: bool = False
    result_format: str = ""
    skiptoken: str = ""
    known_on: str = ""
    pairs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Expand:
    """A relation to be included, with its own options."""

    name: str
    options: Options
    position: int = 0


def parse_options(pairs: Sequence[tuple[str, str]]) -> Options:
    """The options of an address's query. Raises BadRequest naming the option and the place in it."""
    options, seen = Options(), set[str]()
    for name, text in pairs:
        if name in seen:
            raise BadRequest(f"{name} is there twice", where=name)
        seen.add(name)
        options = _with(options, name, text)
    return replace(options, pairs=tuple(pairs))


def _with(options: Options, name: str, text: str) -> Options:
    parse = _WHOLE.get(name)
    if parse is None:
        known = ", ".join(sorted(_WHOLE))
        raise BadRequest(f"there is no query option {name!r}", where=name, hint=f"There are {known}.")
    try:
        return parse(options, text)
    except BadRequest as error:
        raise BadRequest(error.message, where=error.where or name, hint=error.hint) from error


def _whole(parse: Callable[[Tokens, int], dict[str, Any]]) -> Callable[[Options, str], Options]:
    """An option whose text is read to its end."""

    def read(options: Options, text: str) -> Options:
        tokens = Tokens(text)
        found = parse(tokens, 0)
        if tokens.ahead.kind != "end":
            tokens.fail("the end")
        return replace(options, **found)

    return read


def _filter(tokens: Tokens, _: int) -> dict[str, Any]:
    return {"filter": parse_filter(tokens)}


def _orderby(tokens: Tokens, _: int) -> dict[str, Any]:
    return {"orderby": parse_order(tokens)}


def _select(tokens: Tokens, _: int) -> dict[str, Any]:
    names = [_name_path(tokens)]
    while tokens.take_if(","):
        names.append(_name_path(tokens))
    return {"select": tuple(names)}


def _name_path(tokens: Tokens) -> tuple[str, ...]:
    if tokens.take_if("*"):
        return ("*",)
    steps = [tokens.expect_kind("name", "a name").text]
    while tokens.take_if("/"):
        steps.append(tokens.expect_kind("name", "a name").text)
    return tuple(steps)


def _number(name: str) -> Callable[[Tokens, int], dict[str, Any]]:
    def parse(tokens: Tokens, _: int) -> dict[str, Any]:
        token = tokens.expect_kind("number", "a whole number from 0 on")
        if not token.text.isdecimal() or len(token.text) > 15:
            raise BadRequest(
                f"a whole number from 0 on is expected, not {token.text!r}", position=token.position
            )
        return {name: int(token.text)}

    return parse


def _count(tokens: Tokens, _: int) -> dict[str, Any]:
    token = tokens.take()
    if token.text not in ("true", "false"):
        raise BadRequest(f"true or false is expected, not {token.text!r}", position=token.position)
    return {"count": token.text == "true"}


def _expand(tokens: Tokens, depth: int) -> dict[str, Any]:
    expands = [_one_expand(tokens, depth)]
    while tokens.take_if(","):
        expands.append(_one_expand(tokens, depth))
    return {"expand": _merged(expands)}


def _merged(expands: Sequence[Expand]) -> tuple[Expand, ...]:
    """`A/B,A/C` is one expansion of A with two inside it. Options said twice contradict each other."""
    found: dict[str, Expand] = {}
    for expand in expands:
        known = found.get(expand.name)
        found[expand.name] = expand if known is None else _merged_one(known, expand)
    return tuple(found.values())


def _merged_one(first: Expand, second: Expand) -> Expand:
    inner = _merged((*first.options.expand, *second.options.expand))
    plain = (replace(options, expand=()) for options in (first.options, second.options))
    said = [options for options in plain if options.pairs]
    if len(said) > 1:
        raise BadRequest(f"{first.name} is expanded twice", position=second.position)
    return replace(first, options=replace(said[0] if said else Options(), expand=inner))


def _one_expand(tokens: Tokens, depth: int) -> Expand:
    """`Datastreams/Observations($top=1)`: a path expands each step, the options are the last one's."""
    if depth > _MOST_EXPANDED:
        raise BadRequest("$expand is nested too deeply", position=tokens.ahead.position)
    token = tokens.expect_kind("name", "a relation")
    if tokens.take_if("/"):
        return Expand(token.text, Options(expand=(_one_expand(tokens, depth + 1),)), token.position)
    options = Options()
    if tokens.take_if("("):
        options = _inner_options(tokens, depth)
        tokens.expect(")")
    return Expand(token.text, options, token.position)


def _inner_options(tokens: Tokens, depth: int) -> Options:
    options, seen = Options(), set[str]()
    while True:
        token = tokens.expect_kind("name", "a query option")
        if token.text not in _INNER or token.text in seen:
            raise BadRequest(f"{token.text!r} cannot stand here", position=token.position)
        seen.add(token.text)
        tokens.expect("=")
        start = tokens.ahead.position
        options = replace(options, **_INNER[token.text](tokens, depth + 1))
        options = replace(options, pairs=(*options.pairs, (token.text, tokens.text_from(start))))
        if not tokens.take_if(";") and not tokens.take_if("&"):
            return options


_INNER: dict[str, Callable[[Tokens, int], dict[str, Any]]] = {
    "$filter": _filter,
    "$orderby": _orderby,
    "$select": _select,
    "$expand": _expand,
    "$top": _number("top"),
    "$skip": _number("skip"),
    "$count": _count,
}


def _format(options: Options, text: str) -> Options:
    found = next((name for name in FORMATS if name.lower() == text.lower()), None)
    if found is None:
        raise BadRequest(f"there is no format {text!r}", hint=f"There are {', '.join(FORMATS)}.")
    return replace(options, result_format=found)


_WHOLE: dict[str, Callable[[Options, str], Options]] = {
    **{name: _whole(parse) for name, parse in _INNER.items()},
    "$resultFormat": _format,
    "$skiptoken": lambda options, text: replace(options, skiptoken=text),
    "knownOn": lambda options, text: replace(options, known_on=text),
}
