"""`/ogc`: parse, plan, read at the gate, shape."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode

from litestar import Request, Response, Router, get

from allmende.errors import AllmendeError, NotFound
from allmende.model.selection import Selection
from allmende.share.given import GivenClock, GivenPrincipal, GivenReads
from allmende.share.views import Selected
from allmende.standards.ogc.collections import (
    CONFORMANCE,
    SYSTEMS,
    Collection,
    collection_of,
    collections_of,
    described,
    landing,
    schema,
)
from allmende.standards.ogc.faults import BadParameter, refuse
from allmende.standards.ogc.openapi import openapi
from allmende.standards.ogc.plan import VERSION, Plan, plan_items, version_of
from allmende.standards.ogc.shape import feature, features

PATH = "/ogc"
GEOJSON = "application/geo+json"
SCHEMA = "application/schema+json"
HTTP = Request[Any, Any, Any]


def _root(request: HTTP) -> str:
    return str(request.base_url).rstrip("/") + PATH


def _pairs(request: HTTP) -> list[tuple[str, str]]:
    text = request.scope["query_string"].decode("latin-1")
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict")
    except (ValueError, UnicodeDecodeError) as error:
        raise BadParameter("the query cannot be read", where="query") from error


def _only_format(request: HTTP) -> None:
    """Documents have no parameters but the format. Raises BadParameter."""
    for name, value in _pairs(request):
        if name != "f" or value not in ("json", "geojson"):
            raise BadParameter(f"there is no parameter {name[:60]!r} with this value", where=name)


@get("/", sync_to_thread=False)
def read_landing(request: HTTP, reads: GivenReads) -> dict[str, Any]:
    """The first page."""
    _only_format(request)
    return landing(_root(request), reads.city.name.of("de"))


@get("/conformance", sync_to_thread=False)
def read_conformance(request: HTTP) -> dict[str, Any]:
    """What is kept of the standard."""
    _only_format(request)
    return {"conformsTo": list(CONFORMANCE)}


@get("/api", sync_to_thread=True, media_type="application/vnd.oai.openapi+json;version=3.0")
def read_api(request: HTTP, reads: GivenReads, principal: GivenPrincipal) -> dict[str, Any]:
    """What can be asked, as OpenAPI 3.0."""
    _only_format(request)
    return openapi(_root(request), reads.city.name.of("de"), collections_of(reads, principal))


@get("/collections", sync_to_thread=True)
def read_collections(request: HTTP, reads: GivenReads, principal: GivenPrincipal) -> dict[str, Any]:
    """Every dataset with a place."""
    _only_format(request)
    root = _root(request)
    found = [
        described(one, root, reads.extent(principal, one.id, _number(one)))
        for one in collections_of(reads, principal)
    ]
    links = [
        {"href": f"{root}/collections", "rel": "self", "type": "application/json", "title": "this document"}
    ]
    return {"links": links, "crs": list(SYSTEMS), "collections": found}


@get("/collections/{name:str}", sync_to_thread=True)
def read_collection(request: HTTP, reads: GivenReads, principal: GivenPrincipal, name: str) -> dict[str, Any]:
    """One of them."""
    _only_format(request)
    one = collection_of(reads, principal, name)
    return described(one, _root(request), reads.extent(principal, one.id, _number(one)))


@get("/collections/{name:str}/schema", sync_to_thread=True, media_type=SCHEMA)
def read_schema(request: HTTP, reads: GivenReads, principal: GivenPrincipal, name: str) -> dict[str, Any]:
    """Its columns."""
    _only_format(request)
    return schema(collection_of(reads, principal, name), f"{_root(request)}/collections/{name}/schema")


@get("/collections/{name:str}/queryables", sync_to_thread=True, media_type=SCHEMA)
def read_queryables(request: HTTP, reads: GivenReads, principal: GivenPrincipal, name: str) -> dict[str, Any]:
    """What can be asked about: every column."""
    _only_format(request)
    return schema(collection_of(reads, principal, name), f"{_root(request)}/collections/{name}/queryables")


@get("/collections/{name:str}/items", sync_to_thread=True)
def read_items(
    request: HTTP, reads: GivenReads, principal: GivenPrincipal, clock: GivenClock, name: str
) -> Response[bytes]:
    """Features, page by page."""
    asked = _pairs(request)
    one = collection_of(reads, principal, name, version_of(asked))
    wanted = plan_items(one, asked)
    found = reads.select(principal, one.id, _number(one), wanted.selection)
    address = f"{_root(request)}/collections/{one.id}/items"
    links = _pages(address, asked, wanted, found)
    body = features(one, found, wanted.crs, links, clock.now().isoformat().replace("+00:00", "Z"))
    return Response(body, media_type=GEOJSON, headers={"content-crs": f"<{wanted.crs}>"})


@get("/collections/{name:str}/items/{number:str}", sync_to_thread=True)
def read_item(
    request: HTTP, reads: GivenReads, principal: GivenPrincipal, name: str, number: str
) -> Response[bytes]:
    """One feature, by its place in the newest version."""
    one = collection_of(reads, principal, name)
    asked = [(key, value) for key, value in _pairs(request) if key in ("f", "crs")]
    if len(asked) != len(_pairs(request)):
        raise BadParameter("a feature has the parameters f and crs", where="query")
    wanted = plan_items(one, asked)
    plain = number.isascii() and number.isdigit() and len(number) < 13 and not number.startswith("0")
    if not (plain and int(number) <= _rows(one)):
        raise NotFound(f"there is no feature {number[:40]!r}", where=number)
    place = Selection(limit=1, offset=int(number) - 1)
    found = reads.select(principal, one.id, _number(one), place)
    address = f"{_root(request)}/collections/{one.id}"
    links = [
        {"href": f"{address}/items/{number}", "rel": "self", "type": GEOJSON, "title": "this document"},
        {"href": address, "rel": "collection", "type": "application/json", "title": "the collection"},
    ]
    body = feature(one, found, wanted.crs, links)
    return Response(body, media_type=GEOJSON, headers={"content-crs": f"<{wanted.crs}>"})


def _rows(one: Collection) -> int:
    return one.view.version.rows if one.view.version else 0


def _number(one: Collection) -> int | None:
    return one.view.version.number if one.view.version else None


def _pages(address: str, asked: list[tuple[str, str]], wanted: Plan, found: Selected) -> list[dict[str, str]]:
    """This page, the one before it and the next, all of one version."""
    rest = [(name, value) for name, value in asked if name not in ("offset", "limit", VERSION)]
    rest.append((VERSION, str(found.pin.version)))
    here, step = wanted.selection.offset, wanted.selection.limit
    places = {"self": (here, step)}
    if here + step < found.matched:
        places["next"] = (here + step, step)
    shown = min(here, found.matched)  # what lies before this page; it shows none of it again
    if shown > 0:
        places["prev"] = (max(shown - step, 0), min(step, shown))
    return [
        {
            "href": f"{address}?{urlencode([*rest, ('limit', many), ('offset', place)])}",
            "rel": rel,
            "type": GEOJSON,
            "title": rel,
        }
        for rel, (place, many) in places.items()
    ]


class OgcFeatures:
    """The Standard port: OGC API Features."""

    path = PATH

    def refuse(self, request: HTTP, error: Exception) -> Response[Any]:
        """Addresses that are not there."""
        return refuse(request, error)

    def router(self) -> Router:
        """Everything below the address."""
        routes = [read_landing, read_conformance, read_api, read_collections, read_collection, read_schema,
                  read_queryables, read_items, read_item]  # fmt: skip
        return Router(
            PATH,
            route_handlers=routes,
            exception_handlers={AllmendeError: refuse, Exception: refuse},
            include_in_schema=False,
        )
