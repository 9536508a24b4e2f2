"""The service's routes: parse, plan, read, shape; or parse, check, write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, quote

import msgspec
from litestar import Request, Response, Router, delete, get, patch, post, put

from allmende.errors import AllmendeError, NotFound
from allmende.model.access import Principal
from allmende.share.given import GivenPrincipal, GivenReads
from allmende.share.push import LARGEST_BODY
from allmende.share.reads import Reads
from allmende.share.writes import Writes
from allmende.standards.sensorthings import bodies, shape
from allmende.standards.sensorthings.addresses import Address, parse_address
from allmende.standards.sensorthings.errors import refuse
from allmende.standards.sensorthings.faults import BadRequest, WrongMedia
from allmende.standards.sensorthings.landing import landing
from allmende.standards.sensorthings.options import parse_options
from allmende.standards.sensorthings.plan import Plan, is_by_id, plan_list
from allmende.standards.sensorthings.read import Reader, Target
from allmende.standards.sensorthings.write import Writer

PATH = "/sta/v1.1"
Asked = Request[Any, Any, Any]
_LIVE = {"cache-control": "no-store", "access-control-allow-origin": "*"}


def root_of(request: Asked) -> str:
    """The address of the service as the reader wrote it."""
    return str(request.base_url).rstrip("/") + PATH


def _answer(content: Any, status: int = 200, **headers: str) -> Response[bytes]:
    text = content if isinstance(content, bytes) else msgspec.json.encode(content)
    return Response(text, status_code=status, media_type="application/json", headers=_LIVE | headers)


# --- reading ---


@get("/", sync_to_thread=False)
def read_landing(request: Asked) -> Response[bytes]:
    """The sets, and what of the standard is kept."""
    return _answer(landing(root_of(request)))


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


def answer_get(
    reads: Reads, principal: Principal, root: str, path: str, pairs: Sequence[tuple[str, str]]
) -> Response[bytes]:
    """The answer to a GET at `path` below the service's root."""
    reader = Reader(reads, principal, root)
    address = parse_address(path)
    options = parse_options(pairs)
    target = reader.resolve(address)
    if target.path:
        return _property(reader, target, address)
    plan = plan_list(target.of, options, target.owner)
    if target.id is not None:
        one = reader.one(target, plan)
        return _answer({"@iot.selfLink": one["@iot.selfLink"]} if address.ending == "$ref" else one)
    if address.ending == "$value":
        raise NotFound("a list has no $value", where=path)
    if address.ending == "$ref":
        return _answer({"value": [{"@iot.selfLink": one["@iot.selfLink"]} for one in reader.page(plan)]})
    return _list(reader, plan, f"{root}/{path.strip('/')}", pairs)


def _property(reader: Reader, target: Target, address: Address) -> Response[bytes]:
    """One property, in an object or, with `$value`, bare."""
    one = reader.one(Target(target.of, target.id))
    value: Any = one
    names = ["@iot.id" if name == "id" else name for name in target.path]
    for name in names:
        if not isinstance(value, dict) or name not in value:
            raise NotFound(f"there is no {'/'.join(target.path)!r}", where="/".join(target.path))
        value = value[name]
    if address.ending != "$value":
        return _answer({names[-1]: value})
    text = value.encode() if isinstance(value, str) else msgspec.json.encode(value)
    kind = "text/plain" if not isinstance(value, dict | list) else "application/json"
    return Response(text, media_type=kind, headers=_LIVE)


def _list(reader: Reader, plan: Plan, link: str, pairs: Sequence[tuple[str, str]]) -> Response[bytes]:
    head: dict[str, Any] = {}
    if plan.options.count:
        head["@iot.count"] = reader.count(plan)
    if plan.of.kind == "observation":
        return _observations(reader, plan, head, link, pairs)
    values = reader.page(plan) if plan.query.top else []
    if plan.query.top and len(values) == plan.query.top:
        head["@iot.nextLink"] = _next(link, pairs, plan, values[-1].get("@iot.id"), None)
    return _answer(head | {"value": values})


