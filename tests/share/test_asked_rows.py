"""Rows of `/api/v1` by conditions, and in the formats that programs read."""

from __future__ import annotations

import csv
import io
from contextlib import suppress

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar
from litestar.testing import TestClient

from allmende.errors import RecipeInvalid
from allmende.model.dataset import Column
from allmende.share.asked_rows import WAYS, selection_of
from allmende.share.row_answers import MEDIA, format_of

Client = TestClient[Litestar]
OPEN, DISTRICTS = "/api/v1/datasets/open-data/rows", "/api/v1/datasets/districts/rows"
PROBLEM = "application/problem+json"


@pytest.mark.parametrize(
    ("query", "people"),
    [
        ("where=people:ge:20", [30, 20, 33, 21]),
        ("where=people:ge:20&where=year:eq:2015", [30, 20]),
        ("where=people:between:11|21&sort=-people", [21, 20, 12]),
        ("where=district:in:1|2&sort=people", [10, 12, 20, 21]),
        ("where=district:ne:0&sort=-year,people", [12, 21, 10, 20]),
        ("where=district:null", []),
        ("where=district:known&where=people:lt:11", [10]),
        ("search=nothing+like+this", []),
        ("sort=-people&limit=2", [33, 30]),
    ],
)
def test_conditions_and_orders(client: Client, query: str, people: list[int]) -> None:
    """Exactly the rows that fulfil all conditions, in the order that is asked for."""
    answer = client.get(f"{OPEN}?{query}")
    assert answer.status_code == 200, answer.text
    assert [row["people"] for row in answer.json()["rows"]] == people


def test_texts(client: Client) -> None:
    """Patterns take capitals as they are, `has` does not; a colon in a value is a part of it."""
    assert [r["code"] for r in client.get(f"{DISTRICTS}?where=name:has:SÜD").json()["rows"]] == ["2"]
    assert [r["code"] for r in client.get(f"{DISTRICTS}?where=name:like:N%25").json()["rows"]] == ["1"]
    assert client.get(f"{DISTRICTS}?where=name:eq:a:b").json()["total"] == 0
    assert client.get(f"{DISTRICTS}?search=west").json()["total"] == 1


def test_boxes(client: Client) -> None:
    """Places that touch a box in degrees."""
    assert client.get(f"{DISTRICTS}?bbox=11.6,51,11.7,51.1").json()["total"] == 1
    assert client.get(f"{DISTRICTS}?bbox=0,0,1,1").json()["total"] == 0


def test_pages_go_on_with_the_same_question(client: Client) -> None:
    """`next` keeps the conditions and names the version; each row comes once."""
    seen, address = list[int](), f"{OPEN}?where=people:ge:12&sort=people&limit=2"
    while address:
        page = client.get(address).json()
        seen += [row["people"] for row in page["rows"]]
        address = page["next"]
        assert address is None or "open-data@" in address
    assert seen == [12, 20, 21, 30, 33]


@pytest.mark.parametrize(
    "path", [OPEN, DISTRICTS, f"{OPEN}?where=people:ge:20&sort=people", f"{OPEN}?where=people:gt:99"]
)
def test_every_format_has_the_same_rows(client: Client, path: str) -> None:
    """CSV, Arrow and Parquet, by the parameter and by the header, hold what JSON holds."""
    glue = "&" if "?" in path else "?"
    rows = client.get(path).json()["rows"]
    names = ["code", "name"] if path == DISTRICTS else ["district", "year", "people"]
    for name, media in MEDIA.items():
        accept = {"accept": f"text/html;q=0.5, {media}"}
        asked, preferred = client.get(f"{path}{glue}format={name}"), client.get(path, headers=accept)
        assert asked.headers["content-type"] == preferred.headers["content-type"]
        assert asked.headers["content-type"].partition(";")[0] == media
        assert asked.content == preferred.content
        assert "accept" in asked.headers["vary"].lower()
    arrow = pa.ipc.open_stream(client.get(f"{path}{glue}format=arrow").content).read_all()
    parquet = pq.read_table(io.BytesIO(client.get(f"{path}{glue}format=parquet").content))
    assert arrow.select(names).to_pylist() == parquet.select(names).to_pylist() == [
        {name: row[name] for name in names} for row in rows
    ]  # fmt: skip
    lines = list(csv.DictReader(io.StringIO(client.get(f"{path}{glue}format=csv").text)))
    assert [[line[name] for name in names] for line in lines] == [
        [str(r[name]) for name in names] for r in rows
    ]


def test_files_link_to_their_next_page(client: Client) -> None:
    """A program follows the header Link (RFC 8288)."""
    first = client.get(f"{OPEN}?format=csv&limit=4&sort=people")
    second = client.get(first.links["next"]["url"])
    assert len(first.text.splitlines()) == 5
    assert len(second.text.splitlines()) == 3
    assert "next" not in second.links


@pytest.mark.parametrize(
    "query",
    ["where=", "where=people", "where=people:ge", "where=people:is:5", "where=people:ge:x", "where=people:null:1",
     "where=people:between:1", "where=people:like:x", "bbox=1,2,3", "bbox=1,2,3,4", "bbox=a,b,c,d", "format=xlsx",
     "sort=people&sort=year", "where=district:like:" + "x" * 1001, "&".join(["where=people:ge:1"] * 51)],
)  # fmt: skip
def test_what_is_no_question_is_refused(client: Client, query: str) -> None:
    """400 with what is wrong."""
    answer = client.get(f"{OPEN}?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (400, PROBLEM)
    assert answer.json()["detail"]


@pytest.mark.parametrize("query", ["where=note:eq:x", "sort=note", "columns=note", "where=note:null"])
def test_closed_columns_cannot_be_asked_about(client: Client, query: str) -> None:
    """They answer like columns that are not there."""
    closed = client.get(f"/api/v1/datasets/mixed-data/rows?{query}")
    nothing = client.get(f"/api/v1/datasets/mixed-data/rows?{query.replace('note', 'gone')}")
    assert closed.status_code == nothing.status_code == 404
    assert closed.json()["title"] == nothing.json()["title"]


@given(st.lists(st.tuples(
    st.sampled_from(["where", "sort", "bbox", "search", "limit"]),
    st.text(max_size=20) | st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(WAYS), st.text(max_size=5)).map(":".join),
), max_size=4))  # fmt: skip
def test_any_question_is_taken_or_refused(pairs: list[tuple[str, str]]) -> None:
    """Nothing else is raised."""
    with suppress(RecipeInvalid):
        found = selection_of(pairs, (Column("a"), Column("b", "geometry")), (), 10, 0)
        assert (found.limit, found.offset) == (10, 0)


@pytest.mark.parametrize(
    ("accept", "format"),
    [("", "json"), ("*/*", "json"), ("text/csv", "csv"), ("text/html, text/csv;q=0.1", "csv"), ("text/csv;q=0", "json"),
     ("text/csv;q=0.5, application/vnd.apache.parquet", "parquet"), ("application/json, text/csv;q=x", "json")],
)  # fmt: skip
def test_what_clients_accept(accept: str, format: str) -> None:
    """The heaviest that we have; JSON when there is none."""
    assert format_of("", accept) == format
