"""What every Lake must keep, ours or a stranger's: subclass `LakeContract` and give a fixture `lake`."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from allmende.errors import NotFound
from allmende.ports import Lake

_TYPES: dict[str, pa.DataType] = {
    "text": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "datetime": pa.timestamp("us", tz="UTC"),
    "geometry": pa.binary(),
}
SCHEMA = pa.schema(_TYPES)


def sample(rows: int) -> pa.Table:
    """A table with every type, unknown values in each column, in an order that is not sorted."""
    numbers = [(n * 7919) % 1009 for n in range(rows)]
    columns: Any = {
        "text": [None if n % 5 == 0 else f"Straße {n}" for n in numbers],
        "integer": [None if n % 7 == 0 else n - 500 for n in numbers],
        "number": [None if n % 3 == 0 else n / 7 for n in numbers],
        "boolean": [None if n % 11 == 0 else n % 2 == 0 for n in numbers],
        "date": [None if n % 13 == 0 else date(2000, 1, 1 + n % 28) for n in numbers],
        "datetime": [None if n % 17 == 0 else datetime(2020, 1, 1, n % 24, tzinfo=UTC) for n in numbers],
        "geometry": [None if n % 19 == 0 else bytes([n % 256, 0, 1]) for n in numbers],
    }
    return pa.table(columns, schema=SCHEMA)


class LakeContract:
    """Every promise of the Lake port as a test."""

    def test_raw_bytes_are_kept_once_under_their_hash(self, lake: Lake) -> None:
        """Chunks do not matter; the same bytes are one file that nobody may write to."""
        first = lake.keep_raw([b"Stra", b"", b"\xc3\x9fe"])
        assert (
            first
            == lake.keep_raw(iter([b"Stra\xc3\x9fe"]))
            == (hashlib.sha256(b"Stra\xc3\x9fe").hexdigest(), 7)
        )
        path = lake.raw_path(first[0])
        assert path.read_bytes() == b"Stra\xc3\x9fe"
        assert path.stat().st_mode & 0o222 == 0
        with lake.open_raw(first[0]) as file:
            assert file.read() == b"Stra\xc3\x9fe"

    def test_a_broken_stream_leaves_nothing(self, lake: Lake) -> None:
        """The connection ends in the middle: what came so far is no raw file."""

        def broken() -> object:
            yield b"half"
            raise ConnectionError

        with pytest.raises(ConnectionError):
            lake.keep_raw(broken())  # type: ignore[arg-type]
        with pytest.raises(NotFound):
            lake.raw_path(hashlib.sha256(b"half").hexdigest())

    @pytest.mark.parametrize("name", ["", "0" * 64, "../../etc/passwd", "A" * 64, "0" * 63 + "/"])
    def test_what_was_never_kept(self, lake: Lake, name: str) -> None:
        """NotFound, and no way out of the folder."""
        with pytest.raises(NotFound):
            lake.raw_path(name)
        with pytest.raises(NotFound):
            lake.open_raw(name)

    @pytest.mark.parametrize("rows", [0, 1, 70_000])
    def test_rows_come_back_in_order_with_their_types(self, lake: Lake, rows: int) -> None:
        """Any number of rows, every type, unknown stays unknown."""
        table = sample(rows)
        written = lake.write("trees", table)
        found = lake.read("trees", written.lake_version).read_all()
        assert found.schema.equals(SCHEMA)
        assert found.equals(table)
        assert (written.rows, written.content_hash) == (rows, lake.content_hash(table))
        assert lake.content_hash(found) == written.content_hash

    @pytest.mark.parametrize("start", [0, 1, 32_767, 32_768, 69_999, 70_000, 80_000])
    def test_some_columns_from_a_row_on(self, lake: Lake, start: int) -> None:
        """What is asked for, in the order of asking, as a slice of the whole would be."""
        table = sample(70_000)
        written = lake.write("trees", table)
        names = ["text", "integer"]
        found = lake.read("trees", written.lake_version, names, start).read_all()
        assert found.equals(table.select(names).slice(start))

    def test_every_version_stays_readable(self, lake: Lake) -> None:
        """Other rows, other columns: old versions are as they were."""
        tables = [sample(3), sample(5), sample(5).drop_columns(["text"]), sample(0), sample(2)]
        written = [lake.write("trees", table) for table in tables]
        for table, one in zip(tables, written, strict=True):
            assert lake.read("trees", one.lake_version).read_all().equals(table)
        assert len({one.lake_version for one in written}) == len(tables)

    def test_files_are_the_version(self, lake: Lake) -> None:
        """Reading the named Parquet files in order gives the rows, with no table format in between."""
        table = sample(40_000)
        first = lake.write("trees", table)
        lake.write("trees", sample(1))
        files = lake.files("trees", first.lake_version)
        assert pa.concat_tables([pq.ParquetFile(f).read() for f in files]).equals(table)

    def test_the_hash_is_of_rows_not_of_memory(self, lake: Lake) -> None:
        """Chunks and slices do not matter; order, one value, a name or a type do."""
        table = sample(1000)
        same = [
            pa.concat_tables([table.slice(0, 3), table.slice(3)]),
            pa.concat_tables([table.slice(500), table]).slice(500),
            table.combine_chunks(),
        ]
        assert {lake.content_hash(t) for t in same} == {lake.content_hash(table)}
        other = [
            table.slice(1),
            table.take(pa.array([1, 0, *range(2, 1000)])),
            table.rename_columns(["words", *table.column_names[1:]]),
            table.set_column(1, "integer", table.column("integer").cast(pa.int32())),
            table.set_column(1, "integer", pa.array([0] * 1000)),
        ]
        assert len({lake.content_hash(t) for t in [table, *other]}) == 1 + len(other)

    def test_unknown_differs_from_empty_and_cells_do_not_run_together(self, lake: Lake) -> None:
        """None is not "", ["ab", "c"] is not ["a", "bc"], [None, "a"] is not ["a", None]."""
        lists: list[list[str | None]] = [
            ["", "a"],
            [None, "a"],
            ["a", None],
            ["a", ""],
            ["ab", "c"],
            ["a", "bc"],
            [None, None],
        ]
        hashes = {lake.content_hash(pa.table({"x": pa.array(values, pa.string())})) for values in lists}
        assert len(hashes) == len(lists)

    def test_what_was_never_written(self, lake: Lake) -> None:
        """NotFound for tables and versions."""
        with pytest.raises(NotFound):
            lake.files("trees", 0)
        lake.write("trees", sample(1))
        with pytest.raises(NotFound):
            lake.files("trees", 7)

    def test_several_datasets_at_once(self, lake: Lake) -> None:
        """Threads that write different tables do not disturb each other."""
        with ThreadPoolExecutor(4) as pool:
            written = list(pool.map(lambda n: lake.write(f"d{n}", sample(n + 1)), range(8)))
        assert [
            lake.read(f"d{n}", w.lake_version).read_all().num_rows for n, w in enumerate(written)
        ] == list(range(1, 9))
