"""What was chosen is read, just that, and what stands out in it is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from allmende.extensions import load_connector
from allmende.model.received import Choice, FileLook
from allmende.model.source import Receipt, Source
from allmende.model.text import Text
from allmende.ports import Parsed, Raw
from allmende.structure.propose.describe import describe
from allmende.structure.receiving.choose import chosen_block, knows, options_of
from allmende.structure.receiving.look import look_into
from allmende.structure.receiving.remarks import remarks_on
from allmende.testing.clock import FixedClock
from tests.structure.receiving.conftest import workbook, write_rows


def parsed(path: Path, choice: Choice | None = None) -> tuple[FileLook, Parsed]:
    """The chosen table of a file, as it would be read."""
    file = look_into(path, path.name)
    options = options_of(file, choice or Choice())
    receipt = Receipt("s", "upload:s", "0", 1, FixedClock().now(), file_name=path.name)
    source = Source("s", Text(), "table", "upload:s", options=options)
    assert load_connector("table").check(source) == []
    return file, load_connector("table").parse(Raw(path, receipt), source, ())


def remarks(path: Path) -> dict[str, Any]:
    """Code to parameters."""
    _, found = parsed(path)
    return {one.code: one for one in remarks_on(found, describe(found).totals)}


def two_tables(tmp_path: Path) -> Path:
    """Two tables on one sheet, one on another."""

    def make(book: Any, sheet: Any) -> None:
        sheet.write(0, 0, "Schulen der Stadt")
        write_rows(sheet, top=2)
        write_rows(sheet, [["Kita", "Plätze", "Träger"], ["A", 1, "x"], ["B", 2, "y"]], top=8, left=1)
        sheet.write(12, 1, "Quelle: eigene Zählung")
        write_rows(book.add_worksheet("Orte"), [["Ort", "Zahl"], ["a", 1]])

    return workbook(tmp_path / "a.xlsx", make)


def test_a_chosen_table_is_read_alone(tmp_path: Path) -> None:
    """Neither the other table nor notes come along, and rows are numbered as in the file."""
    path = two_tables(tmp_path)
    _, found = parsed(path, Choice("Schulen", "B9:D11"))
    assert found.table.to_pylist() == [
        {"kita": "A", "plaetze": 1, "traeger": "x"}, {"kita": "B", "plaetze": 2, "traeger": "y"},
    ]  # fmt: skip
    assert found.detected["first row"] == "10"
    _, first = parsed(path, Choice("Schulen", "A3:B6"))
    assert first.table.column("kinder").to_pylist() == [120, 98, 77]


def test_a_table_alone_on_its_sheet_is_read_without_a_range(tmp_path: Path) -> None:
    """Next year's sheet may have more rows."""
    file = look_into(two_tables(tmp_path), "a.xlsx")
    assert chosen_block(file, Choice("Orte", "A1:B2")) == Choice("Orte", "")
    assert options_of(file, Choice("Orte", "A1:B2")) == {"sheet": "Orte"}
    assert knows(file, Choice("Orte", "A1:B2"))
    assert not knows(file, Choice("Orte", "A1:B9"))
    assert knows(file, Choice())


def test_a_table_of_a_text_is_read_alone(tmp_path: Path) -> None:
    """Also where a cell holds a line break."""
    path = tmp_path / "a.csv"
    path.write_text('Schule;Kinder\n"Nord\nOst";120\n\nKita;Plaetze;Ort\nA;1;x\nB;2;y\n', encoding="utf-8")
    file, found = parsed(path, Choice("", "A4:C6"))
    assert [one.range for one in file.blocks] == ["A1:B2", "A4:C6"]
    assert found.table.column_names == ["kita", "plaetze", "ort"]
    assert found.table.num_rows == 2


@pytest.mark.parametrize("range_", ["", "A1", "A0:B2", "B2:A1", "A1:B", "ÄA1:B2"])
def test_ranges_that_are_none_are_faults(range_: str) -> None:
    """A wrong range is named when the city is checked."""
    source = Source("s", Text(), "table", "x", options={"range": range_})
    assert len(load_connector("table").check(source)) == (1 if range_ else 0)


