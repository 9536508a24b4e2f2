"""GuardedHttp against a real server on this machine."""

from __future__ import annotations

import gzip
import ipaddress
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler

import pytest
import stamina

from allmende.collect.addresses import is_public
from allmende.collect.http import GuardedHttp, Limits, retry_after
from allmende.errors import SourceRefused, SourceUnreachable
from allmende.model.source import Receipt
from allmende.ports import Fetched
from allmende.testing.server import Server, body, status

QUICK = Limits(size=1_000_000, total_seconds=5, read_seconds=1, attempts=3)
SEEN = Receipt("s", "", "0" * 64, 1, datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    """Retries happen at once, as many as wanted."""
    with stamina.set_testing(True, attempts=3):
        yield


@pytest.fixture
def http() -> Iterator[GuardedHttp]:
    client = GuardedHttp("https://example.org/contact", private_hosts=["127.0.0.1"], limits=QUICK)
    yield client
    client.close()


def read(fetched: Fetched | None) -> bytes:
    assert fetched is not None
    return b"".join(fetched.chunks)


def test_an_answer_carries_its_bytes_and_how_it_was_described(server: Server, http: GuardedHttp) -> None:
    """Bytes, type, ETag, date and the name of the file come through."""
    server.routes["/a.csv"] = body(
        b"a;b\n1;2\n", Content_Type="text/csv; charset=utf-8", ETag='"1"', Last_Modified="x"
    )
    fetched = http.fetch(server.address("/a.csv"))
    assert fetched is not None
    assert (fetched.media_type, fetched.etag, fetched.last_modified) == ("text/csv", '"1"', "x")
    assert fetched.file_name == "a.csv"
    assert not fetched.replayed
    assert read(fetched) == b"a;b\n1;2\n"


def test_we_name_ourselves_and_whom_to_write_to(server: Server, http: GuardedHttp) -> None:
    """The agent has our name and the contact, so that an administrator can ask us to stop."""
    server.routes["/a"] = body(b"x")
    read(http.fetch(server.address("/a")))
    assert {headers["User-Agent"] for _, headers in server.asked} == {
        "Allmende/0.1.0 (+https://example.org/contact)"
    }


def test_an_unchanged_answer_is_none(server: Server, http: GuardedHttp) -> None:
    """The ETag and date of the last receipt are sent; 304 means that nothing changed."""
    server.routes["/a"] = status(304)
    known = replace(SEEN, address=server.address("/a"), etag='"1"', last_modified="Thu, 01 Jan 2026")
    assert http.fetch(server.address("/a"), known) is None
    headers = server.asked[-1][1]
    assert headers["If-None-Match"] == '"1"'
    assert headers["If-Modified-Since"] == "Thu, 01 Jan 2026"


def test_a_receipt_of_another_address_makes_no_condition(server: Server, http: GuardedHttp) -> None:
    """When the city changes the address, the old ETag must not hide the new content."""
    server.routes["/new"] = body(b"x")
    read(http.fetch(server.address("/new"), replace(SEEN, address=server.address("/old"), etag='"1"')))
    assert "If-None-Match" not in server.asked[-1][1]


@pytest.mark.parametrize("code", [401, 403, 404, 410, 418])
def test_a_refusal_is_not_tried_again(server: Server, http: GuardedHttp, code: int) -> None:
    """404 and its kin will not pass by themselves: one request, an error that names the status."""
    server.routes["/a"] = status(code)
    with pytest.raises(SourceRefused, match=str(code)) as raised:
        http.fetch(server.address("/a"))
    assert server.paths() == ["/a"]
    assert raised.value.hint
    assert not raised.value.transient


@pytest.mark.parametrize("code", [429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again(server: Server, http: GuardedHttp, code: int) -> None:
    """Server errors are tried three times here, then are an error that says it may be tried again."""
    server.routes["/a"] = status(code)
    with pytest.raises(SourceUnreachable, match=str(code)) as raised:
        http.fetch(server.address("/a"))
    assert server.paths() == ["/a"] * 3
    assert raised.value.transient


def test_a_server_that_recovers_is_read(server: Server, http: GuardedHttp) -> None:
    """The second attempt succeeds, and nobody hears of the first."""

    def first_fail(request: BaseHTTPRequestHandler) -> None:
        server.routes["/a"] = body(b"now")
        status(503, Retry_After="1")(request)

    server.routes["/a"] = first_fail
    assert read(http.fetch(server.address("/a"))) == b"now"


def test_a_wait_that_is_too_long_ends_the_attempts(server: Server, http: GuardedHttp) -> None:
    """A server that asks for a day's patience is left alone until the next run."""
    server.routes["/a"] = status(429, Retry_After="86400")
    with pytest.raises(SourceUnreachable, match="86400"):
        http.fetch(server.address("/a"))
    assert server.paths() == ["/a"]


def test_retry_after_is_a_number_or_a_date() -> None:
    """RFC 9110 allows both; anything else is no answer."""
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=30))
    assert retry_after("7") == 7
    assert 25 < (retry_after(soon) or 0) <= 30
    assert retry_after("soon") is None
    assert retry_after("") is None


def test_a_truncated_body_is_no_body(server: Server, http: GuardedHttp) -> None:
    """Fewer bytes than announced: nothing is handed on, the fault may pass."""
    server.routes["/a"] = body(b"half", length=8)
    with pytest.raises(SourceUnreachable, match="cut off"):
        http.fetch(server.address("/a"))
    assert server.paths() == ["/a"] * 3


def test_silence_ends_after_the_read_limit(server: Server) -> None:
    """A server that says nothing holds us no longer than the limit."""
    server.routes["/a"] = lambda _: time.sleep(2)
    limits = replace(QUICK, read_seconds=0.2, attempts=1)
    http = GuardedHttp(private_hosts=["127.0.0.1"], limits=limits, respect_robots=False)
    with stamina.set_testing(True, attempts=1), pytest.raises(SourceUnreachable, match="in time"):
        http.fetch(server.address("/a"))
    http.close()


def test_a_dripping_body_ends_after_the_total_limit(server: Server) -> None:
    """A byte now and then keeps the read limit quiet; the total limit ends it."""

    def drip(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "1000")
        request.end_headers()
        try:
            for _ in range(100):
                request.wfile.write(b"x" * 10)
                request.wfile.flush()
                time.sleep(0.05)
        except OSError:
            request.close_connection = True

    server.routes["/a"] = drip
    limits = replace(QUICK, total_seconds=0.3, attempts=1)
    http = GuardedHttp(private_hosts=["127.0.0.1"], limits=limits, respect_robots=False)
    started = time.monotonic()
    with stamina.set_testing(True, attempts=1), pytest.raises(SourceUnreachable, match="not complete"):
        http.fetch(server.address("/a"))
    assert time.monotonic() - started < 2
    http.close()


def test_an_announced_size_beyond_the_limit_is_refused(server: Server, http: GuardedHttp) -> None:
    """Nobody downloads a terabyte to find out that it is too large."""
    server.routes["/a"] = body(b"x", length=2_000_000)
    with pytest.raises(SourceRefused, match="larger"):
        http.fetch(server.address("/a"))


def test_a_gzip_bomb_is_refused_by_its_unpacked_size(server: Server, http: GuardedHttp) -> None:
    """20 MB of zeros in 20 kB: the limit counts what comes out."""
    bomb = gzip.compress(b"\0" * 20_000_000)
    assert len(bomb) < 100_000
    server.routes["/a"] = body(bomb, Content_Encoding="gzip")
    with pytest.raises(SourceRefused, match="unpacked"):
        http.fetch(server.address("/a"))


def test_broken_gzip_is_a_broken_answer(server: Server, http: GuardedHttp) -> None:
    """A damaged transfer encoding is an error of the transfer."""
    server.routes["/a"] = body(b"no gzip at all", Content_Encoding="gzip")
    with pytest.raises(SourceUnreachable, match="packed"):
        http.fetch(server.address("/a"))


def test_redirects_are_followed_within_bounds(server: Server, http: GuardedHttp) -> None:
    """Two hops are fine, a circle is refused."""
    server.routes["/a"] = status(302, Location="/b")
    server.routes["/b"] = status(301, Location="/c")
    server.routes["/c"] = body(b"there")
    assert read(http.fetch(server.address("/a"))) == b"there"
    server.routes["/c"] = status(302, Location="/a")
    with pytest.raises(SourceRefused, match="without end"):
        http.fetch(server.address("/a"))


def test_a_redirect_cannot_leave_the_web(server: Server, http: GuardedHttp) -> None:
    """A redirect to a file of this machine is refused."""
    server.routes["/a"] = status(302, Location="file:///etc/passwd")
    with pytest.raises(SourceRefused):
        http.fetch(server.address("/a"))


def test_private_addresses_are_refused_unless_named(server: Server) -> None:
    """Without the setting, this machine is out of reach, and the server hears nothing."""
    http = GuardedHttp(limits=QUICK)
    with pytest.raises(SourceRefused, match="private network"):
        http.fetch(server.address("/a"))
    assert server.asked == []
    http.close()


def test_a_redirect_into_the_private_network_is_refused(server: Server, http: GuardedHttp) -> None:
    """The second hop is checked like the first: `localhost` was not named."""
    port = server.listener.server_port
    server.routes["/a"] = status(302, Location=f"http://localhost:{port}/secret")
    with pytest.raises(SourceRefused, match="private network"):
        http.fetch(server.address("/a"))
    assert server.paths() == ["/a"]


def test_a_name_that_resolves_to_this_machine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name looks public; one of its addresses is not."""

    def lie(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        return [(0, 0, 0, "", ("93.184.215.14", port)), (0, 0, 0, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", lie)
    http = GuardedHttp(limits=QUICK)
    with pytest.raises(SourceRefused, match="private network"):
        http.fetch("http://data.example.org/a.csv")
    http.close()


@pytest.mark.parametrize(
    ("text", "public"),
    [
        ("93.184.215.14", True),
        ("2a01:4f8::1", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("2002:7f00:1::", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::5db8:d70e", True),
    ],
)
def test_public_means_public_in_every_notation(text: str, public: bool) -> None:
    """IPv4 hidden in IPv6 (mapped, 6to4, NAT64) is looked at too."""
    assert is_public(ipaddress.ip_address(text)) is public


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd",
        "ftp://example.org/a",
        "gopher://x",
        "",
        "no address",
        "http://",
        "http://[",
        "http://u:p@x.org/",
    ],
)
def test_only_plain_web_addresses_are_fetched(http: GuardedHttp, address: str) -> None:
    """Other schemes, no host, or a password in the address are refused before anything is sent."""
    with pytest.raises(SourceRefused):
        http.fetch(address)


def test_a_name_that_does_not_exist_is_unreachable(
    http: GuardedHttp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing name may pass at the next run; within this one it is asked for twice only (robots.txt first)."""
    asked: list[str] = []

    def unknown(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        asked.append(host)
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(SourceUnreachable, match=r"name\.invalid") as raised:
        http.fetch("http://name.invalid/a")
    assert raised.value.transient
    assert asked == ["name.invalid"] * 2


def test_a_closed_port_is_unreachable(http: GuardedHttp) -> None:
    """Nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(SourceUnreachable):
        http.fetch(f"http://127.0.0.1:{port}/a")


def test_offline_sends_nothing(server: Server) -> None:
    """`--offline` is an unreachable network."""
    http = GuardedHttp(offline=True, private_hosts=["127.0.0.1"])
    with pytest.raises(SourceUnreachable, match="offline"):
        http.fetch(server.address("/a"))
    assert server.asked == []
    http.close()


def test_robots_txt_is_obeyed_and_asked_once(server: Server, http: GuardedHttp) -> None:
    """What is forbidden for our name is not fetched; what is allowed is; the rules are read once."""
    server.routes["/robots.txt"] = body(b"User-agent: allmende\nDisallow: /private/\n")
    server.routes["/open/a"] = body(b"x")
    with pytest.raises(SourceRefused, match=r"robots\.txt"):
        http.fetch(server.address("/private/a"))
    assert read(http.fetch(server.address("/open/a"))) == b"x"
    assert [path for path, _ in server.asked] == ["/robots.txt", "/open/a"]


@pytest.mark.parametrize(
    ("rules", "path", "allowed"),
    [
        (b"User-agent: *\nDisallow: /api/\n", "/api/3/action/package_search", True),
        (b"User-agent: *\nDisallow: /api/\n\nUser-agent: Allmende\nDisallow: /api/\n", "/api/3/x", False),
        (b"User-agent: *\nDisallow: /daten/\n", "/daten/a.csv", False),
        (b"User-agent: *\nDisallow: /\n\nUser-agent: Allmende\nAllow: /\n", "/daten/a.csv", True),
        (b"\xff\xfe no rules at all", "/daten/a.csv", True),
    ],
)
def test_interfaces_for_machines_are_open_to_machines(
    server: Server, http: GuardedHttp, rules: bytes, path: str, allowed: bool
) -> None:
    """CKAN forbids /api/ to crawlers by default; only rules that name us close an interface to us."""
    server.routes["/robots.txt"] = body(rules)
    server.routes[path] = body(b"x")
    if allowed:
        assert read(http.fetch(server.address(path))) == b"x"
    else:
        with pytest.raises(SourceRefused, match=r"robots\.txt"):
            http.fetch(server.address(path))


def test_the_server_chooses_no_folder(server: Server, http: GuardedHttp) -> None:
    """A file name from outside loses its path."""
    server.routes["/a"] = body(b"x", Content_Disposition='attachment; filename="../../etc/passwd"')
    fetched = http.fetch(server.address("/a"))
    assert fetched is not None
    assert fetched.file_name == "passwd"
    read(fetched)
