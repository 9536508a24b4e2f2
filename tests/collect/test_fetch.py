"""fetch_source: bytes first, then a receipt; every failure is a Run that says what to do."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import pytest
import stamina

from allmende.collect.fetch import fetch_source, is_web_page
from allmende.collect.http import GuardedHttp, Limits
from allmende.errors import SourceRefused, SourceUnreachable
from allmende.model.dataset import Column
from allmende.model.problem import Problem
from allmende.model.run import Run
from allmende.model.source import Receipt, Source
from allmende.model.text import Text
from allmende.ports import Fetched, Http, Lake, Parsed, Raw, Store
from allmende.testing.clock import FixedClock
from allmende.testing.http import FakeHttp
from allmende.testing.server import Server, body, status

ADDRESS = "https://x.org/a.csv"
SOURCE = Source("trees", Text("Bäume", "Trees"), "plain", ADDRESS)


class Receipts:
    """The part of a Store that a fetch uses."""

    def __init__(self) -> None:
        self.kept: list[Receipt] = []

    def add_receipt(self, receipt: Receipt) -> None:
        self.kept.insert(0, receipt)

    def receipts(self, source: str) -> tuple[Receipt, ...]:
        return tuple(r for r in self.kept if r.source == source)


class Bytes:
    """The part of a Lake that a fetch uses."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def keep_raw(self, chunks: Iterable[bytes]) -> tuple[str, int]:
        content = b"".join(chunks)
        sha256 = hashlib.sha256(content).hexdigest()
        self.kept[sha256] = content
        return sha256, len(content)

    def raw_path(self, sha256: str) -> Path:
        raise AssertionError("a fetch reads nothing")


class Plain:
    """The simplest connector: one address."""

    def check(self, source: Source) -> list[Problem]:
        return []

    def fetch(self, source: Source, http: Http, known: Receipt | None) -> Iterator[Fetched]:
        fetched = http.fetch(source.address, known)
        if fetched is not None:
            yield fetched

    def parse(self, raw: Raw, source: Source, columns: Sequence[Column]) -> Parsed:
        raise AssertionError("a fetch parses nothing")


class Broken(Plain):
    """A connector with a fault of its own."""

    def fetch(self, source: Source, http: Http, known: Receipt | None) -> Iterator[Fetched]:
        yield cast(dict[str, Any], {})["missing"]


class House:
    """Store and lake of one test."""

    def __init__(self) -> None:
        self.store = Receipts()
        self.lake = Bytes()
        self.clock = FixedClock()

    def fetch(self, http: Http, connector: Plain | None = None, address: str = ADDRESS) -> Run:
        source = Source("trees", Text(), "plain", address)
        store, lake = cast(Store, self.store), cast(Lake, self.lake)
        return fetch_source(source, connector or Plain(), http, store, lake, self.clock)


@pytest.fixture
def house() -> House:
    return House()


def test_new_bytes_are_kept_with_a_receipt(house: House) -> None:
    """The receipt names the hash under which exactly these bytes lie."""
    run = house.fetch(FakeHttp({ADDRESS: b"a;b\n"}, {ADDRESS: '"1"'}))
    receipt = house.store.kept[0]
    assert (run.outcome, str(run.step)) == ("new", "fetch:trees")
    assert house.lake.kept[receipt.sha256] == b"a;b\n"
    assert (receipt.size, receipt.etag, receipt.file_name) == (4, '"1"', "a.csv")
    assert receipt.fetched_at == house.clock.now()


def test_the_same_bytes_again_are_unchanged(house: House) -> None:
    """Without an ETag the hash tells: no second receipt."""
    http = FakeHttp({ADDRESS: b"a;b\n"})
    assert [house.fetch(http).outcome, house.fetch(http).outcome] == ["new", "unchanged"]
    assert len(house.store.kept) == 1


def test_a_known_etag_is_unchanged(house: House) -> None:
    """The receipt's ETag is offered, and no body is read."""
    http = FakeHttp({ADDRESS: b"a;b\n"}, {ADDRESS: '"1"'})
    house.fetch(http)
    assert house.fetch(http).outcome == "unchanged"


def test_a_new_etag_for_the_same_bytes_is_remembered(house: House) -> None:
    """The next conditional request must use the newest ETag; the content is unchanged all the same."""
    http = FakeHttp({ADDRESS: b"a;b\n"}, {ADDRESS: '"1"'})
    house.fetch(http)
    http.etags[ADDRESS] = '"2"'
    assert house.fetch(http).outcome == "unchanged"
    assert [r.etag for r in house.store.kept] == ['"2"', '"1"']


@pytest.mark.parametrize(
    "content", [b"", b"<!DOCTYPE html><p>Please log in", b"\xef\xbb\xbf \n<HTML lang='de'>"]
)
def test_useless_bytes_are_kept_but_get_no_receipt(house: House, content: bytes) -> None:
    """An empty file or a web page fails; the bytes are there to look at, the last receipt stays newest."""
    house.fetch(FakeHttp({ADDRESS: b"good"}))
    run = house.fetch(FakeHttp({ADDRESS: content}))
    assert (run.outcome, run.transient) == ("failed", False)
    assert run.message
    assert run.hint
    assert content in house.lake.kept.values()
    assert house.lake.kept[house.store.kept[0].sha256] == b"good"


@pytest.mark.parametrize(
    ("error", "transient"),
    [(SourceUnreachable("no answer", hint="Wait."), True), (SourceRefused("404", hint="Look."), False)],
)
def test_an_error_of_the_address_is_a_failed_run(house: House, error: Exception, transient: bool) -> None:
    """The run says what happened, where, what to do, and whether trying again helps."""
    run = house.fetch(FakeHttp({ADDRESS: error}))
    assert (run.outcome, run.transient) == ("failed", transient)
    assert ADDRESS in run.message
    assert run.hint in {"Wait.", "Look."}
    assert house.store.kept == []


def test_a_fault_in_a_connector_ends_its_source_only(house: House) -> None:
    """A stranger's bug is a failed run that names the connector."""
    run = house.fetch(FakeHttp({}), Broken())
    assert run.outcome == "failed"
    assert "KeyError" in run.message
    assert "connector" in run.hint


@pytest.mark.parametrize(
    ("head", "page"),
    [
        (b"<!-- a comment --><html>", True),
        (b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "x">', True),
        (b"<?xml version='1.0'?><kml>", False),
        (b"name;html\n<html>", False),
        (b'{"a": "<html>"}', False),
        (b"<htmlish>", False),
    ],
)
def test_a_web_page_is_known_by_its_first_element(head: bytes, page: bool) -> None:
    """XML is not HTML, and HTML in a cell is data."""
    assert is_web_page(head) is page


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (status(404), "404"),
        (status(429), "429"),
        (body(b""), "empty"),
        (body(b"<html>sorry</html>"), "web page"),
        (body(b"cut", length=100), "cut off"),
    ],
)
def test_a_misbehaving_server_costs_nothing(house: House, server: Server, answer: Any, words: str) -> None:
    """Over a real connection: the failure is told, and the last good receipt is still the newest."""
    server.routes["/a.csv"] = body(b"good")
    http = GuardedHttp(private_hosts=["127.0.0.1"], limits=Limits(read_seconds=1), respect_robots=False)
    with stamina.set_testing(True, attempts=1):
        assert house.fetch(http, address=server.address("/a.csv")).outcome == "new"
        server.routes["/a.csv"] = answer
        run = house.fetch(http, address=server.address("/a.csv"))
    http.close()
    assert run.outcome == "failed"
    assert words in run.message
    assert [house.lake.kept[r.sha256] for r in house.store.kept] == [b"good"]