def _observations(
    reader: Reader, plan: Plan, head: dict[str, Any], link: str, pairs: Sequence[tuple[str, str]]
) -> Response[bytes]:
    rows = reader.rows(plan) if plan.query.top else []
    if rows and len(rows) == plan.query.top:
        head["@iot.nextLink"] = _next(link, pairs, plan, rows[-1][shape.ID], rows[-1][shape.TIME])
    names = reader.stream_sets(rows)
    if plan.options.result_format == "dataArray":
        streams = {id_: [row for row in rows if row[shape.STREAM] == id_] for id_ in names}
        return _answer(head | {"value": shape.data_array(reader.root, streams, names)})
    if plan.options.select or plan.expands or len(set(names.values())) > 1:
        return _answer(head | {"value": reader.shaped_rows(plan, rows)})
    text = shape.observations_text(reader.root, plan.of, rows, next(iter(names.values()), "Datastream"))
    start = msgspec.json.encode(head)[:-1]
    return _answer(start + (b"," if head else b"") + b'"value":' + text + b"}")


def _next(link: str, pairs: Sequence[tuple[str, str]], plan: Plan, id_: int | None, time: int | None) -> str:
    """The address of the next page: behind the last row where rows have an order of their own."""
    kept = [(name, text) for name, text in pairs if name not in ("$skip", "$skiptoken", "$top")]
    kept.append(("$top", str(plan.query.top)))
    if plan.newest_first and time is not None:
        kept.append(("$skiptoken", f"{time}.{id_}"))
    elif is_by_id(plan) and id_ is not None:
        kept.append(("$skiptoken", str(id_)))
    else:
        kept.append(("$skip", str(plan.query.skip + plan.query.top)))
    return f"{link}?{_encoded(kept)}"


def _encoded(pairs: Sequence[tuple[str, str]]) -> str:
    return "&".join(f"{quote(name, safe='$')}={quote(text, safe='$(),/:')}" for name, text in pairs)


# --- writing ---


def _writer(request: Asked) -> Writer:
    writes: Writes = request.app.state.writes
    authorization = request.headers.get("authorization")
    return Writer(writes, writes.of(authorization.encode("latin-1") if authorization else None))


def _target(request: Asked, reads: Reads, principal: Principal, path: str) -> Target:
    target = Reader(reads, principal, root_of(request)).resolve(parse_address(path))
    if target.path:
        raise BadRequest(
            "properties are written with their whole", where=path, hint="PATCH the thing itself."
        )
    return target


def _check_media(request: Asked, *kinds: str) -> None:
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind not in ("application/json", *kinds):
        raise WrongMedia(f"{kind!r} is not read here", hint="Send application/json.")


@post("/{path:path}", status_code=201)
async def create(request: Asked, reads: GivenReads, principal: GivenPrincipal, path: str) -> Response[bytes]:
    """Make one, with everything inside it."""
    _check_media(request)
    writer = _writer(request)
    target = _target(request, reads, principal, path)
    if target.id is not None:
        raise BadRequest("a new one is made in a set", where=path)
    id_ = await writer.create(target, bodies.parse_json(await request.body()))
    link = f"{root_of(request)}/{target.of.name}({id_})"
    return _answer({"@iot.id": id_, "@iot.selfLink": link}, 201, location=link)


@patch("/{path:path}")
async def change(request: Asked, reads: GivenReads, principal: GivenPrincipal, path: str) -> Response[bytes]:
    """Change what the body names."""
    return await _change(request, reads, principal, path, whole=False)


@put("/{path:path}")
async def replace_whole(
    request: Asked, reads: GivenReads, principal: GivenPrincipal, path: str
) -> Response[bytes]:
    """Replace all properties."""
    return await _change(request, reads, principal, path, whole=True)


async def _change(
    request: Asked, reads: Reads, principal: Principal, path: str, *, whole: bool
) -> Response[bytes]:
    _check_media(request)
    writer = _writer(request)
    target = _target(request, reads, principal, path)
    if target.id is None:
        raise BadRequest("a whole list is not changed", where=path)
    await writer.change(target, bodies.parse_json(await request.body()), whole=whole)
    one = Reader(reads, principal, root_of(request)).one(Target(target.of, target.id))
    return _answer(one)


@delete("/{path:path}", status_code=200)
async def remove(request: Asked, reads: GivenReads, principal: GivenPrincipal, path: str) -> Response[bytes]:
    """Delete one, with what cannot be without it."""
    writer = _writer(request)
    target = _target(request, reads, principal, path)
    if target.id is None:
        raise BadRequest("a whole list is not deleted", where=path)
    await writer.delete(target)
    return _answer(b"")


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
