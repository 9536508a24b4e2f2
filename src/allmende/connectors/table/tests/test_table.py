"""Connector table: whatever offices export becomes typed rows, and nothing is lost on the way."""

from __future__ import annotations

import contextlib
import gzip
import io
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from allmende.connectors.table.connector import TableConnector
from allmende.errors import Unreadable
from allmende.model.dataset import Column
from allmende.ports import Parsed
from allmende.testing.connector_contract import ConnectorContract, check_law, raw_of, shown, source_of


class TestContract(ConnectorContract):
    """table keeps what every connector must keep."""

    connector_id = "table"
    refused = (
        b"",
        b" \n ",
        b"<!DOCTYPE html><p>no",
        b'{"a": 1}',
        b"PK\x03\x04" + b"\0" * 99,
        bytes(range(256)) * 9,
    )


def parse(tmp_path: Path, text: str | bytes, *columns: Column, **options: Any) -> Parsed:
    path = tmp_path / "raw"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    parsed = TableConnector().parse(raw_of(path), source_of("table", options), columns)
    check_law(parsed)
    return parsed


@pytest.mark.parametrize(
    ("written", "kind", "first"),
    [
        ("1,5\n2,25", "number", 1.5),
        ("1.234\n12.345.678", "integer", 1234),
        ("57.138\n2.5", "number", 57.138),
        ("1,234,567\n1,000", "integer", 1234567),
        ("01.02.2024\n15.3.2024", "date", "2024-02-01"),
        ("2024-02-01 10:00\n2024-07-01 10:00", "datetime", "2024-02-01T09:00:00+00:00"),
        ("2024-10-27T02:30:00+01:00\n2024-10-27T02:30:00Z", "datetime", "2024-10-27T01:30:00+00:00"),
        ("22.07.21\n01.12.99", "date", "2021-07-22"),
        ("2025/02/01 00:05:00\n2025/02/01 00:10:00", "datetime", "2025-01-31T23:05:00+00:00"),
        ('{"a": 1}\n[2]', "json", '{"a": 1}'),
        ("[no json]\n[2]", "text", "[no json]"),
        ("WAHR\nFALSCH\n0", "boolean", True),
        ("01234\n00017", "text", "01234"),
        ("12 %\n7,5 %", "number", 12.0),
        ("3\nk.A.\n-", "integer", 3),
        ("123456789012345678\n1", "integer", 123456789012345678),
        ("99999999999999999999\n1", "text", "99999999999999999999"),
    ],
)
def test_values_are_read_as_germans_write_them(
    tmp_path: Path, written: str, kind: str, first: object
) -> None:
    """Numbers, days, times and truths in the ways that occur in offices get the right type and value."""
    body = "".join(f"{n};{value}\n" for n, value in enumerate(written.split("\n")))
    parsed = parse(tmp_path, f"Zeile;Spalte\n{body}", delimiter=";")
    assert parsed.columns[1].type == kind
    assert shown(parsed, 1)[0]["spalte"] == first


@pytest.mark.parametrize(
    ("name", "written", "kind"),
    [
        ("start_date", "20240131\n20240201", "date"),
        ("Datum", "1583932500\n1583936100", "datetime"),
        ("amount", "20240131\n20240201", "integer"),
        ("start_date", "20240131\n20241301", "integer"),
    ],
)
def test_digits_are_days_only_where_the_name_says_so(
    tmp_path: Path, name: str, written: str, kind: str
) -> None:
    """20240131 is a day in a column called date, and a number in others; one that is no day makes all numbers."""
    assert parse(tmp_path, f"{name};n\n" + written.replace("\n", ";1\n") + ";1\n").columns[0].type == kind


