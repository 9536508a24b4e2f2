"""What a file really is, and what is said of it. Nothing a file holds may raise, and nothing stays unsaid."""

from __future__ import annotations

import gzip
import io
import time
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allmende.model.received import FileLook
from allmende.structure.receiving.excel import excel_problems
from allmende.structure.receiving.look import look_into
from tests.structure.receiving.conftest import codes, with_parts, workbook, write_rows

Looked = Callable[..., FileLook]
CSV = b"Schule;Kinder\nNord;120\nS\xc3\xbcd;98\n"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


def packed(**files: bytes) -> bytes:
    """A ZIP."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), data)
    return target.getvalue()


NO_TABLES = {
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\n1 0 obj", "is_pdf"),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(40), "is_picture"),
    "jpeg": (b"\xff\xd8\xff\xe0" + bytes(40), "is_picture"),
    "docx": (packed(word__document_xml=b"<w/>"), "is_word"),
    "odt": (packed(mimetype=b"application/vnd.oasis.opendocument.text", content_xml=b"<o/>"), "is_word"),
    "doc": (OLE + "WordDocument".encode("utf-16-le") + bytes(40), "is_word"),
    "pptx": (packed(ppt__presentation_xml=b"<p/>"), "is_slides"),
    "html": (b"<!DOCTYPE html><html><body><table><tr><td>1</td></tr></table>", "is_web_page"),
    "html called xls": (b"<table><tr><td>1</td></tr></table>", "is_web_page"),
    "mhtml called xls": (b"MIME-Version: 1.0\nContent-Type: multipart/related\n", "is_web_page"),
    "mail": (b"Received: from a\nSubject: Tabelle\n\nHallo", "is_mail"),
    "exe": (b"MZ\x90\x00" + bytes(100), "is_program"),
    "elf": (b"\x7fELF\x02" + bytes(100), "is_program"),
    "7z": (b"7z\xbc\xaf\x27\x1c" + bytes(40), "is_archive"),
    "rar": (b"Rar!\x1a\x07\x01" + bytes(40), "is_archive"),
    "empty": (b"", "is_empty"),
    "blank": (b"\xef\xbb\xbf\r\n \n", "is_empty"),
    "parquet": (b"PAR1" + bytes(40), "is_parquet"),
    "bytes": (bytes(range(256)) * 4, "is_unknown"),
    "zeros in text": (b"a;b\n1;2\n" + b"x;\x00\n" * 3000, "is_unknown"),
    "zeros far below": (b"a;b\n" + b"1;2\n" * 3000 + b"3;\x00\n", "nul_bytes"),
    "locked xlsx": (OLE + "EncryptedPackage".encode("utf-16-le") + bytes(40), "locked"),
    "cut xlsx": (b"PK\x03\x04" + bytes(200), "broken"),
    "broken xls": (OLE + "Workbook".encode("utf-16-le") + bytes(600), "broken"),
    "two tables in a zip": (packed(a_csv=CSV, b_csv=CSV), "several_files"),
    "zip in zip": (packed(a_csv=packed(b_csv=CSV)), "nested"),
    "cut gzip": (gzip.compress(CSV * 100)[:-20], "broken"),
}


@pytest.mark.parametrize("name", NO_TABLES)
def test_what_is_no_table_is_named(name: str, look: Looked) -> None:
    """Each kind of wrong file gets words of its own, by its bytes, whatever it is called."""
    data, code = NO_TABLES[name]
    for file_name in ("tabelle.csv", "tabelle.xlsx", "ohne endung"):
        found = look(data, file_name)
        assert found.stopped
        assert code in codes(found)


def test_text_is_a_table(look: Looked) -> None:
    """Plain CSV has nothing to be said about; a table that begins with MZ is no program."""
    assert look(CSV, "a.csv").problems == ()
    assert look(b"MZ;Wert\n1;2\n", "a.csv").kind == "text"
    assert look(CSV.decode().encode("utf-16"), "a.csv").blocks[0].columns == 2


def test_a_wrong_name_is_told_and_harmless(look: Looked, tmp_path: Path) -> None:
    """CSV called .xls is read as CSV."""
    found = look(CSV, "a.xls")
    assert codes(found) == {"misnamed"}
    assert not found.stopped
    assert codes(look(workbook(tmp_path / "b.xlsx"), "b.csv")) == {"misnamed"}


def test_packed_tables_are_unpacked(look: Looked) -> None:
    """One table in a ZIP or gzip is looked at as if it were not packed."""
    for data in (gzip.compress(CSV), packed(daten_csv=CSV, liesmich_md=b"Hallo")):
        found = look(data, "a")
        assert (found.kind, codes(found), len(found.blocks)) == ("text", {"packed"}, 1)


@pytest.mark.parametrize("front", [b"GIF89a", b"%PDF-1.4\n", CSV, b"<html>", OLE])
def test_files_that_are_two_things_are_refused(front: bytes, look: Looked, tmp_path: Path) -> None:
    """A workbook behind something else is two files in one."""
    book = workbook(tmp_path / "a.xlsx").read_bytes()
    found = look(front + book, "a.xlsx")
    assert found.stopped
    assert codes(found) & {"disguise", "is_pdf", "is_picture"}
    assert codes(look(book + front, "a.xlsx")) & {"disguise", "broken"}
    assert codes(look(b"a;b\n%PDF-1.4;1\n", "a.csv")) == {"disguise"}


def test_bombs_are_not_unpacked(look: Looked) -> None:
    """40 MB of zeros in 40 kB."""
    found = look(packed(xl__workbook_xml=bytes(40_000_000)), "a.xlsx")
    assert codes(found) == {"bomb"}


def test_entities_are_not_opened(look: Looked, tmp_path: Path) -> None:
    """A workbook that would read files of this machine, or grow without end, is refused."""
    book = (
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><workbook>&a;</workbook>'
    )
    hostile = with_parts(workbook(tmp_path / "a.xlsx"), {"xl/workbook.xml": book}, tmp_path / "b.xlsx")
    assert codes(look(hostile)) & {"hostile", "broken", "no_table"}
    assert look(hostile).stopped
    sheet = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet><sheetData/></worksheet>'
    hostile = with_parts(
        workbook(tmp_path / "c.xlsx"), {"xl/worksheets/sheet1.xml": sheet}, tmp_path / "d.xlsx"
    )
    assert look(hostile).stopped


def test_hidden_things_are_asked_for(look: Looked, tmp_path: Path) -> None:
    """Hidden rows and columns would be published; hidden sheets are not read. All three are told."""

    def make(book: Any, sheet: Any) -> None:
        write_rows(sheet)
        sheet.set_row(2, None, None, {"hidden": True})
        sheet.set_column("B:B", 8, None, {"hidden": True})
        other = book.add_worksheet("Entwurf")
        write_rows(other)
        other.hide()
        write_rows(book.add_worksheet("Ganz geheim"))
        book.worksheets()[2].very_hidden()

    found = look(workbook(tmp_path / "a.xlsx", make))
    told = {one.code: one for one in found.problems}
    assert set(told) == {"hidden_rows", "hidden_columns", "hidden_sheets"}
    assert (told["hidden_rows"].severity, told["hidden_rows"].row) == ("ask", 3)
    assert told["hidden_columns"].column == "B"
    assert told["hidden_sheets"].params == {"count": "2", "names": "Entwurf, Ganz geheim"}
    assert [one.sheet for one in found.blocks] == ["Schulen"]


def test_hidden_rows_however_they_are_written(tmp_path: Path) -> None:
    """Other programs write other orders, other quotation marks, and prefixes."""
    sheet = (
        b"<x:worksheet xmlns:x='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><x:cols>"
        b"<x:col hidden='true' max='3' min='3'/></x:cols><x:sheetData><x:row hidden='1' r='2'>"
        b"<x:c t='e' r='A2'><x:f>1/0</x:f><x:v>#DIV/0!</x:v></x:c></x:row></x:sheetData></x:worksheet>"
    )
    path = with_parts(workbook(tmp_path / "a.xlsx"), {"xl/worksheets/sheet1.xml": sheet}, tmp_path / "b.xlsx")
    found = {one.code: one for one in excel_problems(path)}
    assert found["hidden_rows"].row == 2
    assert found["hidden_columns"].column == "C"
    assert found["error_cells"].params["cells"] == "A2"


def test_only_hidden_sheets_are_no_table(look: Looked, tmp_path: Path) -> None:
    """Nothing hidden is taken by default."""

    def make(book: Any, sheet: Any) -> None:
        write_rows(book.add_worksheet("B"))
        book.worksheets()[1].hide()
        sheet.write(0, 0, "Nur eine Zelle")

    found = look(workbook(tmp_path / "a.xlsx", make))
    assert found.stopped
    assert {"only_hidden", "hidden_sheets"} <= codes(found)


def test_formulas(look: Looked, tmp_path: Path) -> None:
    """Stored results are read; formulas without one, and faults, are asked for, with their place."""

    def make(book: Any, sheet: Any) -> None:
        write_rows(sheet)
        sheet.write_formula("C2", "=B2*2", None, 240)
        sheet.write_formula("C3", "=B3*2", None, "")
        sheet.write_formula("C4", "=B4/0", None, "#DIV/0!")

    found = {one.code: one for one in look(workbook(tmp_path / "a.xlsx", make)).problems}
    assert set(found) == {"formulas_empty", "error_cells"}
    assert (found["formulas_empty"].row, found["formulas_empty"].column) == (3, "C")
    assert found["error_cells"].params["cells"] == "C4"


def test_merged_cells_comments_pictures_macros_links(look: Looked, tmp_path: Path) -> None:
    """What a workbook carries besides its cells is told, and does not stop it."""

    def make(book: Any, sheet: Any) -> None:
        write_rows(sheet)
        sheet.merge_range("A6:A8", "Ost")
        sheet.write_column("B6", [1, 2, 3])
        sheet.write_comment("A1", "von Frau M.")

    extra = {
        "xl/vbaProject.bin": OLE,
        "xl/externalLinks/externalLink1.xml": b"<x/>",
        "xl/connections.xml": b"<x/>",
        "xl/pivotCache/pivotCacheRecords1.xml": b"<x/>",
        "xl/media/image1.png": b"x",
        "xl/embeddings/a.bin": b"x",
    }
    path = with_parts(workbook(tmp_path / "a.xlsx", make), extra, tmp_path / "b.xlsm")
    found = look(path)
    assert found.kind == "xlsm"
    assert not found.stopped
    assert codes(found) >= {
        "merged_down", "comments", "macros", "links", "connections", "hidden_copies", "pictures", "embedded",
    }  # fmt: skip


def test_two_tables_in_a_sheet_are_to_be_chosen(look: Looked, tmp_path: Path) -> None:
    """Below each other and side by side, with a title above, notes below."""

    def make(book: Any, sheet: Any) -> None:
        sheet.write(0, 0, "Schulen der Stadt")
        write_rows(sheet, top=2)
        write_rows(sheet, [["Kita", "Plätze", "Träger"], ["A", 1, "x"], ["B", 2, "y"]], top=8)
        sheet.write(12, 0, "Quelle: eigene Zählung")
        write_rows(sheet, [["Jahr", "Summe"], [2020, 5]], top=2, left=5)

    found = look(workbook(tmp_path / "a.xlsx", make))
    assert [(one.range, one.title) for one in found.blocks] == [
        ("A3:B6", "Schulen der Stadt"), ("F3:G4", ""), ("A9:C11", ""),
    ]  # fmt: skip
    assert [one.code for one in found.problems if one.severity == "ask"] == ["several_tables"]


def test_two_tables_in_a_text_are_to_be_chosen(look: Looked) -> None:
    """Statistics are often exported so."""
    found = look(CSV + b"\nKita;Plaetze;Ort\nA;1;x\nB;2;y\n", "a.csv")
    assert [one.range for one in found.blocks] == ["A1:B3", "A5:C7"]
    assert "several_tables" in codes(found)


def test_one_table_with_gaps_is_one(look: Looked, tmp_path: Path) -> None:
    """An empty row or a single empty column part no table, nor do rows for the eye."""

    def make(book: Any, sheet: Any) -> None:
        write_rows(sheet)
        write_rows(sheet, [["Ost", 5], ["Mitte", 6]], top=5)
        sheet.write_column("D1", ["Ort", "a", "b", "c", "", "d", "e"])
        sheet.write_column("E1", ["Nr", 1, 2, 3, "", 4, 5])

    found = look(workbook(tmp_path / "a.xlsx", make))
    assert [one.range for one in found.blocks] == ["A1:E7"]
    assert found.problems == ()


def test_wide_headers_are_told(look: Looked, tmp_path: Path) -> None:
    """250 columns are taken, with advice."""
    wide: list[list[Any]] = [[f"Spalte {n}" for n in range(250)], list(range(250)), list(range(250))]
    found = look(workbook(tmp_path / "a.xlsx", lambda _, sheet: write_rows(sheet, wide)))
    assert (codes(found), found.stopped) == ({"many_columns"}, False)


@pytest.mark.parametrize("cell", ["XFD1048576", "ZZ100000"])
def test_a_cell_far_away_is_told_before_anything_is_read(cell: str, look: Looked, tmp_path: Path) -> None:
    """Readers would make room for every cell up to there: gigabytes for a slip of the mouse."""

    def make(_: Any, sheet: Any) -> None:
        write_rows(sheet)
        sheet.write(cell, "x")

    (problem,) = look(workbook(tmp_path / "a.xlsx", make)).problems
    assert (problem.code, problem.severity, problem.params["cell"]) == ("far_cell", "stop", cell)


def test_tags_without_an_end_take_no_time(tmp_path: Path) -> None:
    """A sheet made to keep a pattern busy for hours is done with in seconds."""
    sheet = b"<worksheet><sheetData>" + b'<row r="1" r="1" <c r="A1" ' * 100_000
    path = with_parts(workbook(tmp_path / "a.xlsx"), {"xl/worksheets/sheet1.xml": sheet}, tmp_path / "b.xlsx")
    started = time.perf_counter()
    assert [one.code for one in excel_problems(path)] == []
    assert time.perf_counter() - started < 20


def test_days_of_the_old_mac_calendar_need_no_words(look: Looked, tmp_path: Path) -> None:
    """Workbooks that count from 1904 are as good as others."""
    assert look(workbook(tmp_path / "a.xlsx", date_1904=True)).problems == ()


ODS = b"""<?xml version="1.0"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" office:version="1.3">
<office:automatic-styles><style:style style:name="ta2" style:family="table"><style:table-properties table:display="false"/></style:style></office:automatic-styles>
<office:body><office:spreadsheet>%s</office:spreadsheet></office:body></office:document-content>"""
ROW = b"<table:table-row%s>%s</table:table-row>"
CELL = b'<table:table-cell office:value-type="string"><text:p>%s</text:p></table:table-cell>'
NUMBER = b'<table:table-cell%s office:value-type="float" office:value="%d"/>'


def open_document(tables: bytes, **parts: bytes) -> bytes:
    """A small ODS."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", ODS % tables)
        manifest = b'<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
        archive.writestr("META-INF/manifest.xml", parts.pop("manifest", manifest))
        for name, data in parts.items():
            archive.writestr(name.replace("__", "/"), data)
    return target.getvalue()


