"""`POST /api/v1/observations`: values pushed by programs, answered when they are on disk.

A plain ASGI handler, not one with injected parameters: this is the door that thousands of values per
second come through.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

import msgspec
from litestar import asgi
from litestar.types import Receive, Scope, Send

from allmende.errors import AllmendeError, NotAllowed
from allmende.model.message import Accepted, Message
from allmende.ports import Intake
from allmende.share.problems import plain_problem, problem
from allmende.share.writers import Writers

LARGEST_BODY = 10 * 1024 * 1024
PATH = "/api/v1/observations"
_BUSY_SECONDS = b"5"
Headers = list[tuple[bytes, bytes]]


class TooLarge(Exception):
    """The body is larger than we read."""


async def read_body(receive: Receive, headers: Mapping[bytes, bytes], largest: int = LARGEST_BODY) -> bytes:
    """The whole body of a request. Raises TooLarge, before reading when its length says so."""
    length = headers.get(b"content-length", b"0")
    if length.isdigit() and int(length) > largest:
        raise TooLarge
    chunks, size = list[bytes](), 0
    while True:
        event: Any = await receive()
        chunk = event.get("body", b"")
        size += len(chunk)
        if size > largest:
            raise TooLarge
        chunks.append(chunk)
        if not event.get("more_body"):
            return b"".join(chunks) if len(chunks) > 1 else chunk


async def send_json(send: Send, status: int, body: Any, headers: Headers | None = None) -> None:
    """Send a JSON answer; problems (RFC 9457) under their own media type."""
    text = msgspec.json.encode(body)
    kind = b"application/problem+json" if status >= 400 else b"application/json"
    start: Any = {
        "type": "http.response.start",
        "status": status,
        "headers": [
            (b"content-type", kind),
            (b"content-length", str(len(text)).encode()),
            (b"cache-control", b"no-store"),
            *(headers or ()),
        ],
    }
    await send(start)
    end: Any = {"type": "http.response.body", "body": text, "more_body": False}
    await send(end)


@asgi("/observations", copy_scope=False)
async def push_observations(scope: Scope, receive: Receive, send: Send) -> None:
    """Take one value or many: JSON, JSON lines or CSV. 201 when all, 200 when some, 422 when none."""
    if dict(scope)["method"] != "POST":
        await send_json(send, 405, plain_problem(405, PATH), [(b"allow", b"POST")])
        return
    try:
        status, body = await _take(scope, receive)
    except TooLarge:
        hint = f"Send at most {LARGEST_BODY // 2**20} MB at once."
        await send_json(send, 413, plain_problem(413, PATH, hint))
    except AllmendeError as error:
        status, body = problem(error, PATH)
        await send_json(send, status, body, [(b"retry-after", _BUSY_SECONDS)] if status == 503 else None)
    else:
        await send_json(send, status, body)


async def _take(scope: Scope, receive: Receive) -> tuple[int, dict[str, Any]]:
    headers = dict(cast(Headers, scope["headers"]))
    state = scope["litestar_app"].state
    writers: Writers = state.writers
    if not writers.of(headers.get(b"authorization")).may_write("observations", "http"):
        raise NotAllowed(
            "writing observations needs a key",
            hint="`allmende key CITY make --name NAME --scope write:observations`",
        )
    intake: Intake = state.intake
    message = Message(
        "http",
        await read_body(receive, headers),
        datetime.now(UTC),
        PATH,
        headers.get(b"content-type", b"").decode("latin-1"),
        _key(headers),
    )
    return answer_of(await intake.take(message))


def _key(headers: Mapping[bytes, bytes]) -> str | None:
    """The producer's own id of this message (`Idempotency-Key`): sent again, it is not stored again."""
    return headers[b"idempotency-key"].decode("latin-1")[:240] if b"idempotency-key" in headers else None


def answer_of(accepted: Accepted) -> tuple[int, dict[str, Any]]:
    """Status and body: what was stored under which ids, and what was not, with reasons."""
    ids = accepted.observation_ids
    body: dict[str, Any] = {
        "message": accepted.message_id,
        "stored": len(ids),
        "first_id": ids[0] if ids else None,
        "last_id": ids[-1] if ids else None,
        "repeated": accepted.repeated,
    }
    if accepted.rejected:
        body["rejected"] = [
            {"line": bad.row, "field": bad.column, "reason": bad.reason} for bad in accepted.rejected[:100]
        ]
        body["rejected_count"] = len(accepted.rejected)
    if accepted.status == "quarantined":
        return 422, plain_problem(422, PATH, accepted.reason) | body
    return (200 if accepted.rejected or accepted.repeated else 201), body
