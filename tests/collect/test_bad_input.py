"""Bad input, and nothing lost: from a misbehaving server to the last good version that stays public.

Everything is real here: a server on this machine, the guarded client, store, lake and publication.
"""

from __future__ import annotations

import io
import json
import socket
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import stamina

from allmende.collect.fetch import fetch_source
from allmende.collect.http import GuardedHttp, Limits
from allmende.extensions import load_connector
from allmende.lake.local import LocalLake
from allmende.model.access import Access
from allmende.model.city import City, Contact
from allmende.model.dataset import Column, Dataset
from allmende.model.run import Run
from allmende.model.source import Source
from allmende.model.text import Text
from allmende.store.sql import SqlStore
from allmende.structure.publish import publish_dataset
from allmende.testing.clock import FixedClock
from allmende.testing.server import Answer, Server, body, status

SQUARE = [[11.5, 50.9], [11.6, 50.9], [11.6, 51.0], [11.5, 50.9]]
BOW = [[11.0, 50.0], [11.1, 50.1], [11.1, 50.0], [11.0, 50.1], [11.0, 50.0]]


def areas(*rings: Any, name: Any = "Park") -> bytes:
    features = [
        {
            "type": "Feature",
            "properties": {"name": name},
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        }
        for ring in rings
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def packed(content: bytes, name: str = "a.geojson") -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return target.getvalue()


def silent(request: BaseHTTPRequestHandler) -> None:
    time.sleep(1)
    request.close_connection = True


GOOD = {"geo": areas(SQUARE, SQUARE), "json": b'[{"name": "a"}, {"name": "b"}]'}
COLUMNS = {"geo": (Column("name"), Column("geometry", "geometry")), "json": (Column("name"),)}


@dataclass
class House:
    """One source, one dataset, and everything behind them."""

    server: Server
    store: SqlStore
    lake: LocalLake
    http: GuardedHttp
    clock: FixedClock

    def collect(self, connector: str, answer: Answer | None = None, address: str = "") -> tuple[Run, Run]:
        """Fetch and publish; `answer` is what the server gives from now on."""
        if answer is not None:
            self.server.routes["/a"] = answer
        source = Source("areas", Text(), connector, address or self.server.address("/a"), licence="cc-zero")
        dataset = Dataset(
            "areas", Text("Flächen", "Areas"), source="areas", columns=COLUMNS[connector], access=Access.OPEN
        )
        city = City("x", Text("X"), Contact("X"), sources={"areas": source}, datasets={"areas": dataset})
        code = load_connector(connector)
        fetched = fetch_source(source, code, self.http, self.store, self.lake, self.clock)
        return fetched, publish_dataset(city, dataset, code, self.store, self.lake, self.clock)

    def public(self) -> tuple[int, int]:
        """Number and rows of the public version."""
        newest = self.store.versions("areas")[0]
        return newest.number, newest.rows


@pytest.fixture
def house(server: Server, tmp_path: Path) -> Iterator[House]:
    store = SqlStore.open(f"sqlite:///{tmp_path}/store.sqlite")
    limits = Limits(size=5_000_000, read_seconds=0.3, total_seconds=2)
    http = GuardedHttp(private_hosts=["127.0.0.1"], limits=limits, respect_robots=False)
    with stamina.set_testing(True, attempts=1):
        yield House(server, store, LocalLake(tmp_path), http, FixedClock())
    http.close()
    store.close()


@pytest.mark.parametrize(
    ("answer", "words", "again"),
    [
        (silent, "in time", True),
        (status(404), "404", False),
        (status(429, Retry_After="3600"), "3600 s", True),
        (status(503), "503", True),
        (body(b"<!doctype html><title>Wartung</title>", Content_Type="text/csv"), "web page", False),
        (body(b""), "empty", False),
        (body(GOOD["geo"][:40], length=len(GOOD["geo"])), "cut off", True),
        (body(b"x", length=6_000_000), "larger than", False),
    ],
    ids=["slow", "404", "429", "503", "html", "empty", "truncated", "too-large"],
)
def test_a_fetch_that_fails_leaves_the_last_version(
    house: House, answer: Answer, words: str, again: bool
) -> None:
    """The run says what happened and whether it may pass; version 1 stays; nothing half-read is published."""
    house.collect("geo", body(GOOD["geo"]))
    fetched, published = house.collect("geo", answer)
    assert (fetched.outcome, fetched.transient) == ("failed", again)
    assert words in f"{fetched.message} {fetched.hint}"
    assert fetched.hint
    assert published.outcome == "unchanged"
    assert house.public() == (1, 2)


def test_a_server_that_is_gone_leaves_the_last_version(house: House) -> None:
    """Nobody listens any more."""
    house.collect("geo", body(GOOD["geo"]))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    fetched, _ = house.collect("geo", address=f"http://127.0.0.1:{port}/a")
    assert (fetched.outcome, fetched.transient) == ("failed", True)
    assert house.public() == (1, 2)


@pytest.mark.parametrize(
    ("connector", "content", "words"),
    [
        ("geo", b'{"type": "FeatureCollection", "features": [', "line 1, column"),
        ("geo", packed(GOOD["geo"])[:-30], "ZIP file is broken"),
        ("geo", packed(b"0" * 50_000_000), "bomb"),
        ("geo", packed(b"{}", "../../etc/cron.d/x.geojson"), "outside"),
        ("geo", areas([[x + 682000, y + 5645000] for x, y in SQUARE]), "EPSG:25832"),
        ("geo", areas([[y, x] for x, y in SQUARE]), "swapped"),
        ("geo", b"name;x;y\nPark;11.5;50.9\n", "no geodata"),
        ("json", b'[{"name": "a"},]', "broken JSON"),
        ("json", b'[{"name": "a"}, {"na', "broken JSON"),
        ("json", b"\x81\x8d\x8f\x90\x9d", "neither UTF-8 nor"),
        ("json", b"[" * 200_000, "nested too deeply"),
        ("json", b"[{" + b",".join(b'"c%d":1' % i for i in range(10_000)) + b"}]", "10000 columns"),
        ("json", b'[{"title": "a"}]', "name"),
    ],
    ids=[
        "broken-json", "broken-zip", "zip-bomb", "zip-path", "wrong-crs", "swapped", "not-geo",
        "comma", "cut", "no-encoding", "deep", "10000-columns", "changed-columns",
    ],
)  # fmt: skip
def test_bytes_that_cannot_be_read_leave_the_last_version(
    house: House, connector: str, content: bytes, words: str
) -> None:
    """The bytes are kept with their receipt; the publication fails with the reason and what to do."""
    house.collect(connector, body(GOOD[connector]))
    fetched, published = house.collect(connector, body(content))
    assert (fetched.outcome, published.outcome) == ("new", "failed")
    assert words in f"{published.message} {published.hint}"
    assert house.lake.raw_path(house.store.receipts("areas")[0].sha256).read_bytes() == content
    assert house.public() == (1, 2)


def test_a_useless_answer_is_kept_all_the_same(house: House) -> None:
    """The web page that came instead of data can be looked at; its hash is in the message."""
    page = b"<html>Bitte anmelden</html>"
    fetched, _ = house.collect("geo", body(page))
    sha256, _ = house.lake.keep_raw([page])
    assert sha256[:12] in fetched.message
    assert house.store.receipts("areas") == ()


@pytest.mark.parametrize(
    ("content", "rows", "rejected"),
    [
        (areas(SQUARE, BOW), 2, 0),
        (areas(SQUARE, [[711.0, 50.0], [711.1, 50.0], [711.1, 50.1], [711.0, 50.0]], SQUARE), 2, 1),
        (areas(SQUARE, [[11.0, 50.0], [11.1, 50.0], [11.0, 50.0], [11.0, 50.0]], SQUARE), 2, 1),
        (GOOD["geo"].replace(b"Park", "Grün".encode("cp1252")), 2, 0),
    ],
    ids=["self-crossing", "off-the-world", "collapsed", "windows-1252"],
)
def test_faulty_rows_are_mended_or_set_aside(house: House, content: bytes, rows: int, rejected: int) -> None:
    """A file with faults of single rows is published; every row is accounted for."""
    _, published = house.collect("geo", body(content))
    assert (published.outcome, published.rows, published.rejected) == ("new", rows, rejected)


def test_what_was_detected_stands_in_the_version(house: House) -> None:
    """Coordinate system, encoding and repairs can be seen by those who read the data."""
    house.collect("geo", body(areas(SQUARE, BOW)))
    (read,) = [check for check in house.store.versions("areas")[0].checks if check.name == "read"]
    assert read.passed
    assert "crs: EPSG:4326" in read.detail
    assert "repaired: 1: row 2" in read.detail


def test_after_the_fault_the_next_good_answer_is_published(house: House) -> None:
    """No memory of the fault stands in the way."""
    house.collect("geo", body(GOOD["geo"]))
    house.collect("geo", status(500))
    house.collect("geo", body(b"<html></html>"))
    house.collect("geo", body(b"{"))
    _, published = house.collect("geo", body(areas(SQUARE, SQUARE, BOW)))
    assert published.outcome == "new"
    assert house.public() == (2, 3)
