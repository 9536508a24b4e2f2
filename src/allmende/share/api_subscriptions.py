"""`/api/v1/subscriptions`: make, see and end subscriptions, and try again what was given up."""

from __future__ import annotations

from asyncio import to_thread
from typing import Any

import msgspec
from litestar import Request, delete, get, post

from allmende.errors import RecipeInvalid
from allmende.model.access import Principal
from allmende.model.subscription import Receiver
from allmende.share.given import GivenClock
from allmende.share.subscribing import Subscribing
from allmende.share.subscription_bodies import Json, parse_wished, shape_given_up, shape_subscription

Asked = Request[Any, Any, Any]


def _gate(request: Asked) -> tuple[Subscribing, Principal]:
    """The gate, and who asks (for writing: a server on the loopback may let everybody). Raises NotAllowed."""
    authorization = request.headers.get("authorization")
    principal = request.app.state.writers.of(authorization.encode("latin-1") if authorization else None)
    return request.app.state.subscribing, principal


@get("/subscriptions", sync_to_thread=True)
def subscriptions(request: Asked) -> Json:
    """The subscriptions of your key."""
    gate, principal = _gate(request)
    return {"subscriptions": [shape_subscription(one) for one in gate.all(principal)]}


@post("/subscriptions")
async def subscribe(request: Asked, clock: GivenClock) -> Json:
    """Make a subscription. The answer has the secret that events are signed with: it is shown only now."""
    gate, principal = _gate(request)
    await to_thread(gate.all, principal)
    wished = parse_wished(await request.body())
    made = await to_thread(gate.add, principal, wished, clock.now())
    secret = {"secret": made.to.secret} if isinstance(made.to, Receiver) else {}
    return shape_subscription(made) | secret


@get("/subscriptions/{name:str}", sync_to_thread=True)
def subscription(request: Asked, name: str) -> Json:
    """One of them, and how it is doing."""
    gate, principal = _gate(request)
    found = gate.one(principal, name)
    return shape_subscription(found, gate.progress(principal, found))


@delete("/subscriptions/{name:str}", sync_to_thread=True)
def unsubscribe(request: Asked, name: str) -> None:
    """End it, with everything that waits for it."""
    gate, principal = _gate(request)
    gate.remove(principal, name)


@get("/subscriptions/{name:str}/given-up", sync_to_thread=True)
def given_up(request: Asked, name: str, after: int = 0) -> Json:
    """Events that nobody tries any more, oldest first, a hundred at a time."""
    gate, principal = _gate(request)
    found = gate.one(principal, name)
    events = gate.given_up(principal, found, after)
    return {"given_up": [shape_given_up(found, event) for event in events]}


@post("/subscriptions/{name:str}/retry", status_code=200)
async def retry(request: Asked, name: str) -> Json:
    """Try events that were given up again: all, or those with the `numbers` in the body."""
    gate, principal = _gate(request)
    numbers = _numbers(await request.body())
    return {"again": await to_thread(gate.retry, principal, name, numbers)}


def _numbers(body: bytes) -> list[int] | None:
    if not body.strip():
        return None
    try:
        return msgspec.json.decode(body, type=dict[str, list[int]])["numbers"]
    except (msgspec.MsgspecError, KeyError) as error:
        raise RecipeInvalid('the body is not {"numbers": [1, 2]}') from error


SUBSCRIPTION_ROUTES = [subscriptions, subscribe, subscription, unsubscribe, given_up, retry]
