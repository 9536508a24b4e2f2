"""`GET /api/v1/live`: new values as server-sent events, as long as the reader stays.

Each event has the observation's id; who comes back with it (`Last-Event-ID`, which browsers send by
themselves) continues where he was, from the store. Who reads too slowly is let go, to come back so.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import parse_qsl

import msgspec
from litestar import asgi
from litestar.types import Receive, Scope, Send

from allmende.errors import AllmendeError, NotAllowed, NotFound, RecipeInvalid
from allmende.model.subscription import Interest
from allmende.ports import Observations
from allmende.share.feed import Feed, Follower, Line
from allmende.share.metering import PURPOSE_HEADER
from allmende.share.principals import Principals
from allmende.share.problems import plain_problem, problem
from allmende.share.push import send_json
from allmende.share.reads import Reads
from allmende.share.told import told

_log = logging.getLogger(__name__)
PATH = "/api/v1/live"
HEARTBEAT = 15.0
LOOK_AGAIN = 60.0
"""Seconds between two looks whether the reader may still see what he follows."""
PATIENCE = 30.0
MOST_REPLAYED = 200_000
"""Who comes back after more new observations than these has to load the page again."""
MOST_NAMES = 1_000
_PAGE = 2_000
_RETRY = b"retry: 3000\n\n"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a request asks for: datastreams by name, or what things and properties take; and from where."""

    names: tuple[str, ...]
    interest: Interest
    after: int | None
    authorization: str | None = field(default=None, repr=False)
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class Live:
    """What following needs of the app."""

    feed: Feed
    reads: Reads
    principals: Principals
    observations: Observations

    async def readable(self, wish: Wish) -> frozenset[int]:
        """The datastreams the reader follows. Raises NotFound and NotAllowed."""

        def look() -> frozenset[int]:
            principal = self.principals.of(wish.authorization, wish.purpose)
            return self.reads.followed(principal, wish.names, wish.interest)

        return await asyncio.to_thread(look)


@asgi("/live", copy_scope=False)
async def follow_live(scope: Scope, receive: Receive, send: Send) -> None:
    """New values of datastreams, things or properties, as server-sent events."""
    live: Live = scope["litestar_app"].state.live
    try:
        if dict(scope)["method"] != "GET":
            await send_json(send, 405, plain_problem(405, PATH), [(b"allow", b"GET")])
            return
        wish = parse_wish(dict(scope))
        datastreams = await live.readable(wish)
        if cast(Any, scope).get("state", {}).get("head"):  # a HEAD, which `headers` makes a GET
            await _begin(send)
            await _put(send, b"", more=False)
            return
        async with live.feed.follow(datastreams) as follower:
            await _stream(live, wish, follower, receive, send)
    except AllmendeError as error:
        status, body = problem(error, PATH)
        await send_json(send, status, body, [(b"retry-after", b"30")] if status == 503 else None)


def parse_wish(scope: dict[str, Any]) -> Wish:
    """The wish in an ASGI scope. Raises RecipeInvalid."""
    headers = dict(cast(list[tuple[bytes, bytes]], scope["headers"]))
    query: dict[str, list[str]] = {"datastream": [], "thing": [], "property": [], "after": []}
    for name, value in parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True):
        if name not in query:
            raise RecipeInvalid(f"there is no parameter {name!r}", hint=f"There are {', '.join(query)}.")
        query[name].append(value)
    if not (query["datastream"] or query["thing"] or query["property"]):
        raise RecipeInvalid(
            "nothing is followed", hint="Ask for ?datastream=12, ?thing=KEY or ?property=KEY."
        )
    if sum(map(len, query.values())) > MOST_NAMES:
        raise RecipeInvalid(f"more than {MOST_NAMES} names", hint="Ask for things or a property instead.")
    after = headers.get(b"last-event-id", b"").decode("latin-1") or "".join(query["after"][-1:])
    authorization = headers.get(b"authorization")
    return Wish(
        tuple(query["datastream"]),
        Interest(things=tuple(query["thing"]), properties=tuple(query["property"])),
        _number(after),
        authorization.decode("latin-1") if authorization else None,
        headers.get(PURPOSE_HEADER.encode(), b"").decode("latin-1"),
    )


