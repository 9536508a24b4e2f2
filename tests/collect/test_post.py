"""Posting: taken or not, and never to where nobody may post."""

from __future__ import annotations

import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import httpx
import pytest

from allmende.collect.post import GuardedPost
from allmende.errors import AllmendeError, SourceRefused, SourceUnreachable
from allmende.testing.server import Server, body, serving, status


@pytest.fixture
def server() -> Iterator[Server]:
    """A receiver on this machine."""
    with serving() as found:
        yield found


@pytest.fixture
def post() -> Iterator[GuardedPost]:
    """A client that may reach this machine."""
    made = GuardedPost("it@city.example", private_hosts=["127.0.0.1"])
    yield made
    made.close()


def test_body_and_headers_arrive(server: Server, post: GuardedPost) -> None:
    """Any status of success counts; the connection is used again."""
    server.routes |= {"/a": status(204), "/b": body(b"thanks")}
    post.send(server.address("/a"), b'{"a": 1}', {"webhook-id": "1", "content-type": "application/json"})
    post.send(server.address("/b"), b"{}", {})
    (path, headers, sent), _ = server.posted
    assert (path, headers["webhook-id"], sent) == ("/a", "1", b'{"a": 1}')
    assert headers["User-Agent"].startswith("Allmende/")


@pytest.mark.parametrize(
    ("code", "error"),
    [(301, SourceRefused), (308, SourceRefused), (400, SourceRefused), (401, SourceRefused),
     (404, SourceRefused), (410, SourceRefused), (408, SourceUnreachable), (429, SourceUnreachable),
     (500, SourceUnreachable), (503, SourceUnreachable), (507, SourceUnreachable)],
)  # fmt: skip
def test_what_may_pass_is_told_from_what_will_not(
    server: Server, post: GuardedPost, code: int, error: type[AllmendeError]
) -> None:
    """A redirect is not followed: where it leads was not agreed on."""
    server.routes["/a"] = status(code, location=server.address("/other"))
    with pytest.raises(error):
        post.send(server.address("/a"), b"{}", {})
    assert [path for path, _, _ in server.posted] == ["/a"]


def test_private_addresses_are_refused(server: Server) -> None:
    """By number and by name, in every spelling; nothing was asked there."""
    post = GuardedPost()
    port = server.listener.server_port
    for host in (
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "10.0.0.1",
        "169.254.169.254",
    ):
        with pytest.raises(SourceRefused, match="private"):
            post.send(f"http://{host}:{port}/a", b"{}", {})
    for address in ("ftp://city.example/a", "file:///etc/passwd", "https://user:word@city.example/"):
        with pytest.raises(SourceRefused):
            post.send(address, b"{}", {})
    assert server.posted == []
    post.close()


def test_nobody_there_and_offline(post: GuardedPost) -> None:
    """Both may pass by themselves."""
    with pytest.raises(SourceUnreachable):
        post.send("http://127.0.0.1:9/a", b"{}", {})
    offline = GuardedPost(offline=True)
    with pytest.raises(SourceUnreachable, match="offline"):
        offline.send("https://city.example/a", b"{}", {})
    offline.close()


def test_a_large_answer_is_not_read(server: Server, post: GuardedPost) -> None:
    """A receiver cannot fill our memory or time: only the status counts."""

    def endless(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(10**12))
        request.end_headers()
        try:
            for _ in range(100):
                request.wfile.write(b"x" * 65536)
                time.sleep(0.05)
        except OSError:
            request.close_connection = True

    server.routes["/a"] = endless
    started = time.monotonic()
    post.send(server.address("/a"), b"{}", {})
    assert time.monotonic() - started < 2


def test_a_slow_receiver_is_left(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who takes too long is tried again later; nobody waits for him."""
    monkeypatch.setattr("allmende.collect.post._SECONDS", httpx.Timeout(0.3))
    post = GuardedPost(private_hosts=["127.0.0.1"])

    def slow(request: BaseHTTPRequestHandler) -> None:
        time.sleep(1.0)
        request.close_connection = True

    server.routes["/a"] = slow
    with pytest.raises(SourceUnreachable, match="no answer in time"):
        post.send(server.address("/a"), b"{}", {})
    post.close()
