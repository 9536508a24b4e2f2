"""Several requests in one: JSON (OData 4.01 JSON Format, section 19) and multipart/mixed (18-088, section 11).

Requests of one atomicity group (a change set) are done all together or not at all, as far as things are
concerned; their observations follow in a second transaction. A request may use
what an earlier one made: `$1` in its address, or as an `@iot.id` in its body, is the new thing's.
"""

from __future__ import annotations

import email.parser
import email.policy
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
from litestar import Response

from allmende.errors import AllmendeError
from allmende.standards.sensorthings import bodies
from allmende.standards.sensorthings.answers import answer
from allmende.standards.sensorthings.errors import body_of, status_of
from allmende.standards.sensorthings.faults import BadRequest, NotDone
from allmende.standards.sensorthings.service import Asked, Service, content_of
from allmende.standards.sensorthings.write import Group

MOST = 1_000
_REFERENCE = re.compile(r"^\$([\w.-]+)")
_METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """One request of a batch; `group` is the change set that it belongs to."""

    id: str
    asked: Asked
    group: str = ""


@dataclass(slots=True)
class Done:
    """What has been answered, and under which address each request's new thing is."""

    answers: list[Json] = field(default_factory=list)
    made: dict[str, str] = field(default_factory=dict)


async def answer_batch(service: Service, body: bytes, media: str) -> Response[bytes]:
    """The answers to all requests, in the form in which they came."""
    is_json = media.partition(";")[0].strip().lower() in ("application/json", "")
    parts = parse_json_batch(body) if is_json else parse_multipart(body, media)
    if len(parts) > MOST:
        raise BadRequest(f"a batch has at most {MOST} requests", where="requests")
    done = Done()
    for group in _groups(parts):
        await (_do_alone(service, group[0], done) if not group[0].group else _do_group(service, group, done))
    if is_json:
        return answer({"responses": done.answers})
    return _multipart(done.answers)


def _groups(parts: Sequence[Part]) -> list[list[Part]]:
    found: list[list[Part]] = []
    for part in parts:
        if found and part.group and found[-1][0].group == part.group:
            found[-1].append(part)
        else:
            found.append([part])
    return found


async def _do_alone(service: Service, part: Part, done: Done) -> None:
    try:
        _note(part, await service.answer(_referring(part.asked, done.made)), done)
    except AllmendeError as error:
        _refuse(part, error, done)


async def _do_group(service: Service, parts: Sequence[Part], done: Done) -> None:
    """All or nothing: the first fault undoes what was done before it."""
    made = dict(done.made)
    answers: list[tuple[Part, Response[bytes]]] = []
    part = parts[0]
    try:
        group = service.writer().group()
        with group:
            for part in parts:
                if part.asked.method == "GET":
                    raise NotDone("a change set only writes")
                response = await service.within(group).answer(_referring(part.asked, made))
                made[part.id] = response.headers.get("location", "")
                answers.append((part, response))
        await service.writer().store(group.rows)
    except AllmendeError as error:
        for other in parts:
            _refuse(
                other,
                error if other is part else BadRequest("another request of the change set failed"),
                done,
            )
        return
    for done_part, response in answers:
        _note(done_part, _with_ids(service, response, group), done)


def _with_ids(service: Service, response: Response[bytes], group: Group) -> Response[bytes]:
    """Observations got their ids with the group's commit: `Observations(-1)` is its first row."""
    found = re.search(r"Observations\(-(\d+)\)", response.headers.get("location", ""))
    if found is None:
        return response
    id_ = group.rows[int(found[1]) - 1].id
    link = f"{service.root}/Observations({id_})"
    return answer({"@iot.id": id_, "@iot.selfLink": link}, 201, location=link)


def _note(part: Part, response: Response[bytes], done: Done) -> None:
    found: Json = {"id": part.id, "status": response.status_code or 200}
    location = response.headers.get("location")
    if location:
        found["location"] = location
        done.made[part.id] = location
    if response.content:
        is_json = str(response.media_type).startswith("application/json")
        found["body"] = content_of(response) if is_json else response.content.decode()
    done.answers.append(found)


def _refuse(part: Part, error: AllmendeError, done: Done) -> None:
    status = status_of(error)
    done.answers.append({"id": part.id, "status": status, "body": body_of(status, error)})


# --- references to what an earlier request made ---


def _referring(asked: Asked, made: dict[str, str]) -> Asked:
    found = _REFERENCE.match(asked.path.strip("/"))
    path = asked.path
    if found is not None and found[1] in made:
        path = made[found[1]].rpartition("/")[2] + asked.path.strip("/")[found.end() :]
    if b'"$' not in asked.body:
        return replace(asked, path=path)
    return replace(asked, path=path, body=msgspec.json.encode(_named(bodies.parse_json(asked.body), made)))