def _number(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise RecipeInvalid("the id to continue after is not one of ours", where=text[:40])
    return int(text)


# --- streaming ---


async def _stream(live: Live, wish: Wish, follower: Follower, receive: Receive, send: Send) -> None:
    await _begin(send)
    leaving = asyncio.create_task(_left(receive))
    sending = asyncio.create_task(_send_all(live, wish, follower, send))
    try:
        await asyncio.wait({leaving, sending}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (leaving, sending):
            task.cancel()
        ended = await asyncio.gather(leaving, sending, return_exceptions=True)
    for error in ended:
        if isinstance(error, Exception) and not isinstance(error, TimeoutError | OSError):
            _log.warning("a live stream ended: %s", error)


async def _begin(send: Send) -> None:
    start: Any = {
        "type": "http.response.start",
        "status": 200,
        "headers": [
            (b"content-type", b"text/event-stream; charset=utf-8"),
            (b"cache-control", b"no-store"),
            (b"x-accel-buffering", b"no"),  # proxies must not hold events back
        ],
    }
    await send(start)
    await _put(send, _RETRY)


async def _left(receive: Receive) -> None:
    while True:
        event: Any = await receive()
        if event["type"] == "http.disconnect":
            return


async def _send_all(live: Live, wish: Wish, follower: Follower, send: Send) -> None:
    last = wish.after or 0
    if wish.after is not None:
        async for row_id, text in _missed(live, wish.after, follower):
            await _put(send, text)
            last = row_id
    look_again = time.monotonic() + LOOK_AGAIN
    while not (follower.behind or follower.ended):
        if time.monotonic() > look_again:
            if not follower.datastreams <= await _still(live, wish):
                break
            look_again = time.monotonic() + LOOK_AGAIN
        lines = await _next_lines(follower)
        fresh = [line for line in lines if line[0] is None or line[0] > last]
        await _put(send, b"".join(map(_event, fresh)) or b":\n\n")
        last = max([last, *(id_ for id_, _ in fresh if id_ is not None)])
    await _put(send, b"", more=False)


async def _still(live: Live, wish: Wish) -> frozenset[int]:
    """What the reader may see now; nothing when his key is over."""
    try:
        return await live.readable(wish)
    except (NotAllowed, NotFound):
        return frozenset()


async def _next_lines(follower: Follower) -> list[Line]:
    """Everything that waits; empty after a heartbeat's time without anything."""
    try:
        found = [await asyncio.wait_for(follower.lines.get(), HEARTBEAT)]
    except TimeoutError:
        return []
    while not follower.lines.empty():
        found.append(follower.lines.get_nowait())
    return [line for line in found if line is not None]


async def _missed(live: Live, after: int, follower: Follower) -> AsyncIterator[tuple[int, bytes]]:
    """What was stored since `after`, page by page; `gap` first when that is too long ago."""
    newest = await asyncio.to_thread(live.observations.newest_id)
    if newest - after > MOST_REPLAYED:
        yield newest, b"event: gap\nid: %d\ndata: {}\n\n" % newest
        return
    while True:
        rows = await asyncio.to_thread(live.observations.since, after, follower.datastreams, _PAGE)
        for row in rows:
            yield row.id, _event((row.id, msgspec.json.encode(told(row))))
        if len(rows) < _PAGE:
            return
        after = rows[-1].id


def _event(line: Line) -> bytes:
    id_, text = line
    name = b"correction" if id_ is None else b"observation"
    number = b"" if id_ is None else b"id: %d\n" % id_
    return b"event: %s\n%sdata: %s\n\n" % (name, number, text)


async def _put(send: Send, body: bytes, *, more: bool = True) -> None:
    """Send a part; TimeoutError when the reader takes nothing for a while."""
    event: Any = {"type": "http.response.body", "body": body, "more_body": more}
    async with asyncio.timeout(PATIENCE):
        await send(event)