def test_cells_over_several_rows_count_for_each(tmp_path: Path) -> None:
    """The way offices write groups; headings over several columns are put before the names below them."""

    def make(_: Any, sheet: Any) -> None:
        write_rows(sheet, [["Bezirk", "Kinder", ""], ["", "2023", "2024"]])
        sheet.merge_range("A1:A2", "Bezirk")
        sheet.merge_range("B1:C1", "Kinder")
        sheet.merge_range("A3:A4", "Nord")
        sheet.write_row("B3", [1, 2])
        sheet.write_row("B4", [3, 4])
        write_rows(sheet, [["Süd", 5, 6]], top=4)

    _, found = parsed(workbook(tmp_path / "a.xlsx", make))
    assert found.table.to_pydict() == {
        "bezirk": ["Nord", "Nord", "Süd"], "kinder_2023": [1, 3, 5], "kinder_2024": [2, 4, 6],
    }  # fmt: skip


def test_rows_of_totals_are_told_and_left_out(tmp_path: Path) -> None:
    """They are rejected by name: nothing disappears in silence."""
    rows: list[list[Any]] = [["Schule", "Kinder"], *[[f"S{n}", n] for n in range(8)], ["Summe", 28]]
    path = workbook(tmp_path / "a.xlsx", lambda _, sheet: write_rows(sheet, rows))
    assert remarks(path)["totals"].params == {"value": "Summe"}
    _, found = parsed(path, Choice(without_totals=True))
    assert found.table.column("kinder").to_pylist() == list(range(8))
    assert [(one.row, one.code) for one in found.rejected] == [(9, "left_out")]
    assert found.rows_in == 9


def test_words_among_numbers_are_told(tmp_path: Path) -> None:
    """One word makes a column text; people are told which."""
    rows: list[list[Any]] = [["Ort", "Wert", "Tag"], *[["a", n + 0.5, f"0{n}.05.2024"] for n in range(1, 9)]]
    rows[4][1], rows[5][2] = "k. A. (?)", "Frühling"
    found = remarks(workbook(tmp_path / "a.xlsx", lambda _, sheet: write_rows(sheet, rows)))
    assert found["mixed_numbers"].params == {"count": "7", "others": "1", "examples": "„k. A. (?)“"}
    assert found["mixed_days"].column == "Tag"


def test_formulas_and_html_in_texts_are_told(tmp_path: Path) -> None:
    """They are kept as they are."""
    path = tmp_path / "a.csv"
    path.write_text(
        "Ort;Text\na;=cmd|' /C calc'!A0\nb;<script>alert(1)</script>\nc;+49 3641\n", encoding="utf-8"
    )
    found = remarks(path)
    assert found["formula_text"].params["count"] == "1"
    assert found["markup"].params["count"] == "1"
    assert parsed(path)[1].table.column("text").to_pylist()[1] == "<script>alert(1)</script>"


def test_headings_that_are_missing_or_double_are_told(tmp_path: Path) -> None:
    """A table without any has to be confirmed."""
    path = tmp_path / "a.csv"
    path.write_text("a;1;2\na;3;4\nb;5;6\n", encoding="utf-8")
    assert remarks(path)["no_header"].severity == "ask"
    path.write_text("Ort;Wert;Wert;A;B;C;\na;1;2;5;6;7;x\nb;3;4;5;6;7;y\n", encoding="utf-8")
    assert {"names_twice", "unnamed"} <= set(remarks(path))


def test_broken_umlauts_are_told(tmp_path: Path) -> None:
    """UTF-8 that some program took for Windows-1252, and what was lost for good."""
    path = tmp_path / "a.csv"
    path.write_text("Ort;Zahl\nSÃ¼d;1\nGr�n;2\nNördlich;3\n", encoding="utf-8")
    assert remarks(path)["broken_letters"].params["count"] == "2"
    path.write_bytes("Ort;Zahl\nSüd;1\nGrün;2\nNördlich;3\n".encode("cp1252"))
    assert remarks(path) == {}
