"""The same rows, asked for by every interface, as plain cells that can be compared.

A reader here uses other parsers than ours where there are any: Arrow's for CSV, calamine for workbooks, the
standard library's for HTML.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from html.parser import HTMLParser
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import shapely
from litestar import Litestar
from litestar.testing import TestClient
from python_calamine import CalamineWorkbook

from allmende.model.dataset import Column

Client = TestClient[Litestar]
Columns = Sequence[Column]
Row = tuple[Any, ...]
Ask = Callable[[Client, str, Columns], list[Row]]
GEO = "geometry"


def plain(cell: Any, column: Column) -> Any:
    """A cell of any answer: text, number, truth, date, moment (UTC), parsed JSON, or a rounded shape."""
    if cell is None:
        return None
    match column.type:
        case "integer":
            return int(cell)
        case "number":
            return float(cell)
        case "boolean":
            return cell if isinstance(cell, bool) else {"true": True, "false": False}[cell]
        case "date":
            return cell if isinstance(cell, date) else date.fromisoformat(cell)
        case "datetime":
            return cell if isinstance(cell, datetime) else datetime.fromisoformat(cell)
        case "json":
            return json.loads(cell) if isinstance(cell, str) else cell
        case "geometry":
            return places(cell)
    return cell


def places(shape: Any) -> Any:
    """Kind and coordinates of GeoJSON, WKT or WKB; six decimals, since ways to round differ in the seventh."""
    if isinstance(shape, dict):
        found = shapely.from_geojson(json.dumps(shape))
    else:
        found = shapely.from_wkt(shape) if isinstance(shape, str) else shapely.from_wkb(shape)
    heights = shapely.get_coordinates(found, include_z=True).round(6) + 0.0
    return found.geom_type, tuple(tuple(c for c in point if c == c) for point in heights.tolist())


def _rows(lines: Sequence[Mapping[str, Any]], columns: Columns) -> list[Row]:
    return [tuple(plain(line[column.name], column) for column in columns) for line in lines]


def _json(client: Client, address: str) -> Any:
    answer = client.get(address)
    assert answer.status_code == 200, f"{address}: {answer.text[:300]}"
    return json.loads(answer.content, parse_constant=_never)


def _never(word: str) -> Any:
    raise AssertionError(f"{word} is no JSON")


def _bytes(client: Client, address: str) -> bytes:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content


def api(client: Client, dataset: str, columns: Columns, many: int = 4) -> list[Row]:
    """`/api/v1`, page by page."""
    found: list[Row] = []
    address: str | None = f"/api/v1/datasets/{dataset}/rows?limit={many}"
    while address:
        page = _json(client, address)
        found += _rows(page["rows"], columns)
        address = page["next"]
    assert page["total"] == len(found)
    return found


def csv_file(client: Client, dataset: str, columns: Columns) -> list[Row]:
    """CSV; a quoted empty text is one, an unquoted is unknown."""
    names = [column.name for column in columns]
    kinds = pa.csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True, null_values=[""],
        quoted_strings_can_be_null=False,
    )  # fmt: skip
    quoted = pa.csv.ParseOptions(newlines_in_values=True)
    table = pa.csv.read_csv(
        io.BytesIO(_bytes(client, f"/d/{dataset}.csv")), convert_options=kinds, parse_options=quoted
    )
    return _rows(table.to_pylist(), columns)


def json_file(client: Client, dataset: str, columns: Columns) -> list[Row]:
    """The JSON download."""
    found = _json(client, f"/d/{dataset}.json")
    return _rows(found["rows"], columns)


def geojson_file(client: Client, dataset: str, columns: Columns) -> list[Row]:
    """The GeoJSON download."""
    return _features(_json(client, f"/d/{dataset}.geojson")["features"], columns)


def parquet_file(client: Client, dataset: str, columns: Columns) -> list[Row]:
    """The Parquet download."""
    table = pa.parquet.read_table(io.BytesIO(_bytes(client, f"/d/{dataset}.parquet")))
    return _rows(table.to_pylist(), columns)


def ckan(client: Client, dataset: str, columns: Columns, many: int = 4) -> list[Row]:
    """`datastore_search`, page by page."""
    found: list[Row] = []
    address = f"{_datastore(client, dataset)}&limit={many}"
    while True:
        page = _json(client, f"{address}&offset={len(found)}")["result"]
        found += _rows(page["records"], columns)
        if len(found) >= page["total"] or not page["records"]:
            assert page["total"] == len(found)
            return found


def _datastore(client: Client, dataset: str) -> str:
    """Where the rows of a dataset are asked for: its first file that says so."""
    package = _json(client, f"/api/3/action/package_show?id={dataset}")["result"]
    name = next(one["id"] for one in package["resources"] if one["datastore_active"])
    return f"/api/3/action/datastore_search?resource_id={name}"


def ogc(client: Client, dataset: str, columns: Columns, many: int = 4) -> list[Row]:
    """OGC API Features, along its links."""
    found: list[Row] = []
    address: str | None = f"/ogc/collections/{dataset}/items?limit={many}"
    while address:
        page = _json(client, address)
        found += _features(page["features"], columns)
        assert page["numberReturned"] == len(page["features"])
        address = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
    assert page["numberMatched"] == len(found)
    return found


def _features(features: Sequence[Mapping[str, Any]], columns: Columns) -> list[Row]:
    lines = [one["properties"] | {GEO: one["geometry"]} for one in features]
    assert all(set(line) == {column.name for column in columns} for line in lines)
    return _rows(lines, columns)


EXACT: dict[str, Ask] = {
    "api": api, "csv": csv_file, "json": json_file, "geojson": geojson_file, "parquet": parquet_file, "ckan": ckan,
    "ogc": ogc,
}  # fmt: skip
"""Ways that tell everything apart."""


# --- ways that are for people: unknown and the empty text look alike there ---


def ckan_csv(client: Client, dataset: str, columns: Columns) -> list[Row]:
    """`datastore_search` with its records as CSV."""
    address = f"{_datastore(client, dataset)}&limit=1000&records_format=csv"
    text = _json(client, address)["result"]["records"]
    lines = csv.reader(io.StringIO(text, newline=""))
    return [
        tuple(plain(c or None, column) for c, column in zip(line[1:], columns, strict=True)) for line in lines
    ]


def workbook(client: Client, dataset: str, columns: Columns) -> list[Row]:
    """The workbook; what Excel's numbers or days cannot hold stands there as text."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(_bytes(client, f"/d/{dataset}.xlsx")))
    lines = book.get_sheet_by_index(0).to_python(skip_empty_area=False)[1:]
    empty = [""] * len(columns)
    return [tuple(map(_of_excel, [*line, *empty][: len(columns)], columns)) for line in lines]


