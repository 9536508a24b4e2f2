"""FolderHttp: an office's own files, and nothing beside them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from allmende.collect.fetch import fetch_source
from allmende.collect.files import FolderHttp
from allmende.errors import SourceRefused, SourceUnreachable
from allmende.extensions import load_connector
from allmende.lake.local import LocalLake
from allmende.model.source import Source
from allmende.model.text import Text
from allmende.store.sql import SqlStore
from allmende.testing.clock import FixedClock
from allmende.testing.http import FakeHttp


@pytest.fixture
def city(tmp_path: Path) -> Path:
    """A city's folder with one file, and a secret beside it."""
    folder = tmp_path / "city"
    (folder / "files" / "deep").mkdir(parents=True)
    (folder / "files" / "trees.csv").write_text("a;b\n1;2\n")
    (folder / "files" / "Bäume 2024.csv").write_text("a;b\n3;4\n")
    (folder / "city.toml").write_text("name = 1")
    (tmp_path / "secret").write_text("secret")
    (folder / "files" / "link").symlink_to(tmp_path / "secret")
    return folder


@pytest.mark.parametrize("name", ["trees.csv", "B%C3%A4ume%202024.csv", "Bäume 2024.csv"])
def test_a_file_of_the_city_is_read(city: Path, name: str) -> None:
    """Names with umlauts and spaces work as they are and percent-encoded."""
    fetched = FolderHttp(city, FakeHttp({})).fetch(f"file:files/{name}")
    assert fetched is not None
    assert b"".join(fetched.chunks).startswith(b"a;b")


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd",
        "///etc/passwd",
        "files/../city.toml",
        "files/%2e%2e/city.toml",
        "city.toml",
        "files/link",
        "files",
        "files/",
        "files/deep",
        "files/\0",
        "files\\..\\city.toml",
        "",
    ],
)
def test_nothing_else_is_read(city: Path, name: str) -> None:
    """Paths out of files/, links out of it, and folders are refused."""
    with pytest.raises(SourceRefused):
        FolderHttp(city, FakeHttp({})).fetch(f"file:{name}")


def test_a_missing_file_is_told(city: Path) -> None:
    """A file that is not there is named, with what to do."""
    with pytest.raises(SourceUnreachable, match=r"files/gone\.csv"):
        FolderHttp(city, FakeHttp({})).fetch("file:files/gone.csv")


def test_other_addresses_go_on(city: Path) -> None:
    """Everything that is no file: address is asked beyond."""
    fetched = FolderHttp(city, FakeHttp({"https://a.example/": b"x"})).fetch("https://a.example/")
    assert fetched is not None
    assert b"".join(fetched.chunks) == b"x"


def test_an_unchanged_file_is_not_read_again_and_a_changed_one_is(city: Path, tmp_path: Path) -> None:
    """The second fetch finds nothing new; after a change in the file there is a new receipt."""
    store, lake = SqlStore.open(f"sqlite:///{tmp_path / 's.sqlite'}"), LocalLake(tmp_path / "data")
    source = Source("trees", Text("Bäume", "Trees"), "table", "file:files/trees.csv")
    http, clock, connector = FolderHttp(city, FakeHttp({})), FixedClock(), load_connector("table")
    outcomes = [fetch_source(source, connector, http, store, lake, clock).outcome for _ in range(2)]
    (city / "files" / "trees.csv").write_text("a;b\n1;2\n3;4\n")
    outcomes.append(fetch_source(source, connector, http, store, lake, clock).outcome)
    assert outcomes == ["new", "unchanged", "new"]
    gone = replace(source, address="file:files/gone.csv")
    assert fetch_source(gone, connector, http, store, lake, clock).outcome == "failed"
