"""Real tables of Jena and other cities: each is read with the expected rows and types, or refused with a reason.

The counts are in `tables.toml`, the data are not in the project: they lie in the folder named by
`ALLMENDE_REPLAY`, or in `../shared/data`. `python tests/corpus/test_tables.py` prints what is found
now, in the form of that file; look at the difference by eye before keeping it.
"""

from __future__ import annotations

import csv
import json
import os
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from allmende.errors import Unreadable
from allmende.extensions import load_connector
from allmende.model.dataset import Column
from allmende.ports import Parsed
from allmende.testing.connector_contract import check_law, raw_of, source_of

HERE = Path(__file__).parent
DATA = Path(os.environ.get("ALLMENDE_REPLAY") or HERE.parents[1].parent / "shared" / "data")
ENDINGS = (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".ods", ".csv.gz")
NOT_DATA = {"addresses.csv"}
EXPECTED = HERE / "tables.toml"
FILES: list[dict[str, Any]] = (
    tomllib.loads(EXPECTED.read_text(encoding="utf-8"))["file"] if EXPECTED.exists() else []
)

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"no recorded data in {DATA}: set ALLMENDE_REPLAY"),
]


def kinds(columns: tuple[Column, ...]) -> str:
    """How many columns have which type: `integer 3, text 2`."""
    counts = Counter(column.type for column in columns)
    return ", ".join(f"{kind} {counts[kind]}" for kind in sorted(counts))


def parse(file: dict[str, Any], columns: tuple[Column, ...] = ()) -> Parsed:
    """A file read as the connector finds it, or with the entry's options."""
    source = source_of("table", file.get("options"))
    return load_connector("table").parse(raw_of(DATA / file["path"]), source, columns)


def paths() -> list[str]:
    """Every file that looks like a table, relative to the data."""
    found = (str(path.relative_to(DATA)) for path in DATA.rglob("*") if path.name.endswith(ENDINGS))
    return sorted(set(found) - NOT_DATA)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file["path"]) + "+" * ("options" in file))
def test_a_real_table_is_read_as_expected(file: dict[str, Any]) -> None:
    """Header, rows, rejections and types are those that a person has looked at."""
    if "refused" in file:
        with pytest.raises(Unreadable) as raised:
            parse(file)
        assert file["refused"] in raised.value.message
        return
    parsed = parse(file)
    check_law(parsed)
    assert (parsed.rows_in, parsed.rows_rejected) == (file["rows"], file.get("rejected", 0))
    assert (parsed.detected["header"], kinds(parsed.columns)) == (file["header"], file["kinds"])
    found = {column.name: column.type for column in parsed.columns}
    assert {name: found.get(name) for name in file["types"]} == file["types"]
    assert all(one.row and one.reason and one.raw for one in parsed.rejected)
    again = parse(file, parsed.columns)
    assert again.table.equals(parsed.table), "declared as detected, the table is the same"


PLAIN = [
    file
    for file in FILES
    if "options" not in file and file.get("header") in {"none", "row 1"} and file["path"].endswith(".csv")
]


@pytest.mark.parametrize("file", PLAIN, ids=lambda file: str(file["path"]))
def test_no_row_is_lost(file: dict[str, Any]) -> None:
    """Python's own reader counts as many records below the header as were accepted and rejected together."""
    parsed = parse(file)
    encoding = {"utf-8": "utf-8-sig"}.get(parsed.detected["encoding"], parsed.detected["encoding"])
    delimiter = {"tab": "\t"}.get(parsed.detected["delimiter"], parsed.detected["delimiter"])
    with (DATA / file["path"]).open(encoding=encoding, newline="") as text:
        records = csv.reader(text, delimiter=delimiter)
        count = sum(1 for record in records if any(cell.strip() for cell in record))
    assert parsed.rows_in == count - (file["header"] == "row 1")


def test_no_table_is_forgotten() -> None:
    """Every table-like file has an entry."""
    assert set(paths()) == {file["path"] for file in FILES}


def _entry(file: dict[str, Any]) -> Iterator[str]:
    yield f'[[file]]\npath = "{file["path"]}"'
    if "options" in file:
        yield f"options = {_toml(file['options'])}"
    try:
        parsed = parse(file)
    except Unreadable as error:
        yield f'refused = "{error.message}"\n'
        return
    yield f"rows = {parsed.rows_in}"
    if parsed.rows_rejected:
        yield f"rejected = {parsed.rows_rejected}"
    yield f'header = "{parsed.detected["header"]}"\nkinds = "{kinds(parsed.columns)}"'
    yield f"types = {_toml({c.name: c.type for c in parsed.columns[:10]})}\n"


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {_toml(one)}" for name, one in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    print("# Expected by test_tables.py; the data are not in the project.")
    print("# `types` are those of the first columns, `kinds` of all.\n")
    entries = [{"path": path} for path in paths()] + [file for file in FILES if "options" in file]
    print("\n".join(line for file in entries for line in _entry(file)).rstrip())
