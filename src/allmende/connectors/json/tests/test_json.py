"""Connector json: records wherever they are, typed, and every stray one rejected with its reason."""

from __future__ import annotations

import contextlib
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allmende.connectors.json.connector import JsonConnector
from allmende.connectors.json.records import find_records, flatten
from allmende.errors import Unreadable
from allmende.model.dataset import Column
from allmende.ports import Parsed
from allmende.testing.connector_contract import (
    ConnectorContract,
    any_json,
    check_law,
    raw_of,
    shown,
    source_of,
)
from allmende.testing.http import FakeHttp


class TestContract(ConnectorContract):
    """json keeps what every connector must keep."""

    connector_id = "json"
    refused = (b"", b"  \n", b"{", b"7", b'"text"', b"[1, 2", b'{"a": 1,}', b"[" * 100_000, b"\x81\x8d\x90")


def parse(tmp_path: Path, text: str | bytes, *columns: Column, **options: Any) -> Parsed:
    path = tmp_path / "raw"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    parsed = JsonConnector().parse(raw_of(path), source_of("json", options), columns)
    check_law(parsed)
    return parsed


@pytest.mark.parametrize(
    ("document", "path", "count"),
    [
        ([{"a": 1}], "$", 1),
        ({"a": 1}, "$", 1),
        ({"meta": {"x": 1}, "result": {"records": [{"a": 1}, {"a": 2}]}}, "result.records", 2),
        ({"fields": [{"n": 1}, {"n": 2}, {"n": 3}], "features": [{"a": 1}]}, "features", 1),
        ({"P1": {"free": 1}, "P2": {"free": 2}}, "$.*", 2),
        ({"id": 7, "files": [{"a": 1}, {"a": 2}]}, "$", 1),
        ({"id": 7, "items": [{"a": 1}, {"a": 2}]}, "items", 2),
        ({"20140101": [1, 2], "20140102": [3, 4]}, "$.*", 2),
    ],
)
def test_the_records_are_found_without_being_told(document: Any, path: str, count: int) -> None:
    """The usual shapes of city services: a list, a wrapped list, an object of objects, days of hours."""
    records = find_records(document, "")
    assert (records.path, len(records.values)) == (path, count)


def test_a_wrong_path_names_what_there_is(tmp_path: Path) -> None:
    """The fault says which step fails and what was perhaps meant."""
    with pytest.raises(Unreadable, match="Did you mean 'records'"):
        parse(tmp_path, '{"result": {"records": []}}', rows="result.record")


def test_a_path_goes_through_lists_by_number(tmp_path: Path) -> None:
    """`0.lots` is the list `lots` of the first object."""
    assert parse(tmp_path, '[{"lots": [{"a": 1}, {"a": 2}]}]', rows="0.lots").rows_in == 2


def test_objects_are_flattened_but_maps_and_lists_stay_whole() -> None:
    """An address is four columns; a map with a hundred boxes is one cell of JSON."""
    boxes = {f"box{i}": {"number": i} for i in range(9)}
    flat = flatten({"at": {"city": {"name": "Jena"}}, "boxes": boxes, "tags": ["a"], "none": {}})
    assert flat == {"at.city.name": "Jena", "boxes": boxes, "tags": ["a"], "none": None}


def test_declared_columns_decide_the_type(tmp_path: Path) -> None:
    """A value that the declared type cannot hold rejects its row, with column, reason and raw text."""
    column = Column("places", "integer", source_name="Plätze")
    parsed = parse(tmp_path, '[{"Plätze": "12"}, {"Plätze": "viele"}, {"other": 1}]', column)
    assert [(r.row, r.column, r.reason) for r in parsed.rejected] == [
        (2, "places", "'viele' is not a whole number")
    ]
    assert parsed.rejected[0].raw == '{"Plätze": "viele"}'
    assert shown(parsed, 2) == [{"places": 12, "other": None}, {"places": None, "other": 1}]


def test_a_declared_column_that_is_missing_is_left_for_the_contract(tmp_path: Path) -> None:
    """The connector invents no empty column."""
    assert parse(tmp_path, '[{"a": 1}]', Column("b")).table.column_names == ["a"]


