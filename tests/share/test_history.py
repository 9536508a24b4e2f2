"""The public history of a dataset: every attempt with its end, and nothing of closed columns."""

from __future__ import annotations

import csv
import io

from litestar import Litestar
from litestar.testing import TestClient

from allmende.model.access import ANONYMOUS, Access
from allmende.model.reuse import Reuse
from allmende.share.lines import csv_of
from allmende.share.reads import Reads
from allmende.testing.every_class import scoped


def test_attempts_are_told_newest_first(reads: Reads) -> None:
    """With the version that came of them."""
    found = reads.history(ANONYMOUS, "open-data")
    assert found
    assert [one.run.finished for one in found] == sorted((one.run.finished for one in found), reverse=True)


def test_messages_may_tell_of_closed_columns(reads: Reads) -> None:
    """So they are told only to those who see every column."""
    assert all(one.message == "" for one in reads.history(ANONYMOUS, "mixed-data"))
    inside = reads.history(scoped(Access.PROTECTED), "mixed-data")
    assert [one.message for one in inside] == [one.run.message for one in inside]


def test_page_and_files_tell_the_same(app: Litestar) -> None:
    """As many lines in CSV and JSON, and a strip with its words on the page."""
    client = TestClient(app)
    lines = client.get("/api/v1/datasets/open-data/history").json()["history"]
    table = list(
        csv.DictReader(io.StringIO(client.get("/api/v1/datasets/open-data/history?format=csv").text))
    )
    assert [one["finished"] for one in table] == [one["finished"] for one in lines] != []
    page = client.get("/d/open-data").text
    assert 'class="strip" role="img" aria-label="Die letzten' in page


def test_texts_are_no_formulas() -> None:
    """A message that begins like a formula is a text in every spreadsheet."""
    assert csv_of(("a", "b"), [{"a": "=1+1", "b": -1}, {"a": "x"}]) == b"a,b\r\n'=1+1,-1\r\nx,\r\n"


def test_works_of_others_are_named(reads: Reads) -> None:
    """An app that a file names stands beside what the city made itself."""
    city = reads.city
    assert reads.used_by(ANONYMOUS, "open-data").reuses == tuple(
        one.id for one in city.reuses.values() if "open-data" in one.datasets
    )
    assert isinstance(city.reuses["tree-app"], Reuse)
