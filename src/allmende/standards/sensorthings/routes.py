"""The service's routes: parse, plan, read, shape; or parse, check, write."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from urllib.parse import parse_qsl

from litestar import Request, Response, Router, delete, get, patch, post, put

from allmende.errors import AllmendeError
from allmende.model.observation import Observation
from allmende.share.given import GivenPrincipal, GivenReads
from allmende.share.push import LARGEST_BODY
from allmende.share.reads import Reads
from allmende.share.writes import Writes
from allmende.standards.sensorthings.answers import answer, answer_get
from allmende.standards.sensorthings.batch import answer_batch
from allmende.standards.sensorthings.errors import refuse
from allmende.standards.sensorthings.faults import BadRequest
from allmende.standards.sensorthings.landing import landing
from allmende.standards.sensorthings.publication import messages_of
from allmende.standards.sensorthings.service import Asked, Service

PATH = "/sta/v1.1"
HTTP = Request[Any, Any, Any]


def _service(request: HTTP, reads: Reads) -> Service:
    """The service for the one who asks; its root is the address as the reader wrote it."""
    writes: Writes = request.app.state.writes
    authorization = request.headers.get("authorization")
    root = str(request.base_url).rstrip("/") + PATH
    return Service(reads, writes, authorization.encode("latin-1") if authorization else None, root)


def _pairs(request: HTTP) -> list[tuple[str, str]]:
    text = request.scope["query_string"].decode("latin-1")
    try:
        return parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text), errors="strict")
    except (ValueError, UnicodeDecodeError) as error:
        raise BadRequest(f"the query cannot be read: {error}", where="query") from error


@get("/", sync_to_thread=False)
def read_landing(request: HTTP) -> Response[bytes]:
    """The sets, and what of the standard is kept."""
    return answer(landing(str(request.base_url).rstrip("/") + PATH))


@get("/{path:path}", sync_to_thread=True)
def read_path(request: HTTP, reads: GivenReads, principal: GivenPrincipal, path: str) -> Response[bytes]:
    """A list, one of it, a property, or links."""
    return answer_get(reads, principal, str(request.base_url).rstrip("/") + PATH, path, _pairs(request))


async def _write(request: HTTP, reads: Reads, path: str) -> Response[bytes]:
    media = request.headers.get("content-type", "application/json")
    service, body = _service(request, reads), await request.body()
    if path.strip("/") == "$batch" and request.method == "POST":
        return await answer_batch(service, body, media)
    return await service.answer(Asked(request.method, path, (), media, body))


@post("/{path:path}", status_code=201)
async def create(request: HTTP, reads: GivenReads, path: str) -> Response[bytes]:
    """Make one with everything inside it, many values at once, or a batch of requests."""
    return await _write(request, reads, path)


@patch("/{path:path}")
async def change(request: HTTP, reads: GivenReads, path: str) -> Response[bytes]:
    """Change what the body names, or what a JSON Patch says."""
    return await _write(request, reads, path)


@put("/{path:path}")
async def replace_whole(request: HTTP, reads: GivenReads, path: str) -> Response[bytes]:
    """Replace all properties."""
    return await _write(request, reads, path)


@delete("/{path:path}", status_code=200)
async def remove(request: HTTP, reads: GivenReads, path: str) -> Response[bytes]:
    """Delete one, with what cannot be without it."""
    return await _write(request, reads, path)


class SensorThings:
    """The standard as an extension: its address and its routes."""

    path = PATH

    def router(self) -> Router:
        """Everything below the address."""
        return Router(
            PATH,
            route_handlers=[read_landing, read_path, create, change, replace_whole, remove],
            exception_handlers={AllmendeError: refuse, Exception: refuse},
            request_max_body_size=LARGEST_BODY,
            include_in_schema=False,
        )

    def messages(self, rows: Sequence[Observation], multi: Collection[int]) -> list[tuple[str, bytes]]:
        """New observations on the standard's topics."""
        return messages_of(rows, multi)