def test_broken_json_is_refused_with_line_and_column(tmp_path: Path) -> None:
    """A person can find the comma."""
    with pytest.raises(Unreadable, match="line 2, column"):
        parse(tmp_path, '[{"a": 1},\n {"a": 2,}]')


@pytest.mark.parametrize(
    ("encoding", "noted"),
    [("utf-8-sig", "utf-8"), ("utf-16", "utf-16"), ("utf-32", "utf-32"), ("cp1252", "cp1252")],
)
def test_other_encodings_are_read_and_noted(tmp_path: Path, encoding: str, noted: str) -> None:
    """German cities still send Windows-1252; the umlaut survives and the encoding is shown."""
    parsed = parse(tmp_path, '[{"name": "Lößnitz"}]'.encode(encoding))
    assert shown(parsed, 1) == [{"name": "Lößnitz"}]
    assert parsed.detected["encoding"] == noted


def test_half_characters_do_not_break_the_table(tmp_path: Path) -> None:
    """A lone surrogate is legal JSON and illegal UTF-8: it becomes the replacement character."""
    assert shown(parse(tmp_path, r'[{"a": "x\ud800y"}]'), 1) == [{"a": "x\ufffdy"}]


def test_numbers_beyond_64_bits_stay_text(tmp_path: Path) -> None:
    """Nothing is rounded silently."""
    assert shown(parse(tmp_path, '[{"a": 123456789012345678901}]'), 1) == [{"a": "123456789012345678901"}]


def test_geometries_become_one_column_only_when_they_are_degrees(tmp_path: Path) -> None:
    """Coordinates in metres stay JSON: this connector cannot know their system."""
    record = '[{{"where": {{"type": "Point", "coordinates": {0}}}}}]'
    degrees = parse(tmp_path, record.format("[11.5, 50.9, 120]"))
    metres = parse(tmp_path, record.format("[680000, 5640000]"))
    assert shown(degrees, 1) == [{"where": "POINT (11.5 50.9)"}]
    assert [c.type for c in metres.columns] == ["json"]


def test_a_named_point_must_be_a_place_on_earth(tmp_path: Path) -> None:
    """Declared columns with impossible degrees reject the row; unknown ones give no point."""
    text = '[{"x": 11.5, "y": 50.9}, {"x": 1150, "y": 50.9}, {"x": null, "y": 50.9}]'
    parsed = parse(tmp_path, text, point={"x": "x", "y": "y"})
    assert [r.row for r in parsed.rejected] == [2]
    assert [row["geometry"] for row in shown(parsed, 2)] == ["POINT (11.5 50.9)", None]


def test_ten_thousand_columns_are_refused(tmp_path: Path) -> None:
    """Names and values are swapped; the error says so instead of filling the disk."""
    text = "[{" + ", ".join(f'"c{i}": 1' for i in range(10_000)) + "}]"
    with pytest.raises(Unreadable, match="10000 columns"):
        parse(tmp_path, text)


@settings(max_examples=200, deadline=None)
@given(
    document=any_json() | st.lists(st.dictionaries(st.text(max_size=4), any_json(), min_size=1), max_size=4)
)
def test_any_json_keeps_the_law(document: Any) -> None:
    """Whatever the shape: rows by the law or Unreadable."""
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(Unreadable):
        parse(Path(folder), json.dumps(document))


def test_fetch_asks_once_and_gives_nothing_when_unchanged() -> None:
    """One address, one answer."""
    http = FakeHttp({"https://example.org/": b"[]"})
    assert len(list(JsonConnector().fetch(source_of("json"), http, None))) == 1
    assert http.asked == ["https://example.org/"]


def test_wrong_options_are_problems_with_paths() -> None:
    """A wrong type and a zone that does not exist."""
    problems = JsonConnector().check(source_of("json", {"rows": 7, "time_zone": "Europe/Jena"}))
    assert [p.path for p in problems] == ["$.options.rows", "$.options.time_zone"]
