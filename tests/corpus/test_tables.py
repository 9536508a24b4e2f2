"""Real tables of Jena and other cities: each is read with the expected rows and types, or refused with a reason.

The counts are in `tables.toml`, the data are not in the project: they lie in the folder named by
`ALLMENDE_REPLAY`, or in `../shared/data`. `python tests/corpus/test_tables.py` prints what is found
now, in the form of that file; look at the difference by eye before keeping it.
"""

from __future__ import annotations

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


def parse(path: str, columns: tuple[Column, ...] = ()) -> Parsed:
    """A file read as the connector finds it."""
    return load_connector("table").parse(raw_of(DATA / path), source_of("table"), columns)


def paths() -> list[str]:
    """Every file that looks like a table, relative to the data."""
    found = (str(path.relative_to(DATA)) for path in DATA.rglob("*") if path.name.endswith(ENDINGS))
    return sorted(set(found) - NOT_DATA)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file["path"]))
def test_a_real_table_is_read_as_expected(file: dict[str, Any]) -> None:
    """Header, rows, rejections and types are those that a person has looked at."""
    if "refused" in file:
        with pytest.raises(Unreadable) as raised:
            parse(file["path"])
        assert file["refused"] in raised.value.message
        return
    parsed = parse(file["path"])
    check_law(parsed)
    assert (parsed.rows_in, parsed.rows_rejected) == (file["rows"], file.get("rejected", 0))
    assert (parsed.detected["header"], kinds(parsed.columns)) == (file["header"], file["types"])
    again = parse(file["path"], parsed.columns)
    assert again.table.equals(parsed.table), "declared as detected, the table is the same"


def test_no_table_is_forgotten() -> None:
    """Every table-like file has an entry."""
    assert set(paths()) == {file["path"] for file in FILES}


def _entry(path: str) -> Iterator[str]:
    yield f'[[file]]\npath = "{path}"'
    try:
        parsed = parse(path)
    except Unreadable as error:
        yield f'refused = "{error.message}"\n'
        return
    yield f"rows = {parsed.rows_in}"
    if parsed.rows_rejected:
        yield f"rejected = {parsed.rows_rejected}"
    yield f'header = "{parsed.detected["header"]}"\ntypes = "{kinds(parsed.columns)}"\n'


if __name__ == "__main__":
    print("# Expected by test_tables.py; the data are not in the project.\n")
    print("\n".join(line for path in paths() for line in _entry(path)).rstrip())