def _named(value: Any, made: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [_named(part, made) for part in value]
    if not isinstance(value, dict):
        return value
    found = {name: _named(part, made) for name, part in value.items()}
    reference = found.get("@iot.id")
    if isinstance(reference, str) and reference.startswith("$") and reference[1:] in made:
        found["@iot.id"] = int(made[reference[1:]].rpartition("(")[2].rstrip(")"))
    return found


# --- parsing ---


def parse_json_batch(body: bytes) -> list[Part]:
    """`{"requests": [{"id", "method", "url", "body", "atomicityGroup"}]}`."""
    found = bodies.parse_json(body)
    requests = found.get("requests") if isinstance(found, dict) else None
    if not isinstance(requests, list):
        raise BadRequest("a batch has a list of requests", where="requests")
    return [_json_part(number, request) for number, request in enumerate(requests, 1)]


def _json_part(number: int, request: Any) -> Part:
    if not isinstance(request, dict) or not isinstance(request.get("url"), str):
        raise BadRequest("a request has method and url", where=f"request {number}")
    given = request.get("headers") or {}
    if not isinstance(given, dict):
        raise BadRequest("headers is a JSON object", where=f"request {number}")
    headers = {str(name).lower(): value for name, value in given.items()}
    body = msgspec.json.encode(request["body"]) if request.get("body") is not None else b""
    asked = asked_of(
        str(request.get("method", "")).upper(),
        request["url"],
        str(headers.get("content-type", "application/json")),
        body,
        number,
    )
    return Part(str(request.get("id", number)), asked, str(request.get("atomicityGroup", "")))


def asked_of(method: str, url: str, media: str, body: bytes, number: int) -> Asked:
    """A request of a batch, its address below the root of the service, however it was written."""
    if method not in _METHODS:
        raise BadRequest(f"there is no method {method!r}", where=f"request {number}")
    try:
        split = urlsplit(url)
    except ValueError as error:
        raise BadRequest(f"{url!r} is no address: {error}", where=f"request {number}") from error
    path = split.path.partition("/v1.1/")[2] if "/v1.1/" in split.path else split.path
    return Asked(method, path, parse_qsl(split.query, keep_blank_values=True), media, body)


def parse_multipart(body: bytes, media: str) -> list[Part]:
    """multipart/mixed with parts of application/http; change sets are multiparts inside."""
    if not media.lower().startswith("multipart/mixed"):
        raise BadRequest("a batch is application/json or multipart/mixed", where="content-type")
    head = f"Content-Type: {media}\r\n\r\n".encode()
    whole = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
    if not whole.is_multipart():
        raise BadRequest("the parts of the batch cannot be told apart", where="boundary")
    parts: list[Part] = []
    for number, piece in enumerate(whole.iter_parts(), 1):
        if piece.is_multipart():
            parts += [
                _http_part(inner, len(parts) + place, f"set{number}")
                for place, inner in enumerate(piece.iter_parts(), 1)
            ]
        else:
            parts.append(_http_part(piece, len(parts) + 1, ""))
    return parts


def _http_part(piece: Any, number: int, group: str) -> Part:
    raw = piece.get_payload(decode=True) or b""
    head, _, body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    first, *lines = head.decode("latin-1").strip().split("\n")
    words = first.split()
    if len(words) < 2:
        raise BadRequest("a part begins with method and address", where=f"part {number}")
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    asked = asked_of(
        words[0].upper(), words[1], headers.get("content-type", "application/json"), body.strip(), number
    )
    return Part(str(piece.get("Content-ID", number)), asked, group)


def _multipart(answers: Sequence[Json]) -> Response[bytes]:
    boundary = "batch_answers"
    pieces = [_piece(found) for found in answers]
    text = "".join(f"--{boundary}\r\n{piece}\r\n" for piece in pieces) + f"--{boundary}--\r\n"
    return Response(
        text.encode(),
        status_code=200,
        media_type=f"multipart/mixed; boundary={boundary}",
        headers={"cache-control": "no-store"},
    )


def _piece(found: Json) -> str:
    body = msgspec.json.encode(found["body"]).decode() if "body" in found else ""
    location = f"Location: {found['location']}\r\n" if "location" in found else ""
    return (
        f"Content-Type: application/http\r\nContent-ID: {found['id']}\r\n\r\n"
        f"HTTP/1.1 {found['status']} \r\n{location}Content-Type: application/json\r\n\r\n{body}"
    )