def _of_excel(cell: Any, column: Column) -> Any:
    if isinstance(cell, date) and not isinstance(cell, datetime):
        cell = datetime.combine(cell, time.min)  # midnight is a day to its reader
    if isinstance(cell, datetime):
        cell = cell.replace(tzinfo=UTC) if column.type == "datetime" else cell.date()
    return plain(None if cell == "" else cell, column)


def page(client: Client, dataset: str, columns: Columns) -> list[Row]:
    """The table on the page of the dataset; unknown is a dash, and long texts are cut."""
    parser = _Cells()
    parser.feed(client.get(f"/d/{dataset}").text)
    return [
        tuple(
            CUT if c.endswith("…") else plain(None if c == "–" else c, column)
            for c, column in zip(line, columns, strict=True)
        )
        for line in parser.rows
        if len(line) == len(columns)
    ]


class _Cells(HTMLParser):
    """The cells of the first table with cells."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._cell = self._over = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr" and not self._over:
            self.rows.append([])
        if tag == "td" and not self._over:
            self.rows[-1].append("")
            self._cell = True

    def handle_endtag(self, tag: str) -> None:
        self._cell = self._cell and tag != "td"
        self._over = self._over or (tag == "table" and any(self.rows))
        if tag == "table":
            self.rows = [row for row in self.rows if row]

    def handle_data(self, data: str) -> None:
        if self._cell:
            self.rows[-1][-1] += data


CUT = object()
"""A cell that a page shows the beginning of."""
FOR_PEOPLE: dict[str, Ask] = {"ckan csv": ckan_csv, "xlsx": workbook, "page": page}


def without_empty(rows: Sequence[Row]) -> list[Row]:
    """Rows as they look to people: an empty text is nothing."""
    return [tuple(None if cell == "" else cell for cell in row) for row in rows]


def close(one: Any, other: Any) -> bool:
    """Equal, as far as it is shown; a moment to the millisecond and a number to 15 digits, as Excel knows them."""
    if isinstance(one, datetime) and isinstance(other, datetime):
        return abs(one - other) <= timedelta(milliseconds=1)
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-15)
    return one is CUT or bool(one == other)