def test_notes_below_a_sheet_are_set_aside(tmp_path: Path) -> None:
    """Sources and footnotes below a table in Excel are rejected with their words; the years stay whole numbers."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([["Jahr", "a", "b"], ["2014", 1, 2], ["2015", 3, 4], ["Quelle: Amt"]]):
            sheet.write_row(number, 0, row)
    parsed = parse(tmp_path, out.getvalue())
    assert [c.type for c in parsed.columns] == ["integer"] * 3
    assert [(r.row, r.raw) for r in parsed.rejected] == [(3, "Quelle: Amt")]


def test_a_text_of_which_no_row_fits_is_refused(tmp_path: Path) -> None:
    """When not one row has the cells of the header, this is no table; row and number of cells are named."""
    with pytest.raises(Unreadable, match="row 1: 1 cells instead of 3"):
        parse(tmp_path, "a;b;c\nthis is\nno table\n")


def test_postcodes_stay_text(tmp_path: Path) -> None:
    """A postcode is a name, not an amount, even where no one starts with zero."""
    parsed = parse(tmp_path, "PLZ;Anzahl\n10115;1\n20095;2\n")
    assert [c.type for c in parsed.columns] == ["text", "integer"]


def test_a_declared_column_that_does_not_fit_rejects_the_row(tmp_path: Path) -> None:
    """The row is set aside with number, column, reason and raw text; the others are taken."""
    parsed = parse(tmp_path, "a;b\n1;x\n2;y\nz;w\n", Column("a", "integer", required=True))
    assert parsed.table.num_rows == 2
    assert [(r.row, r.column, r.raw) for r in parsed.rejected] == [(3, "a", "z;w")]


def test_ragged_rows_are_rejected_or_padded_when_declared(tmp_path: Path) -> None:
    """A row with too few cells is rejected with its text; with ragged = "pad" it is filled up in its place."""
    text = "a;b;c\n1;2;3\n4;5\n6;7;8\n"
    assert [(r.row, r.raw) for r in parse(tmp_path, text).rejected] == [(2, "4;5")]
    padded = parse(tmp_path, text, ragged="pad")
    assert padded.table.column("a").to_pylist() == [1, 4, 6]
    assert padded.table.column("c").to_pylist() == [3, None, 8]


def test_points_come_from_two_columns(tmp_path: Path) -> None:
    """Coordinates in metres with a decimal comma become a point in degrees."""
    parsed = parse(
        tmp_path, "n;x;y\n1;684988,059;5640608,495\n2;;\n", point={"x": "x", "y": "y", "crs": "EPSG:25832"}
    )
    assert [row["geometry"] for row in shown(parsed, 2)] == ["POINT (11.63013 50.88749)", None]


def test_gzip_and_excel_read_like_text(tmp_path: Path) -> None:
    """The same table as CSV, gzip and XLSX gives the same rows."""
    rows: list[list[object]] = [["name", "count", "since"], ["A", 1, "2024-02-01"], ["B", 22, "2024-02-03"]]
    text = "\n".join(";".join(map(str, row)) for row in rows)
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Daten")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    wanted = shown(parse(tmp_path, text), 9)
    assert wanted[1] == {"name": "B", "count": 22, "since": "2024-02-03"}
    assert shown(parse(tmp_path, gzip.compress(text.encode())), 9) == wanted
    assert shown(parse(tmp_path, out.getvalue()), 9) == wanted


def test_too_many_columns_are_refused_with_their_number(tmp_path: Path) -> None:
    """Ten thousand columns are refused in plain words, not with a crash."""
    with pytest.raises(Unreadable, match="10000 columns"):
        parse(tmp_path, ";".join(f"c{n}" for n in range(10_000)) + "\n" + ";".join("1" * 10_000))


_CELL = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=8)


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(_CELL, _CELL), min_size=1, max_size=12))
def test_every_row_is_accounted_for(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    """Whatever stands in the cells: rows in are rows accepted plus rows rejected, and nothing crashes."""
    quoted = "\n".join(";".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)
    with contextlib.suppress(Unreadable):
        parse(tmp_path_factory.mktemp("rows"), f"a;b\n{quoted}\n", header_row=1, delimiter=";")
