"""The lake in a local folder: nothing is announced before it is on disk, nothing is ever changed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from allmende.lake.content import content_hash
from allmende.lake.local import LocalLake
from allmende.testing.lake_contract import LakeContract, sample


@pytest.fixture
def lake(tmp_path: Path) -> LocalLake:
    """An empty lake."""
    return LocalLake(tmp_path)


class TestLocal(LakeContract):
    """A local folder keeps the contract."""


def test_everything_new_is_synced_before_it_is_announced(
    lake: LocalLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each new file and every folder that got a new name is handed to the disk."""
    synced: set[str] = set()
    honest = os.fsync

    def note(descriptor: int) -> None:
        synced.add(os.readlink(f"/proc/self/fd/{descriptor}"))
        honest(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    lake.write("trees", sample(10))
    root = lake.root / "lake" / "trees"
    assert {str(p) for p in root.rglob("*") if p.is_file()} <= synced
    assert {str(root), str(root / "_delta_log"), str(lake.root / "lake")} <= synced
    sha256, _ = lake.keep_raw([b"x"])
    assert str(lake.raw_path(sha256).parent) in synced


def test_tables_are_plain(lake: LocalLake) -> None:
    """Any Delta reader of version 1 can read them: no deletion vectors, small row groups, ZSTD, one file."""
    written = lake.write("trees", sample(70_000))
    protocol = DeltaTable(lake.root / "lake" / "trees").protocol()
    (file,) = lake.files("trees", written.lake_version)
    parquet = pq.ParquetFile(file).metadata
    assert protocol.min_reader_version == 1
    assert parquet.num_row_groups == 3
    assert parquet.row_group(0).column(0).compression == "ZSTD"


def test_the_log_never_forgets(lake: LocalLake) -> None:
    """Past a checkpoint the first version is still there."""
    for rows in range(102):
        lake.write("trees", sample(rows % 3))
    log = lake.root / "lake" / "trees" / "_delta_log"
    assert any(path.name.endswith(".checkpoint.parquet") for path in log.iterdir())
    assert lake.read("trees", 1).read_all().num_rows == 1
    assert (
        DeltaTable(lake.root / "lake" / "trees").metadata().configuration["delta.enableExpiredLogCleanup"]
        == "false"
    )


VALUES: dict[str, tuple[pa.DataType, st.SearchStrategy[Any]]] = {
    "text": (pa.string(), st.text(max_size=5)),
    "integer": (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    "number": (pa.float64(), st.floats(allow_nan=False)),
    "bytes": (pa.binary(), st.binary(max_size=5)),
    "flag": (pa.bool_(), st.booleans()),
}


@st.composite
def _tables(draw: st.DrawFn) -> pa.Table:
    height = draw(st.integers(0, 8))
    columns = {
        name: pa.array(draw(st.lists(st.none() | values, min_size=height, max_size=height)), kind)
        for name, (kind, values) in VALUES.items()
    }
    return pa.table(columns)


@settings(max_examples=60, deadline=None)
@given(_tables(), _tables())
def test_equal_hash_means_equal_rows(one: pa.Table, other: pa.Table) -> None:
    """Two tables have the same hash exactly when they have the same rows (0.0 and -0.0 are the same)."""
    assert (content_hash(one) == content_hash(other)) == (one.to_pylist() == other.to_pylist())


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_tables(), st.integers(0, 8))
def test_any_table_comes_back(lake: LocalLake, table: pa.Table, cut: int) -> None:
    """Whatever the values and chunks, the rows read are the rows written."""
    chunked = pa.concat_tables([table.slice(0, cut), table.slice(cut)])
    written = lake.write("any", chunked)
    assert lake.read("any", written.lake_version).read_all().to_pylist() == table.to_pylist()
    assert written.content_hash == content_hash(table)
