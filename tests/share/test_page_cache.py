"""Pages are kept whole until something is published; never those of readers with a key."""

from __future__ import annotations

import asyncio
import gzip
import threading
from typing import Any

import pytest

from allmende.share import page_cache
from allmende.share.asgi import Message, Receive, Scope, Send
from allmende.share.headers import with_headers
from allmende.share.page_cache import PageCache


class Counting:
    """An app that says how often it was asked."""

    def __init__(self, kind: str = "text/html", status: int = 200, parts: int = 1) -> None:
        self.asked = 0
        self.kind, self.status, self.parts = kind, status, parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        headers = [(b"Content-Type", self.kind.encode())]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        for left in range(self.parts, 0, -1):
            body = f"page {self.asked} ".encode() * 100
            await send({"type": "http.response.body", "body": body, "more_body": left > 1})


def ask(
    app: Any, path: str = "/", *, method: str = "GET", query: bytes = b"", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """One request; status, headers and body."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "query_string": query, "headers": named}
    asyncio.run(app(scope, receive, send))
    found = {k.decode().lower(): v.decode() for k, v in sent[0]["headers"]}
    return sent[0]["status"], found, b"".join(message.get("body", b"") for message in sent[1:])


def test_the_same_page_is_made_once() -> None:
    """The second reader gets the kept page; another query is another page."""
    app = Counting()
    cache = PageCache(app, lambda: 1)
    first, second = ask(cache), ask(cache)
    assert first == second
    assert app.asked == 1
    ask(cache, query=b"q=1")
    ask(cache, "/en")
    assert app.asked == 3


def test_a_publication_ends_all_pages() -> None:
    """The store's generation is part of the key."""
    app, generation = Counting(), [1]
    cache = PageCache(app, lambda: generation[0])
    ask(cache)
    generation[0] = 2
    ask(cache)
    assert app.asked == 2


def test_a_page_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages say how old data are, so none is older than a minute."""
    app = Counting()
    monkeypatch.setattr(page_cache, "SECONDS", -1.0)
    cache = PageCache(app, lambda: 1)
    ask(cache)
    ask(cache)
    assert app.asked == 2


def test_readers_with_a_key_are_never_kept() -> None:
    """Neither here nor in any cache on the way."""
    app = Counting()
    cache = PageCache(app, lambda: 1)
    for _ in range(2):
        _, headers, _ = ask(cache, authorization="Bearer x")
        assert headers["cache-control"] == "private, no-store"
    assert app.asked == 2
    ask(cache)
    assert app.asked == 3


@pytest.mark.parametrize("status", [404, 500, 302])
def test_only_good_pages_are_kept(status: int) -> None:
    """An error is asked for again."""
    app = Counting(status=status)
    cache = PageCache(app, lambda: 1)
    ask(cache)
    ask(cache)
    assert app.asked == 2


def test_streams_pass_through() -> None:
    """What comes in parts is neither kept nor held back."""
    app = Counting(parts=3)
    cache = PageCache(app, lambda: 1)
    assert len(ask(cache)[2]) == 3 * 700
    ask(cache)
    assert app.asked == 2


def test_text_is_compressed_and_pictures_are_not() -> None:
    """gzip for those who take it, with the right length; bytes of pictures stay."""
    cache = PageCache(Counting(), lambda: 1)
    _, headers, body = ask(cache, accept_encoding="gzip")
    assert headers["content-encoding"] == "gzip"
    assert int(headers["content-length"]) == len(body) < 300
    assert gzip.decompress(body) == b"page 1 " * 100
    assert (
        "content-encoding" not in ask(PageCache(Counting("image/png"), lambda: 1), accept_encoding="gzip")[1]
    )


def test_an_unchanged_page_is_not_sent_again() -> None:
    """If-None-Match with the page's ETag is answered 304 without a body."""
    cache = PageCache(Counting(), lambda: 1)
    etag = ask(cache)[1]["etag"]
    status, headers, body = ask(cache, if_none_match=f'"other", {etag}')
    assert (status, body, headers["etag"]) == (304, b"", etag)
    assert ask(cache, if_none_match='"other"')[0] == 200


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many addresses push out the oldest pages."""
    monkeypatch.setattr(page_cache, "MOST_BYTES", 2_000)
    app = Counting()
    cache = PageCache(app, lambda: 1)
    for number in range(10):
        ask(cache, query=str(number).encode())
    assert cache._bytes <= 2_000
    ask(cache, query=b"0")
    assert app.asked == 11


def test_head_is_get_without_a_body() -> None:
    """With the same headers; and the policy stands on every answer."""
    app = with_headers(PageCache(Counting(), lambda: 1))
    status, headers, body = ask(app, method="HEAD")
    assert (status, body, headers["content-length"]) == (200, b"", "700")
    assert "'unsafe" not in headers["content-security-policy"]
    assert "set-cookie" not in headers


def test_a_page_asked_under_another_host_is_not_given_to_others() -> None:
    """Pages may name the host they were asked under, so a forged one never reaches another reader."""
    app = Counting()
    cache = PageCache(app, lambda: 1)
    _, _, forged = ask(cache, "/sitemap.xml", host="evil.example")
    _, _, honest = ask(cache, "/sitemap.xml", host="city.example")
    assert forged != honest
    assert ask(cache, "/sitemap.xml", host="city.example")[2] == honest
    assert app.asked == 2


def test_a_page_in_another_format_is_another_page() -> None:
    """Who asks for CSV is not given the JSON of the reader before; caches on the way are told so."""
    app = Counting()
    cache = PageCache(app, lambda: 1)
    _, headers, json = ask(cache, accept="application/json")
    _, _, csv = ask(cache, accept="text/csv")
    assert json != csv
    assert ask(cache, accept="application/json")[2] == json
    assert app.asked == 2
    assert "accept" in [name.strip() for name in headers["vary"].split(",")]


class Choosing(Counting):
    """An app that answers by a header that the cache does not look at."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        headers = [(b"content-type", b"text/html"), (b"vary", b"Accept, Accept-Language")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"page", "more_body": False})


def test_what_depends_on_something_else_is_not_kept() -> None:
    """An answer by language would else reach a reader of another one."""
    app = Choosing()
    cache = PageCache(app, lambda: 1)
    ask(cache, accept_language="de")
    ask(cache, accept_language="en")
    assert app.asked == 2


class Long(Counting):
    """An app with pages of a megabyte."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"x" * 1_000_000, "more_body": False})


def test_long_pages_do_not_let_others_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Megabytes are compressed in a thread, so that the server answers others meanwhile."""
    used: list[threading.Thread] = []
    compress = gzip.compress

    def watched(*args: Any, **named: Any) -> bytes:
        used.append(threading.current_thread())
        return compress(*args, **named)

    monkeypatch.setattr(gzip, "compress", watched)
    for app, beside in ((Long(), True), (Counting(), False)):
        _, _, body = ask(PageCache(app, lambda: 1), accept_encoding="gzip")
        assert (used.pop() is not threading.main_thread()) == beside
        assert gzip.decompress(body)
