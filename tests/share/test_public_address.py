"""Addresses in answers are those that readers know, also behind a proxy."""

from __future__ import annotations

import pytest
from litestar.testing import TestClient

from allmende.errors import NotAllowed
from allmende.share.public_address import parse_address, with_public_address
from allmende.share.web import create_app
from allmende.testing.every_class import Tiny
from tests.share.test_page_cache import ask


def seen(client: str | None, forwarded: str = "", address: str = "", host: str = "inside:8000") -> str:
    """Scheme and host that the app sees."""
    found: list[str] = []

    async def app(scope, receive, send) -> None:  # type: ignore[no-untyped-def]
        hosts = [value.decode() for name, value in scope["headers"] if name.lower() == b"host"]
        found.append(f"{scope['scheme']}://{','.join(hosts)}")
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def from_client(scope, receive, send) -> None:  # type: ignore[no-untyped-def]
        scope |= {"scheme": "http", "client": (client, 1) if client else None}
        await with_public_address(app, address)(scope, receive, send)

    ask(from_client, query=b"", **{"host": host, "x_forwarded_proto": forwarded})
    return found[0]


def test_a_proxy_on_this_machine_is_believed() -> None:
    """It says how the reader came; of several the last one counts, which is the nearest proxy's."""
    assert seen("127.0.0.1", "https") == "https://inside:8000"
    assert seen("::1", "http, HTTPS") == "https://inside:8000"
    assert seen("127.0.0.1", "javascript") == "http://inside:8000"
    assert seen("127.0.0.1") == "http://inside:8000"


def test_nobody_else_is_believed() -> None:
    """A reader from outside, or one whose address is not known, cannot change the scheme."""
    assert seen("203.0.113.7", "https") == "http://inside:8000"
    assert seen(None, "https") == "http://inside:8000"


def test_what_is_set_counts_more() -> None:
    """Than what a proxy says, and than any host that a reader writes."""
    address = "https://Data.example:8443/"
    assert seen("127.0.0.1", "http", address, "evil.example") == "https://data.example:8443"
    assert seen("203.0.113.7", "", address) == "https://data.example:8443"


@pytest.mark.parametrize(
    "text",
    ["data.example", "ftp://data.example", "https://", "https://data.example/city", "https://a:b@data.example",
     "https://data.example?x=1", "https://data.example:port", "https://dätä.example", "https://[::1"],
)  # fmt: skip
def test_wrong_addresses_are_told(text: str) -> None:
    """At the start, with what to write instead."""
    with pytest.raises(NotAllowed, match="ALLMENDE_ADDRESS"):
        parse_address(text)


def test_identifiers_in_catalogues_follow(tiny: Tiny) -> None:
    """A harvester sees one identifier of a dataset, under whatever name it asked."""
    app = create_app(tiny, address="https://data.example")
    for base in ("http://127.0.0.1:8000", "http://other.example"):
        with TestClient(app, base_url=base) as client:
            for path in ("/catalogue.ttl", "/sitemap.xml", "/ogc", "/api/3/action/package_list"):
                text = client.get(path).text
                assert "https://data.example/" in text, path
                assert base not in text, path
