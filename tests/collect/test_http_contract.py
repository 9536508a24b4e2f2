"""Every Http of ours keeps the contract."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from allmende.collect.http import GuardedHttp, Limits
from allmende.collect.replay import ReplayHttp
from allmende.ports import Http
from allmende.testing.http import FakeHttp
from allmende.testing.http_contract import CONTENT, HttpContract
from allmende.testing.server import Server, body

ADDRESS = "https://example.org/a.csv"


class TestFake(HttpContract):
    """FakeHttp."""

    @pytest.fixture
    def address(self) -> str:
        return ADDRESS

    @pytest.fixture
    def unknown(self) -> str:
        return "https://example.org/other"

    @pytest.fixture
    def http(self) -> Http:
        return FakeHttp({ADDRESS: CONTENT}, {ADDRESS: '"1"'})


class TestReplay(TestFake):
    """ReplayHttp over a folder with one recorded file."""

    @pytest.fixture
    def http(self, tmp_path: Path) -> Http:
        (tmp_path / "trees.csv").write_bytes(CONTENT)
        (tmp_path / "addresses.csv").write_text(f"file,address\ntrees.csv,{ADDRESS}\n")
        return ReplayHttp(tmp_path)


class TestGuarded(HttpContract):
    """GuardedHttp against a real server."""

    @pytest.fixture
    def address(self, server: Server) -> str:
        server.routes["/x/a.csv"] = body(CONTENT, ETag='"1"')
        return server.address("/x/a.csv")

    @pytest.fixture
    def unknown(self, server: Server) -> str:
        return server.address("/missing")

    @pytest.fixture
    def http(self) -> Iterator[Http]:
        client = GuardedHttp(private_hosts=["127.0.0.1"], limits=Limits(read_seconds=2))
        yield client
        client.close()
