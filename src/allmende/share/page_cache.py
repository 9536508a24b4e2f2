"""Pages are kept whole, compressed, for readers without a key or a sign-in, until something is published.

An entry is known by host, address, query, wanted formats, compression and the store's generation, so a
publication ends all of them at once; after a minute it ends by itself, because pages say how old data are. Every
whole answer gets an ETag. Answers to readers with a key or a sign-in are never kept, here or anywhere.
"""

from __future__ import annotations

import gzip
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from anyio.to_thread import run_sync

from allmende.share.asgi import App, Message, Receive, Scope, Send
from allmende.share.people.cookie import carries

Headers = list[tuple[bytes, bytes]]
_Key = tuple[bytes, str, bytes, bytes, bool, int]
_TEXT = (
    b"text/", b"application/json", b"application/problem+json", b"application/geo+json",
    b"application/ld+json", b"image/svg", b"application/xml", b"application/javascript",
)  # fmt: skip
SECONDS = 60.0
LARGEST_PAGE = 512 * 1024
MOST_BYTES = 24 * 1024 * 1024
_WORTH_COMPRESSING = 600
_LONG = 64 * 1024
"""From here on hashing and compressing (2 ms and more) would let all other readers wait: a thread does it."""
_VARY = (b"accept", b"accept-encoding", b"authorization", b"cookie")
"""What answers are told apart by; what depends on anything else is not kept."""


@dataclass(frozen=True, slots=True)
class Page:
    """A whole answer as it goes over the wire."""

    status: int
    headers: Headers
    body: bytes
    etag: bytes


class PageCache:
    """Wraps an app. `generation` is asked once per request that could be answered from the cache."""

    def __init__(self, app: App, generation: Callable[[], int]) -> None:
        self._app = app
        self._generation = generation
        self._pages: OrderedDict[_Key, tuple[float, Page]] = OrderedDict()
        self._bytes = 0
        self.hits = 0
        self.misses = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from the cache, or ask the app and keep its answer if it is whole."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        asked = dict(scope["headers"])
        gzipped = b"gzip" in asked.get(b"accept-encoding", b"")
        if b"authorization" in asked or carries(asked.get(b"cookie", b"")):
            await self._app(scope, receive, _Whole(send, asked, gzipped, private=True))
            return
        # Some pages name the address they were asked under: kept ones must not carry it to others.
        host = asked.get(b"host", b"")
        wanted = asked.get(b"accept", b"")
        key = (host, scope["path"], scope["query_string"], wanted, gzipped, self._generation())
        page = self._get(key)
        if page is None:
            self.misses += 1
            await self._app(scope, receive, _Whole(send, asked, gzipped, keep=lambda p: self._put(key, p)))
        else:
            self.hits += 1
            await _send_page(send, page, asked)

    def _get(self, key: _Key) -> Page | None:
        found = self._pages.get(key)
        if found is None or found[0] < time.monotonic():
            return None
        self._pages.move_to_end(key)
        return found[1]

    def _put(self, key: _Key, page: Page) -> None:
        old = self._pages.pop(key, None)
        self._bytes += len(page.body) - (len(old[1].body) if old else 0)
        self._pages[key] = (time.monotonic() + SECONDS, page)
        while self._bytes > MOST_BYTES:
            _, (_, dropped) = self._pages.popitem(last=False)
            self._bytes -= len(dropped.body)


class _Whole:
    """Holds an answer back until it is known to be whole; streams are passed on as they come."""

    def __init__(
        self,
        send: Send,
        asked: dict[bytes, bytes],
        gzipped: bool,
        *,
        keep: Callable[[Page], None] | None = None,
        private: bool = False,
    ) -> None:
        self._send = send
        self._asked = asked
        self._gzipped = gzipped
        self._keep = keep
        self._private = private
        self._start: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        if self._start is None or message["type"] != "http.response.body":
            await self._send(message)
            return
        start, self._start = self._start, None
        if message.get("more_body"):
            known = [(k.lower(), v) for k, v in start["headers"]]
            await self._send({**start, "headers": [*known, *self._caching(known)]})
            await self._send(message)
            return
        await self._finish(start, message.get("body", b""))

    async def _finish(self, start: Message, body: bytes) -> None:
        headers: Headers = [(k.lower(), v) for k, v in start["headers"]]
        told = (start["status"], [*headers, *self._caching(headers)], body, self._gzipped)
        page = await run_sync(_page, *told) if len(body) > _LONG else _page(*told)
        if self._keep and page.status == 200 and len(body) <= LARGEST_PAGE and not _fleeting(headers):
            self._keep(page)
        await _send_page(self._send, page, self._asked)

    def _caching(self, headers: Headers) -> Headers:
        vary = [(b"vary", b", ".join(_VARY))]
        if any(name == b"cache-control" for name, _ in headers):
            return vary
        return [*vary, (b"cache-control", b"private, no-store" if self._private else b"no-cache")]


def _fleeting(headers: Headers) -> bool:
    return any(
        name == b"set-cookie"
        or (name == b"cache-control" and b"no-store" in value)
        or (name == b"vary" and not _told_apart(value))
        for name, value in headers
    )


def _told_apart(vary: bytes) -> bool:
    """True when the cache tells all answers apart that this `Vary` tells apart."""
    return all(name.strip().lower() in _VARY for name in vary.split(b","))


def _page(status: int, headers: Headers, body: bytes, gzipped: bool) -> Page:
    """The answer with length, ETag and, when it is text of some length, compressed."""
    named = dict(headers)
    etag = named.get(b"etag") or b'W/"' + hashlib.sha256(body).hexdigest()[:20].encode() + b'"'
    kept = [(k, v) for k, v in headers if k not in (b"content-length", b"etag")]
    text = named.get(b"content-type", b"").startswith(_TEXT) and b"content-encoding" not in named
    if gzipped and text and len(body) > _WORTH_COMPRESSING:
        body = gzip.compress(body, 6 if len(body) <= LARGEST_PAGE else 1, mtime=0)
        kept.append((b"content-encoding", b"gzip"))
    if status == 200:
        kept.append((b"etag", etag))
    return Page(status, [*kept, (b"content-length", str(len(body)).encode())], body, etag)


async def _send_page(send: Send, page: Page, asked: dict[bytes, bytes]) -> None:
    same = page.status == 200 and _matches(asked.get(b"if-none-match", b""), page.etag)
    if same:
        kept = [(k, v) for k, v in page.headers if k not in (b"content-length", b"content-encoding")]
        await send({"type": "http.response.start", "status": 304, "headers": kept})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        return
    await send({"type": "http.response.start", "status": page.status, "headers": list(page.headers)})
    await send({"type": "http.response.body", "body": page.body, "more_body": False})


def _matches(asked: bytes, etag: bytes) -> bool:
    """The weak comparison of RFC 9110."""
    plain = etag.removeprefix(b"W/")
    return any(one.strip().removeprefix(b"W/") in (plain, b"*") for one in asked.split(b",") if one.strip())
