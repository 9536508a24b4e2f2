"""`POST /api/v1/ways/{way}`: messages that network servers and devices post, kept before they are read.

A sender shows who it is by a token or a signature (the way's `[webhook]`), not by a key of a person.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from litestar import Request, Response, post

from allmende.city.secrets import read_secret
from allmende.errors import NotAllowed, NotFound, SourceRefused, StoreBusy
from allmende.model.city import City
from allmende.model.message import Accepted, Message
from allmende.model.way import Webhook
from allmende.ports import Intake
from allmende.share.problems import problem
from allmende.share.push import LARGEST_BODY

PATH = "/api/v1/ways/"
_KEY_HEADERS = ("idempotency-key", "webhook-id")


@post(["/ways/{way:str}", "/ways/{way:str}/{event:str}"], status_code=200, request_max_body_size=LARGEST_BODY)
async def take_message(request: Request[Any, Any, Any], way: str) -> Response[dict[str, Any]]:
    """Take one message. 200 when it is on disk, also when it could not be understood (`status` says so)."""
    webhook = webhook_of(request.app.state.reads.city, way)
    check_token(webhook, request.headers)
    payload = await request.body()
    check_signature(webhook, request.headers, payload)
    intake: Intake = request.app.state.intake
    kind = request.headers.get("content-type", "")
    message = Message(way, payload, datetime.now(UTC), _topic(request), kind, _key(request.headers))
    try:
        return Response(answer_of(await intake.take(message)))
    except StoreBusy as error:
        status, body = problem(error, str(request.url.path))
        return Response(
            body, status_code=status, media_type="application/problem+json", headers={"retry-after": "5"}
        )


def webhook_of(city: City, name: str) -> Webhook:
    """The webhook of a way; NotFound when nobody may post there."""
    way = city.ways.get(name)
    if way is None or way.webhook is None:
        raise NotFound("nobody may post here", where=f"{PATH}{name}")
    return way.webhook


def check_token(webhook: Webhook, headers: Mapping[str, str]) -> None:
    """NotAllowed unless the token stands in its header (RFC 6750 or bare); compared in constant time."""
    if not webhook.token:
        return
    given = headers.get(webhook.header.lower(), "").removeprefix("Bearer ").encode()
    if not hmac.compare_digest(given, _secret(webhook.token)):
        raise NotAllowed(f"the token in the header {webhook.header} is missing or wrong")


def check_signature(webhook: Webhook, headers: Mapping[str, str], payload: bytes) -> None:
    """NotAllowed unless the header holds the body's HMAC-SHA256 (RFC 2104) in hexadecimal."""
    if not webhook.secret:
        return
    given = headers.get(webhook.header.lower(), "").removeprefix("sha256=").lower().encode()
    wanted = hmac.new(_secret(webhook.secret), payload, sha256).hexdigest().encode()
    if not hmac.compare_digest(given, wanted):
        raise NotAllowed(f"the signature in the header {webhook.header} is missing or wrong")


def _secret(written: str) -> bytes:
    try:
        return read_secret(written).encode()
    except SourceRefused as error:
        raise NotAllowed("this way in is closed: its secret is not set on the server") from error


def _topic(request: Request[Any, Any, Any]) -> str:
    """The address with its question: network servers say there which event it is."""
    query = request.scope["query_string"].decode("latin-1")
    path = str(request.scope["path"])
    return f"{path}?{query}"[:1000] if query else path[:1000]


def _key(headers: Mapping[str, str]) -> str | None:
    return next((headers[name][:240] for name in _KEY_HEADERS if name in headers), None)


def answer_of(accepted: Accepted) -> dict[str, Any]:
    """What became of the message."""
    return {
        "message": accepted.message_id,
        "status": accepted.status,
        "reason": accepted.reason,
        "stored": len(accepted.observation_ids),
        "repeated": accepted.repeated,
    }
