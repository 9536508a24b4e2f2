"""The Python client against a served city: rows, tables, frames, files, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pyarrow.parquet as pq
import pytest
from allmende_client import Allmende, Refused
from allmende_client.dataset import PAGE
from allmende_client.http import Connection
from litestar import Litestar
from litestar.testing import TestClient

from allmende.share.web import create_app
from allmende.testing.every_class import fill, make_tiny


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient[Litestar]]:
    """The city's server."""
    made = make_tiny(tmp_path_factory.mktemp("tiny"))
    fill(made)
    with TestClient(create_app(made)) as client:
        yield client


@pytest.fixture
def city(served: TestClient[Litestar]) -> Allmende:
    """The city as a program sees it."""
    return Allmende(
        "http://testserver", client=httpx.Client(transport=_Through(served), base_url="http://testserver")
    )


class _Through(httpx.BaseTransport):
    """Requests of the client reach the app."""

    def __init__(self, served: TestClient[Litestar]) -> None:
        self._served = served

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._served.request(request.method, str(request.url), headers=dict(request.headers))
        kept = {name: value for name, value in answer.headers.items() if name != "content-encoding"}
        return httpx.Response(answer.status_code, headers=kept, content=answer.content)


def test_what_the_city_has(city: Allmende) -> None:
    """Datasets, one of them, indicators, a figure, a search."""
    assert "open-data" in {one["id"] for one in city.datasets()}
    about = city.dataset("open-data").about()
    assert [column["name"] for column in about["columns"]] == ["district", "year", "people"]
    assert {one["id"] for one in city.indicators()} == {"people"}
    assert city.indicator("people", place="1", period="2016")
    assert city.figure("rows~open-data@1")["value"] == 6
    assert city.search("Daten")


def test_rows_tables_and_frames_are_the_same(city: Allmende) -> None:
    """One question, three ways to hold the answer."""
    data = city.dataset("open-data")
    rows = data.rows(where=["people:ge:20", "year:eq:2016"], sort="-people", columns=["district", "people"])
    assert rows == [{"district": "0", "people": 33}, {"district": "2", "people": 21}]
    table = data.table(where=["people:ge:20", "year:eq:2016"], sort="-people", columns=["district", "people"])
    frame = data.polars(
        where=["people:ge:20", "year:eq:2016"], sort="-people", columns=["district", "people"]
    )
    assert table.to_pylist() == rows == frame.to_dicts()
    assert len(city.dataset("districts").rows(bbox=(11.6, 51.0, 11.7, 51.1))) == 1
    assert data.table(where=["people:gt:99"]).num_rows == 0


def test_all_pages_of_one_version(city: Allmende, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small pages give the same rows as a large one, and `most` ends early."""
    data = city.dataset("open-data")
    every = data.rows(sort="people")
    assert (len(every), data.version, PAGE) == (6, 1, 10_000)
    monkeypatch.setattr("allmende_client.dataset.PAGE", 2)
    assert data.rows(sort="people") == data.table(sort="people").to_pylist() == every
    assert data.rows(sort="people", most=3) == data.table(sort="people", most=3).to_pylist() == every[:3]


def test_files(city: Allmende, tmp_path: Path) -> None:
    """A whole version, in the format of the ending; nothing is left of a refused one."""
    path = city.dataset("open-data", version=1).save(tmp_path / "data.parquet")
    assert pq.read_table(path).num_rows == 6
    with pytest.raises(Refused):
        city.dataset("open-data").save(tmp_path / "data.docx")
    assert [one.name for one in tmp_path.iterdir()] == ["data.parquet"]


def test_what_is_refused(city: Allmende) -> None:
    """The city's own words and hint."""
    with pytest.raises(Refused, match="no condition") as refused:
        city.dataset("open-data").rows(where=["people>20"])
    assert refused.value.status == 400
    assert "where=height:ge:10" in refused.value.hint
    with pytest.raises(Refused) as refused:
        city.dataset("protected-data").rows()
    assert refused.value.status == 404


@pytest.mark.parametrize(("statuses", "waits"), [([503, 200], [7.0]), ([429, 429, 200], [7.0, 7.0])])
def test_what_may_come_later_is_asked_again(statuses: list[int], waits: list[float]) -> None:
    """As long after as the city says."""
    slept, left = list[float](), iter(statuses)

    def answer(request: httpx.Request) -> httpx.Response:
        status = next(left)
        return httpx.Response(status, headers={"retry-after": "7"}, content=json.dumps({"ok": status == 200}))

    client = httpx.Client(transport=httpx.MockTransport(answer), base_url="http://testserver")
    assert Connection(client, slept.append).json("/api/v1/datasets") == {"ok": True}
    assert slept == waits


def test_a_city_that_is_not_there() -> None:
    """Told after four tries, as a refusal without a status."""
    slept = list[float]()

    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route")

    client = httpx.Client(transport=httpx.MockTransport(fail), base_url="http://testserver")
    with pytest.raises(Refused, match="cannot be reached") as refused:
        Connection(client, slept.append).get("/")
    assert (refused.value.status, slept) == (0, [1.0, 2.0, 4.0])
