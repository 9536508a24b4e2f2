"""`/api/3/action/*`: parse what is asked, answer at the gate, in CKAN's envelope."""

from __future__ import annotations

from typing import Any

import msgspec
from anyio.to_thread import run_sync
from litestar import Request, Response, Router, get, post

from allmende.errors import AllmendeError
from allmende.share.given import GivenPrincipal, GivenReads
from allmende.standards.ckan.actions import Actions, Asked
from allmende.standards.ckan.catalogue import Catalogues
from allmende.standards.ckan.errors import Invalid, refuse

PATH = "/api/3"
HTTP = Request[Any, Any, Any]
_CATALOGUES = Catalogues()


@get("/action/{action:str}", sync_to_thread=True)
def ask(request: HTTP, reads: GivenReads, principal: GivenPrincipal, action: str) -> Response[Any]:
    """An action with its parameters in the address."""
    asked: dict[str, Any] = {}
    for name, value in request.query_params.multi_items():
        asked[name] = value if name not in asked else [*_as_list(asked[name]), value]
    return _answer(request, Actions(reads, principal, _root(request), _CATALOGUES), action, _parsed(asked))


@post("/action/{action:str}", status_code=200)
async def send(request: HTTP, reads: GivenReads, principal: GivenPrincipal, action: str) -> Response[Any]:
    """An action with its parameters in the body, as JSON."""
    asked = _body(await request.body())
    actions = Actions(reads, principal, _root(request), _CATALOGUES)
    return await run_sync(_answer, request, actions, action, asked)


@get("/3", sync_to_thread=False)
def version() -> dict[str, int]:
    """The version of the API."""
    return {"version": 3}


def _answer(request: HTTP, actions: Actions, action: str, asked: Asked) -> Response[Any]:
    result = actions.answer(action, asked)
    help_ = f"{_root(request)}/api/3/action/help_show?name={action}"
    return Response({"help": help_, "success": True, "result": result})


def _root(request: HTTP) -> str:
    return str(request.base_url).rstrip("/")


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _parsed(asked: dict[str, Any]) -> dict[str, Any]:
    """Filters are written as JSON in an address."""
    if isinstance(asked.get("filters"), str):
        asked["filters"] = _json(asked["filters"].encode(), "filters")
    return asked


def _body(body: bytes) -> dict[str, Any]:
    found = _json(body, "body") if body.strip() else {}
    if not isinstance(found, dict):
        raise Invalid("must be an object", where="body")
    return found


def _json(text: bytes, where: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Invalid("is no JSON", where=where) from error


class Ckan:
    """The Standard port: CKAN's Action API."""

    path = PATH

    def refuse(self, request: HTTP, error: Exception) -> Response[Any]:
        """Addresses that are not there."""
        return refuse(request, error)

    def router(self) -> Router:
        """Everything below the address."""
        both = [
            Router(path, route_handlers=[ask, send]) for path in ("/", "/3")
        ]  # ckanapi asks without a number
        return Router(
            "/api",
            route_handlers=[*both, version],
            exception_handlers={AllmendeError: refuse, Exception: refuse},
            include_in_schema=False,
        )
