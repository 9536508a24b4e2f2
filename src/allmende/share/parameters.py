"""Parameters that an address does not have are refused: an answer to another question would be taken for the right one."""

from __future__ import annotations

import difflib
from functools import cache
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler

from allmende.errors import RecipeInvalid

READ_BY_HAND = "parameters"
"""Names in `opt` of a route that reads them itself from the query: `@get(..., opt={READ_BY_HAND: ("where",)})`."""


class UnknownParameter(RecipeInvalid):
    """An address has no parameter of this name; `where` is the name."""


def only_known(connection: ASGIConnection[Any, Any, Any, Any], route: BaseRouteHandler) -> None:
    """A guard for routes that read: raises UnknownParameter for the first name that the route does not have.

    Messages of others' systems come with whatever parameters those send, so writing takes all.
    """
    if not isinstance(route, HTTPRouteHandler) or connection.scope.get("method") != "GET":
        return
    known = known_to(route, frozenset(connection.path_params))
    for name in connection.query_params:
        if name not in known:
            raise UnknownParameter(
                f"there is no parameter {name[:60]!r} here", where=name[:60], hint=_hint(name, known)
            )


@cache
def known_to(route: HTTPRouteHandler, in_path: frozenset[str]) -> frozenset[str]:
    """The names of all parameters that a route reads from the query; `in_path` are those of its path."""
    # The framework asks for definitions of the path's parameters, and looks at their names only.
    paths: dict[str, Any] = dict.fromkeys(in_path)
    read = route.create_kwargs_model(path_parameters=paths).expected_query_params
    return frozenset(one.field_alias for one in read) | frozenset(route.opt.get(READ_BY_HAND, ()))


def _hint(name: str, known: frozenset[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), 1)
    if near:
        return f"Did you mean {near[0]}?"
    return f"There are: {', '.join(sorted(known))}." if known else "This address takes none."
