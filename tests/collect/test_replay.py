"""Replay: recorded files answer addresses."""

from __future__ import annotations

import csv
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from allmende.collect.replay import ReplayHttp
from allmende.errors import NotFound, SourceUnreachable
from allmende.model.source import Receipt
from allmende.testing.http import FakeHttp

SHARED = Path(os.environ.get("ALLMENDE_REPLAY") or Path(__file__).parents[2].parent / "shared" / "data")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {"a/trees.csv": "t", "a/no row.csv": "n", "b/twice.csv": "1", "c/twice.csv": "2"}
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    (tmp_path / "addresses.csv").write_text(
        "file,address,licence,content\n"
        'a/trees.csv,https://x.org/trees?format=csv,"dl-de/by-2-0",as published\n'
        "../outside.csv,https://x.org/outside.csv,,\n"
        "a/gone.csv,https://x.org/gone.csv,,\n"
    )
    (tmp_path.parent / "outside.csv").write_text("secret")
    return tmp_path


def content(folder: Path, address: str) -> bytes:
    fetched = ReplayHttp(folder).fetch(address)
    assert fetched is not None
    assert fetched.replayed
    return b"".join(fetched.chunks)


def test_a_row_answers_its_address(folder: Path) -> None:
    """The address is compared as a whole, with its query."""
    assert content(folder, "https://x.org/trees?format=csv") == b"t"


def test_a_file_without_a_row_answers_by_its_name(folder: Path) -> None:
    """The last part of the address, percent-decoded, when one file alone has that name."""
    assert content(folder, "https://y.org/data/no%20row.csv") == b"n"


@pytest.mark.parametrize(
    "address",
    [
        "https://x.org/twice.csv",
        "https://x.org/trees.csv",
        "https://x.org/outside.csv",
        "https://x.org/gone.csv",
        "https://x.org/",
        "https://x.org/addresses.csv",
    ],
)
def test_everything_else_was_not_recorded(folder: Path, address: str) -> None:
    """Names that two files share, that a row claims, that lie outside or are missing do not answer."""
    with pytest.raises(SourceUnreachable, match="not recorded"):
        ReplayHttp(folder).fetch(address)


def test_unknown_addresses_go_beyond_when_there_is_a_beyond(folder: Path) -> None:
    """The network is asked for what was not recorded."""
    beyond = FakeHttp({"https://z.org/a": b"from beyond"})
    fetched = ReplayHttp(folder, beyond).fetch("https://z.org/a")
    assert fetched is not None
    assert not fetched.replayed
    assert beyond.asked == ["https://z.org/a"]


def test_an_unchanged_file_is_unchanged(folder: Path) -> None:
    """A second replay of the same file brings nothing new; a rewritten file does."""
    address = "https://x.org/trees?format=csv"
    first = ReplayHttp(folder).fetch(address)
    assert first is not None
    known = Receipt("s", address, "0", 1, datetime(2026, 1, 1, tzinfo=UTC), etag=first.etag, replayed=True)
    assert ReplayHttp(folder).fetch(address, known) is None
    (folder / "a/trees.csv").write_text("more")
    assert ReplayHttp(folder).fetch(address, known) is not None


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason=f"no recorded data in {SHARED}")
def test_the_recorded_data_answer_their_addresses() -> None:
    """Every row of the real table whose file is there answers; so do files of Jena that have no row."""
    table = (SHARED / "addresses.csv").read_text(encoding="utf-8-sig").splitlines()
    rows = [row for row in csv.DictReader(table) if (SHARED / row["file"]).is_file()]
    http = ReplayHttp(SHARED)
    assert len(rows) > 500
    for row in rows:
        assert http.fetch(row["address"]) is not None, row["file"]
    base = "https://raw.githubusercontent.com/OffenesJena/jenathon-privathaushalte-jena/fc481cf1/data/"
    for name in ("hh_priv.csv", "hh_priv_1.csv", "statbez.geojson"):
        fetched = http.fetch(base + name)
        assert fetched is not None
        assert b"".join(fetched.chunks) == (SHARED / "02_jena_stats" / name).read_bytes()


def test_a_folder_without_a_table_is_named(tmp_path: Path) -> None:
    """The error says which file is missing and what it holds."""
    with pytest.raises(NotFound, match=r"addresses\.csv"):
        ReplayHttp(tmp_path)


def test_a_table_with_other_columns_is_named(tmp_path: Path) -> None:
    """A table that lacks `file` or `address` is no table of addresses."""
    (tmp_path / "addresses.csv").write_text("a,b\n1,2\n")
    with pytest.raises(NotFound, match="cannot be read"):
        ReplayHttp(tmp_path)
