"""Downloads: the same rows in every format, with what they are, in constant memory."""

from __future__ import annotations

import csv
import hashlib
import io
import subprocess
import sys
from base64 import b64decode
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from litestar import Litestar
from litestar.testing import TestClient
from python_calamine import CalamineWorkbook

from allmende.errors import NotFound
from allmende.model.access import ANONYMOUS
from allmende.model.dataset import Column, ColumnType
from allmende.share.downloads.formats import FORMATS, FileName, formats_of
from allmende.share.downloads.text import spreadsheet_csv_chunks
from allmende.share.reads import Reads

Client = TestClient[Litestar]
MEBIBYTE = 1024


def _get(client: Client, name: str, **headers: str) -> Any:
    answer = client.get(f"/d/{name}", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer


def test_the_same_rows_in_every_format(client: Client) -> None:
    """CSV, JSON, XLSX and Parquet tell the same."""
    expected = [
        {"district": d, "year": y, "people": p}
        for y, row in ((2015, (30, 10, 20)), (2016, (33, 12, 21)))
        for d, p in zip("012", row, strict=True)
    ]
    assert _get(client, "open-data.json").json()["rows"] == expected
    table = pq.read_table(io.BytesIO(_get(client, "open-data.parquet").content))
    assert table.to_pylist() == expected
    lines = list(csv.DictReader(io.StringIO(_get(client, "open-data.csv").text)))
    assert lines == [{k: str(v) for k, v in row.items()} for row in expected]
    book = CalamineWorkbook.from_filelike(io.BytesIO(_get(client, "open-data.xlsx").content))
    assert book.sheet_names == ["Daten", "Info"]
    assert book.get_sheet_by_name("Daten").to_python()[1:] == [
        list(map(_cell, row.values())) for row in expected
    ]


def _cell(value: object) -> object:
    return float(value) if isinstance(value, int) else value


def test_files_say_what_they_are(client: Client, reads: Reads) -> None:
    """Licence, source, version and content hash stand in every file, or in the one that goes with it."""
    version = reads.dataset(ANONYMOUS, "open-data").version
    assert version is not None
    told = ["dl-de/by-2-0", "Stadt Test", version.content_hash]
    texts = [_get(client, f"open-data.{name}").text for name in ("json", "csv-metadata.json")]
    texts.append(str(pq.read_schema(io.BytesIO(_get(client, "open-data.parquet").content)).metadata))
    book = CalamineWorkbook.from_filelike(io.BytesIO(_get(client, "open-data.xlsx").content))
    texts.append(str(book.get_sheet_by_name("Info").to_python()))
    for text in texts:
        assert all(word in text for word in told), text


def test_headers_say_what_they_are(client: Client) -> None:
    """Who only sees the headers knows licence, version and where the description is."""
    headers = _get(client, "open-data.csv").headers
    assert '<https://www.govdata.de/dl-de/by-2-0>; rel="license"' in headers["link"]
    assert '</d/open-data@1.csv-metadata.json>; rel="describedby"' in headers["link"]
    assert headers["x-allmende-version"] == "open-data@1"
    assert headers["x-allmende-attribution"] == "Stadt Test"
    assert headers["content-type"].startswith("text/csv")
    assert 'filename="open-data@1.csv"' in headers["content-disposition"]


@pytest.mark.parametrize("name", ["csv", "json", "parquet", "xlsx"])
def test_the_same_version_is_the_same_file(client: Client, name: str) -> None:
    """Byte for byte, so that the digest of the first download is announced with the second."""
    first, second = _get(client, f"open-data.{name}"), _get(client, f"open-data.{name}")
    assert first.content == second.content
    announced = second.headers["repr-digest"].removeprefix("sha-256=:").removesuffix(":")
    assert b64decode(announced) == hashlib.sha256(first.content).digest()


def test_an_unchanged_file_is_not_sent_again(client: Client) -> None:
    """304 for whom has it already; HEAD gives the headers alone."""
    etag = _get(client, "open-data.csv").headers["etag"]
    assert client.get("/d/open-data.csv", headers={"if-none-match": etag}).status_code == 304
    head = client.head("/d/open-data@1.csv")
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", etag)


def test_geojson(client: Client) -> None:
    """A collection with a geometry and the other columns; not there without a geometry."""
    found = _get(client, "districts.geojson").json()
    assert found["type"] == "FeatureCollection"
    first = found["features"][0]
    assert (first["geometry"]["type"], first["properties"]) == ("Polygon", {"code": "1", "name": "Nördlich"})
    assert client.get("/d/open-data.geojson").status_code == 404
    assert "POLYGON ((" in _get(client, "districts.csv").text
    assert b'"geo"' not in _get(client, "open-data.parquet").content
    assert pq.read_schema(io.BytesIO(_get(client, "districts.parquet").content)).metadata[b"geo"]


def test_spreadsheets_never_take_text_for_a_formula(client: Client, keys: dict[str, str]) -> None:
    """`=1+1` is a note in the data and stays one."""
    answer = _get(client, "mixed-data.xlsx", authorization=f"Bearer {keys['protected']}")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_name("Daten").to_python()
    assert "=1+1" in [row[3] for row in rows]
    assert answer.headers["cache-control"] == "private, no-store"


def test_the_mark_for_excel(client: Client) -> None:
    """`?bom=1` puts the mark before CSV, and nothing else."""
    plain, marked = _get(client, "open-data.csv").content, _get(client, "open-data.csv?bom=1").content
    assert marked == b"\xef\xbb\xbf" + plain


@dataclass(frozen=True)
class _Labels:
    """The columns of a file that says nothing else."""

    columns: tuple[Column, ...]

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Nothing."""
        return ()


def _spreadsheet(texts: list[str | None], **columns: list[Any]) -> list[list[str]]:
    """What a spreadsheet reads of the CSV that is made for it."""
    table = pa.table({"note": pa.array(texts, pa.string()), **columns})
    types: dict[str, ColumnType] = {"note": "text", "weight": "number", "day": "date"}
    labels = _Labels(tuple(Column(name, types[name]) for name in table.column_names))
    data = b"".join(spreadsheet_csv_chunks(iter(table.to_batches()), labels))
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";"))[1:]


@given(st.lists(st.text(max_size=20).filter(lambda text: "\x00" not in text), min_size=1))
def test_no_text_begins_like_a_formula_in_a_csv_for_spreadsheets(texts: list[str]) -> None:
    """Whatever it is, behind an apostrophe it is text, and without that it is what it was."""
    for text, (cell,) in zip(texts, _spreadsheet([*texts]), strict=True):
        assert cell.startswith("'") or cell.lstrip(" \xa0")[:1] not in {*"=+-@\t\r\n＝＋－＠"}
        assert text == cell.removeprefix("'")


def test_known_attacks_are_text_and_numbers_stay_numbers() -> None:
    """The examples of OWASP; a negative number is no attack."""
    attacks = ["=cmd|' /C calc'!A0", "+1", "-2+3", "@SUM(A1)", "\t=1", " =1", "ok"]
    rows = _spreadsheet([*attacks, None], weight=[-1.5] * 8, day=[date(2024, 5, 1)] * 8)
    assert [row[0][:1] for row in rows] == ["'"] * 6 + ["o", ""]
    assert {row[1] for row in rows} == {"-1,5"}
    assert {row[2] for row in rows} == {"2024-05-01"}


def test_csv_for_programs_has_the_data_as_they_are(client: Client, keys: dict[str, str]) -> None:
    """Only who asks for a spreadsheet's CSV gets changed texts, and it is another file."""
    headers = {"authorization": f"Bearer {keys['protected']}"}
    plain = _get(client, "mixed-data.csv", **headers)
    sheet = _get(client, "mixed-data.csv?spreadsheet=1", **headers)
    assert '"=1+1"' in plain.text
    assert '"\'=1+1"' in sheet.text
    assert plain.headers["etag"] != sheet.headers["etag"]


@pytest.mark.parametrize(
    "name", ["open-data.exe", "open-data@x.csv", "../x.csv", "open-data@2.csv", "x.csv", ".csv"]
)
def test_other_names_are_not_found(client: Client, name: str) -> None:
    """Only versions that are there, in formats that are there."""
    assert client.get(f"/d/{name}").status_code == 404


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_name_is_read_or_refused(name: str) -> None:
    """No name breaks the reading of names, and what is read is what was written."""
    try:
        found = FileName.parse(name)
    except NotFound:
        return
    version = f"@{found.version}" if found.version is not None else ""
    assert found.format in FORMATS or found.format == "csv-metadata.json"
    assert name.startswith(found.dataset + ("@" if version else "."))
    assert name.endswith(f".{found.format}")


def test_formats_offered(reads: Reads) -> None:
    """GeoJSON only where there is a geometry."""
    assert formats_of(reads.dataset(ANONYMOUS, "open-data")) == ("csv", "xlsx", "json", "parquet")
    assert "geojson" in formats_of(reads.dataset(ANONYMOUS, "districts"))


_MEASURE = """
import re, sys
from pathlib import Path
from allmende.share.downloads.about import About
from allmende.share.downloads.formats import FORMATS
from allmende.model.dataset import Column
from allmende.lake.local import LocalLake
format_, folder, lake_version = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
columns = (Column("number", "integer"), Column("value", "number"), Column("words", "text"))
about = About("t", "", "big", 1, "2026-11-22T12:00:00Z", "h", 0, (), (), "p", "a", columns, False)
lake = LocalLake(folder)
size = sum(len(c) for c in FORMATS[format_].write(iter(lake.read("big", lake_version)), about))
print(size, re.search("VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""
_WRITE = """
import sys
from pathlib import Path
import numpy as np, pyarrow as pa
from allmende.lake.local import LocalLake
rows, folder = int(sys.argv[1]), Path(sys.argv[2])
chance = np.random.default_rng(1)
words = pa.array(["Straße der Erfinder Nummer %06d, Hinterhaus links" % n for n in range(50_000)])
table = pa.table({"number": np.arange(rows), "value": chance.random(rows),
                  "words": words.take(pa.array(chance.integers(0, 50_000, rows)))})
print(LocalLake(folder).write("big", table).lake_version)
"""


def _peak(format_: str, rows: int, folder: Path) -> tuple[int, int]:
    """Size of the download in bytes, and the peak memory of the process that made it, in KiB."""
    run = [sys.executable, "-c"]
    written = subprocess.run(
        [*run, _WRITE, str(rows), str(folder)], check=True, capture_output=True, text=True
    )
    measured = subprocess.run(
        [*run, _MEASURE, format_, str(folder), written.stdout.strip()],
        check=True,
        capture_output=True,
        text=True,
    )
    size, peak = measured.stdout.split()
    return int(size), int(peak)


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """Ten times the rows need about the same memory."""
    small, large = _peak("csv", 50_000, tmp_path / "a"), _peak("csv", 1_000_000, tmp_path / "b")
    print(
        f"\ncsv: {large[0] / 1e6:.0f} MB file, peak {large[1] // 1024} MiB (small file {small[1] // 1024} MiB)"
    )
    assert large[0] > 15 * small[0]
    assert large[1] < small[1] + 80 * MEBIBYTE


@pytest.mark.slow
@pytest.mark.parametrize(
    ("format_", "rows"),
    [("csv", 15_000_000), ("json", 10_000_000), ("parquet", 40_000_000), ("xlsx", 1_500_000)],
)
def test_a_gigabyte_needs_less_than_200_mb(tmp_path: Path, format_: str, rows: int) -> None:
    """1 GB with less than 200 MB of memory (XLSX and Parquet: as many rows as a city ever has)."""
    size, peak = _peak(format_, rows, tmp_path)
    print(f"\n{format_}: {rows} rows, {size / 1e6:.0f} MB file, peak {peak // 1024} MiB")
    assert peak < 200 * MEBIBYTE
    assert size > 1_000_000_000 or format_ in ("parquet", "xlsx")
