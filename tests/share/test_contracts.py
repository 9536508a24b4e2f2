"""Contracts: published rows keep them, others do not, and what is changed in a city's file is changed there."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from allmende.model.dataset import Column
from allmende.model.text import Text
from allmende.share.web import create_app
from allmende.testing.every_class import fill, make_tiny

Client = TestClient[Litestar]


def _names(client: Client) -> list[str]:
    return [one["dataset"] for one in client.get("/api/v1/contracts").json()["contracts"]]


def test_every_row_keeps_its_contract(client: Client) -> None:
    """Rows as `/api/v1` gives them are valid by the schema of the same address."""
    assert "districts" in _names(client)
    for name in _names(client):
        schema = client.get(f"/api/v1/contracts/{name}").json()
        jsonschema.Draft202012Validator.check_schema(schema)
        check = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
        rows = client.get(f"/api/v1/datasets/{name}/rows").json()["rows"]
        assert rows
        for row in rows:
            check.validate(row)


def test_other_rows_do_not(client: Client) -> None:
    """Another type, a column too many."""
    check = jsonschema.Draft202012Validator(client.get("/api/v1/contracts/open-data").json())
    row = client.get("/api/v1/datasets/open-data/rows?limit=1").json()["rows"][0]
    assert check.is_valid(row)
    assert not check.is_valid({**row, "people": "many"})
    assert not check.is_valid({**row, "more": 1})


def test_table_schema_has_the_columns_of_the_csv(client: Client) -> None:
    """In their order, with the key."""
    for name in _names(client):
        schema = client.get(f"/api/v1/contracts/{name}?format=table-schema").json()
        header = next(csv.reader(io.StringIO(client.get(f"/api/v1/datasets/{name}/rows?format=csv").text)))
        assert [field["name"] for field in schema["fields"]] == header
    assert client.get("/api/v1/contracts/open-data?format=table-schema").json()["primaryKey"] == [
        "district",
        "year",
    ]


def test_closed_columns_are_in_no_contract(client: Client) -> None:
    """Nobody learns of them from it."""
    text = (
        client.get("/api/v1/contracts/mixed-data").text
        + client.get("/api/v1/contracts/mixed-data?format=table-schema").text
    )
    assert "note" not in text
    assert "people" in text


@pytest.mark.parametrize("path", ["protected-data", "nothing", "open-data@9", "OPEN"])
def test_what_is_not_there(client: Client, path: str) -> None:
    """404, closed or not."""
    assert client.get(f"/api/v1/contracts/{path}").status_code == 404


def test_another_format_is_refused(client: Client) -> None:
    """With those that there are."""
    answer = client.get("/api/v1/contracts/open-data?format=xsd")
    assert (answer.status_code, answer.json()["hint"]) == (400, "There are: json-schema, table-schema.")


def test_words_follow_the_file_and_bounds_the_publication(tmp_path: Path) -> None:
    """A new description is told at once; what rows must keep is that of their version, which stays as it was."""
    tiny = make_tiny(tmp_path)
    fill(tiny)
    city, old = tiny.city, tiny.store.latest_versions()["open-data"]
    told = Column("people", "integer", Text("Menschen", "People who live here"))
    bound = Column("people", "integer", minimum=0, required=True)
    datasets = {
        **city.datasets,
        "open-data": replace(city.datasets["open-data"], columns=_with(old.columns, told)),
    }
    with TestClient(create_app(replace(tiny, city=replace(city, datasets=datasets)))) as client:
        first = client.get("/api/v1/contracts/open-data").json()
        tiny.store.add_version(replace(old, number=2, columns=_with(old.columns, bound)))
        second = client.get("/api/v1/contracts/open-data@2").json()
        again = client.get("/api/v1/contracts/open-data@1").json()
    assert first["properties"]["people"]["title"] == "People who live here"
    assert (first["properties"]["people"]["type"], first["required"]) == (["integer", "null"], [])
    assert (second["properties"]["people"]["type"], second["required"]) == ("integer", ["people"])
    assert second["properties"]["people"]["minimum"] == 0
    assert first == again
    assert second["x-fingerprint"] != first["x-fingerprint"]


def _with(columns: tuple[Column, ...], changed: Column) -> tuple[Column, ...]:
    return tuple(changed if one.name == changed.name else one for one in columns)
