"""The service's routes: parse, plan, read, shape; or parse, check, write."""

from __future__ import annotations

from asyncio import to_thread
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
from allmende.standards.sensorthings import bodies
from allmende.standards.sensorthings.addresses import parse_address
from allmende.standards.sensorthings.answers import answer, answer_get
from allmende.standards.sensorthings.errors import refuse
from allmende.standards.sensorthings.faults import BadRequest, WrongMedia
from allmende.standards.sensorthings.landing import landing
from allmende.standards.sensorthings.patch import JSON_PATCH, patched
from allmende.standards.sensorthings.publication import messages_of
from allmende.standards.sensorthings.read import Reader, Target
from allmende.standards.sensorthings.write import Writer

PATH = "/sta/v1.1"
Asked = Request[Any, Any, Any]


def root_of(request: Asked) -> str:
    """The address of the service as the reader wrote it."""
    return str(request.base_url).rstrip("/") + PATH


# --- reading ---


@get("/", sync_to_thread=False)
def read_landing(request: Asked) -> Response[bytes]:
    """The sets, and what of the standard is kept."""
    return answer(landing(root_of(request)))


@get("/{path:path}", sync_to_thread=True)
def read_path(request: Asked, reads: GivenReads, principal: GivenPrincipal, path: str) -> Response[bytes]:
    """A list, one of it, a property, or links."""
    return answer_get(reads, principal, root_of(request), path, _pairs(request))


def _pairs(request: Asked) -> list[tuple[str, str]]:
    text = request.scope["query_string"].decode("latin-1")
    try:
        return parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text), errors="strict")
    except (ValueError, UnicodeDecodeError) as error:
        raise BadRequest(f"the query cannot be read: {error}", where="query") from error


# --- writing ---


def _writer(request: Asked) -> Writer:
    writes: Writes = request.app.state.writes
    authorization = request.headers.get("authorization")
    return Writer(writes, writes.of(authorization.encode("latin-1") if authorization else None))


def _target(request: Asked, reads: Reads, writer: Writer, path: str) -> Target:
    """What an address leads to, as far as the one who writes may see it."""
    address = parse_address(path)
    target = writer.target(address)
    if target is None:
        target = Reader(reads, writer.principal, root_of(request)).resolve(address)
    if target.path:
        raise BadRequest(
            "properties are written with their whole", where=path, hint="PATCH the thing itself."
        )
    return target


def _check_media(request: Asked, *kinds: str) -> str:
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind not in ("application/json", *kinds):
        raise WrongMedia(f"{kind!r} is not read here", hint="Send application/json.")
    return kind


@post("/{path:path}", status_code=201)
async def create(request: Asked, reads: GivenReads, path: str) -> Response[bytes]:
    """Make one, with everything inside it."""
    _check_media(request)
    writer = _writer(request)
    target = _target(request, reads, writer, path)
    if target.id is not None:
        raise BadRequest("a new one is made in a set", where=path)
    id_ = await writer.create(target, bodies.parse_json(await request.body()))
    link = f"{root_of(request)}/{target.of.name}({id_})"
    return answer({"@iot.id": id_, "@iot.selfLink": link}, 201, location=link)


@patch("/{path:path}")
async def change(request: Asked, reads: GivenReads, path: str) -> Response[bytes]:
    """Change what the body names."""
    return await _change(request, reads, path, whole=False)


@put("/{path:path}")
async def replace_whole(request: Asked, reads: GivenReads, path: str) -> Response[bytes]:
    """Replace all properties."""
    return await _change(request, reads, path, whole=True)


async def _change(request: Asked, reads: Reads, path: str, *, whole: bool) -> Response[bytes]:
    kind = _check_media(request, *(() if whole else (JSON_PATCH,)))
    writer = _writer(request)
    target = await to_thread(_target, request, reads, writer, path)
    if target.id is None:
        raise BadRequest("a whole list is not changed", where=path)
    body = bodies.parse_json(await request.body())
    reader = Reader(reads, writer.principal, root_of(request))
    if kind == JSON_PATCH:
        body = patched(await to_thread(reader.one, Target(target.of, target.id)), body)
    await writer.change(target, body, whole=whole)
    return answer(await to_thread(reader.one, Target(target.of, target.id)))


@delete("/{path:path}", status_code=200)
async def remove(request: Asked, reads: GivenReads, path: str) -> Response[bytes]:
    """Delete one, with what cannot be without it."""
    writer = _writer(request)
    target = await to_thread(_target, request, reads, writer, path)
    if target.id is None:
        raise BadRequest("a whole list is not deleted", where=path)
    await writer.delete(target)
    return answer(b"")


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
