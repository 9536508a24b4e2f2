"""Real tables of Jena and other cities: each is read with the expected counts, or refused with a reason.

The counts are in `tables.toml`, the data are not in the project: they lie in the folder named by
`ALLMENDE_REPLAY`, or in `../shared/data`.
"""

from __future__ import annotations

import csv
import os
import tomllib
from pathlib import Path
from typing import Any

import pytest

from allmende.errors import Unreadable
from allmende.extensions import load_connector
from allmende.ports import Parsed
from allmende.testing.connector_contract import check_law, raw_of, source_of

HERE = Path(__file__).parent
DATA = Path(os.environ.get("ALLMENDE_REPLAY") or HERE.parents[1].parent / "shared" / "data")
GROUPS = ("01_", "02_", "03_", "04_", "05_", "08_", "17_", "18_", "20_")
ENDINGS = (".csv", ".tsv", ".txt", ".xls", ".xlsx", ".ods", ".gz")
DELIMITERS = {"tab": "\t"}
FILES: list[dict[str, Any]] = tomllib.loads((HERE / "tables.toml").read_text(encoding="utf-8"))["file"]

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"no recorded data in {DATA}: set ALLMENDE_REPLAY"),
]


def _parse(file: dict[str, Any]) -> Parsed:
    source = source_of("table", file.get("options"))
    return load_connector("table").parse(raw_of(DATA / file["path"]), source, ())


@pytest.mark.parametrize(
    "file", FILES, ids=lambda file: str(file["path"]) + ("+" if "options" in file else "")
)
def test_a_real_table_is_read_as_expected(file: dict[str, Any]) -> None:
    """Rows, rejections, header and types are those that a person has looked at."""
    if "refused" in file:
        with pytest.raises(Unreadable, match=file["refused"]):
            _parse(file)
        return
    parsed = _parse(file)
    check_law(parsed)
    assert (parsed.rows_in, parsed.rows_rejected) == (file["rows"], file.get("rejected", 0))
    assert (len(parsed.columns), parsed.detected["header"]) == (file["columns"], file["header"])
    found = {column.name: column.type for column in parsed.columns}
    assert {name: found.get(name) for name in file["types"]} == file["types"]
    assert all(one.row and one.reason and one.raw for one in parsed.rejected)


PLAIN = [
    f
    for f in FILES
    if "options" not in f and f.get("header") in ("none", "row 1") and f["path"].endswith(".csv")
]


@pytest.mark.parametrize("file", PLAIN, ids=lambda file: str(file["path"]))
def test_no_row_is_lost(file: dict[str, Any]) -> None:
    """Python's own reader counts as many records below the header as were accepted and rejected together."""
    parsed = _parse(file)
    encoding = {"utf-8": "utf-8-sig"}.get(parsed.detected["encoding"], parsed.detected["encoding"])
    delimiter = parsed.detected["delimiter"]
    with (DATA / file["path"]).open(encoding=encoding, newline="") as text:
        records = csv.reader(text, delimiter=DELIMITERS.get(delimiter, delimiter))
        count = sum(1 for record in records if any(cell.strip() for cell in record))
    assert parsed.rows_in == count - (file["header"] == "row 1")


def test_no_file_of_the_groups_is_forgotten() -> None:
    """Every table-like file of the groups has an entry."""
    there = {
        str(path.relative_to(DATA))
        for path in DATA.rglob("*")
        if path.suffix.lower() in ENDINGS and str(path.relative_to(DATA)).startswith(GROUPS)
    }
    assert there - {file["path"] for file in FILES} == set()
