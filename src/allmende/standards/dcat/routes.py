"""`/catalogue`: parse the request, read at the gate, shape the answer."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from litestar import Request, Response, Router, get
from litestar.response import Stream

from allmende.errors import NotFound, RecipeInvalid
from allmende.extensions import manifests
from allmende.model.access import Principal
from allmende.share.given import GivenPrincipal, GivenReads
from allmende.share.reads import Reads
from allmende.standards.dcat import jsonld, turtle, xml
from allmende.standards.dcat.graph import Node
from allmende.standards.dcat.mapping import Catalogue, Page

PAGE_SIZE = 500
Write = Callable[[Iterable[Node]], Iterator[bytes]]
WRITERS: dict[str, tuple[Write, str]] = {
    "ttl": (turtle.write, turtle.MEDIA_TYPE),
    "jsonld": (jsonld.write, jsonld.MEDIA_TYPE),
    "xml": (xml.write, xml.MEDIA_TYPE),
}
_ASKED = {
    "text/turtle": "ttl",
    "application/ld+json": "jsonld",
    "application/json": "jsonld",
    "application/rdf+xml": "xml",
    "application/xml": "xml",
    "text/xml": "xml",
}
HTTP = Request[Any, Any, Any]


@get("/catalogue", include_in_schema=False, sync_to_thread=True)
def negotiated(request: HTTP, reads: GivenReads, principal: GivenPrincipal) -> Response[Any]:
    """The catalogue in the format that `Accept` asks for; Turtle when it asks for none of ours."""
    return _answer(request, reads, principal, preferred(request.headers.get("accept", "")), negotiated=True)


@get("/catalogue.ttl", include_in_schema=False, sync_to_thread=True)
def as_turtle(request: HTTP, reads: GivenReads, principal: GivenPrincipal) -> Response[Any]:
    """The catalogue as Turtle."""
    return _answer(request, reads, principal, "ttl")


@get("/catalogue.jsonld", include_in_schema=False, sync_to_thread=True)
def as_jsonld(request: HTTP, reads: GivenReads, principal: GivenPrincipal) -> Response[Any]:
    """The catalogue as JSON-LD."""
    return _answer(request, reads, principal, "jsonld")


@get("/catalogue.xml", include_in_schema=False, sync_to_thread=True)
def as_xml(request: HTTP, reads: GivenReads, principal: GivenPrincipal) -> Response[Any]:
    """The catalogue as RDF/XML."""
    return _answer(request, reads, principal, "xml")


@get("/catalogue/{name:str}", include_in_schema=False, sync_to_thread=True)
def one_dataset(request: HTTP, reads: GivenReads, principal: GivenPrincipal, name: str) -> Response[Any]:
    """One dataset: `trees.ttl`, `trees.jsonld`, `trees.xml`, or `trees` in the format that is asked for."""
    dataset, _, suffix = name.partition(".")
    chosen = _known(suffix) if suffix else preferred(request.headers.get("accept", ""))
    view = reads.dataset(principal, dataset)
    return _stream(_catalogue(request, reads).one(view), chosen, {"vary": "accept"})


def preferred(accept: str) -> str:
    """The format of ours that comes first in an `Accept` header (RFC 9110, 12.5.1); `ttl` without one."""
    best, found = 0.0, "ttl"
    for part in accept.split(","):
        kind, *parameters = (piece.strip() for piece in part.split(";"))
        weight = next((_weight(one[2:]) for one in parameters if one.startswith("q=")), 1.0)
        if kind.lower() in _ASKED and weight > best:
            best, found = weight, _ASKED[kind.lower()]
    return found


def _weight(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 0.0


def _known(suffix: str) -> str:
    if suffix not in WRITERS:
        raise NotFound("there is no such format of the catalogue", hint=f"There are: {', '.join(WRITERS)}.")
    return suffix


def _answer(
    request: HTTP, reads: Reads, principal: Principal, chosen: str, *, negotiated: bool = False
) -> Response[Any]:
    views = [view for view in reads.datasets(principal) if view.version is not None]
    page = replace(
        page_of(request.query_params.get("page", "1"), len(views)), suffix="" if negotiated else chosen
    )
    shown = views[(page.number - 1) * PAGE_SIZE : page.number * PAGE_SIZE]
    modified = max((view.version.created for view in views if view.version), default=None)
    write, media_type = WRITERS[chosen]
    body = b"".join(write(_catalogue(request, reads).nodes(shown, page, modified)))
    mark = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"etag": mark, "vary": "accept, authorization"}
    if principal.kind == "anonymous":  # else the house says that nobody may keep it
        headers["cache-control"] = "no-cache"
    if mark in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers)
    return Stream(iter((body,)), media_type=media_type, headers=headers)


def page_of(asked: str, total: int) -> Page:
    """The page asked for. Raises RecipeInvalid when it is no number, NotFound when there is no such page."""
    pages = max(1, math.ceil(total / PAGE_SIZE))
    if not (asked.isascii() and asked.isdigit() and len(asked) < 10):
        raise RecipeInvalid(f"{asked[:40]!r} is no page", where="page", hint="Ask with page=1.")
    if not 1 <= int(asked) <= pages:
        raise NotFound(f"there is no page {int(asked)}", where="page", hint=f"There are {pages}.")
    return Page(int(asked), pages, total)


def _stream(nodes: Iterator[Node], chosen: str, headers: dict[str, str]) -> Stream:
    write, media_type = WRITERS[chosen]
    return Stream(write(nodes), media_type=media_type, headers=headers)


def _catalogue(request: HTTP, reads: Reads) -> Catalogue:
    installed = frozenset(found.id for found in manifests("standard"))
    return Catalogue(reads.city, str(request.base_url).rstrip("/"), installed)


class Dcat:
    """The Standard port: DCAT-AP.de."""

    path = "/catalogue"

    def router(self) -> Router:
        """What the app mounts."""
        return Router(
            "/",
            route_handlers=[negotiated, as_turtle, as_jsonld, as_xml, one_dataset],
            include_in_schema=False,
        )