def table(name: str, rows: bytes, style: str = "ta1") -> bytes:
    """A sheet."""
    return f'<table:table table:name="{name}" table:style-name="{style}">'.encode() + rows + b"</table:table>"


def test_open_document(look: Looked) -> None:
    """LibreOffice's files are looked through as Excel's are."""
    head = ROW % (b"", CELL % b"Ort" + CELL % b"Zahl")
    body = ROW % (b' table:visibility="collapse"', CELL % b"a" + NUMBER % (b' table:formula="of:=1+1"', 2))
    more = ROW % (b"", CELL % b"b" + b'<table:table-cell table:formula="of:=1"/>')
    shown, hidden = table("Eins", head + body + more), table("Zwei", head + more, "ta2")
    found = look(open_document(shown + hidden, Basic__m=b"x", Pictures__p=b"x"), "a.ods")
    assert found.kind == "ods"
    assert codes(found) == {"hidden_rows", "formulas_empty", "hidden_sheets", "macros", "pictures"}
    locked = b'<m><e:encryption-data xmlns:e="x"/></m>'
    assert codes(look(open_document(shown, manifest=locked), "a.ods")) == {"locked"}


@given(
    st.binary(max_size=3_000), st.sampled_from([b"", b"PK\x03\x04", OLE, b"\x1f\x8b", b"\xff\xfe", b"a;b\n"])
)
def test_no_bytes_raise(tmp_path_factory: pytest.TempPathFactory, data: bytes, front: bytes) -> None:
    """Whatever is handed in, the answer is a value."""
    path = tmp_path_factory.mktemp("any") / "upload"
    path.write_bytes(front + data)
    assert isinstance(look_into(path, "a.csv"), FileLook)


@cache
def whole_workbook() -> bytes:
    """A workbook that nothing is wrong with, made once."""
    with TemporaryDirectory() as folder:
        return workbook(Path(folder) / "a.xlsx").read_bytes()


@settings(max_examples=300)
@given(st.data())
def test_no_damaged_workbook_raises(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """A workbook with a few bytes changed, or cut off, is told to be broken, or read."""
    folder = tmp_path_factory.mktemp("damaged")
    whole = bytearray(whole_workbook())
    for _ in range(data.draw(st.integers(1, 5))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path = folder / "b.xlsx"
    path.write_bytes(bytes(whole[: data.draw(st.integers(1, len(whole)))]))
    found = look_into(path, "b.xlsx")
    assert found.stopped or found.blocks
