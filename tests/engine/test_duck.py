"""SQL sees exactly the pinned versions, and nothing else of the machine."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest

from allmende.catalogue.versions import Made, publish_table
from allmende.engine.duck import DuckEngine
from allmende.errors import NotFound, RecipeInvalid
from allmende.lake.local import LocalLake
from allmende.model.dataset import Pin
from allmende.store.sql import SqlStore
from allmende.testing.clock import FixedClock

OLD, NEW, EMPTY = Pin("trees", 1), Pin("trees", 2), Pin("nothing", 1)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[DuckEngine]:
    """Two versions of trees, and a table without rows."""
    store, lake = SqlStore.open(f"sqlite:///{tmp_path / 'store.sqlite'}"), LocalLake(tmp_path)
    old = pa.table({"id": [3, 1, 2], "kind": ["Eiche", None, "Ahorn"]})
    new = pa.table({"id": list(range(50_000)), "kind": ["Linde"] * 50_000})
    for name, table in (("trees", old), ("trees", new), ("nothing", old.slice(0, 0))):
        publish_table(name, Made(table, (), "m"), store, lake, FixedClock())
    yield DuckEngine(store, lake, seconds=20)
    store.close()


def test_each_name_is_the_pinned_version(engine: DuckEngine) -> None:
    """Old and new side by side; rows keep the order in which they were published."""
    assert engine.query("select id from t", {"t": OLD}).column("id").to_pylist() == [3, 1, 2]
    assert engine.query("select id from t", {"t": NEW}).column("id").to_pylist() == list(range(50_000))
    both = engine.query("select count(*) n from a join b using (id)", {"a": OLD, "b": NEW})
    assert both.to_pylist() == [{"n": 3}]
    assert engine.query("select * from t", {"t": EMPTY}).column_names == ["id", "kind"]


def test_a_name_is_forgotten_after_its_query(engine: DuckEngine) -> None:
    """What one query may see, the next may not."""
    engine.query("select 1 from t", {"t": OLD})
    with pytest.raises(RecipeInvalid):
        engine.query("select 1 from t", {})


def test_values_are_bound_not_pasted(engine: DuckEngine) -> None:
    """Quotes in a parameter are text."""
    sql = "select id from t where kind = ?"
    assert engine.query(sql, {"t": OLD}, ["Ahorn"]).to_pylist() == [{"id": 2}]
    assert engine.query(sql, {"t": OLD}, ["' or 1=1 --"]).num_rows == 0


def test_types_are_ours(engine: DuckEngine) -> None:
    """Sums and averages come as whole numbers and floats, moments in UTC."""
    sql = "select sum(id) s, avg(id) a, 1.5 d, cast(1 as hugeint) h, timestamp '2020-01-01 12:00' m from t"
    types = [str(field.type) for field in engine.query(sql, {"t": OLD}).schema]
    assert types == ["int64", "double", "double", "int64", "timestamp[us, tz=UTC]"]


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('/etc/passwd')",
        "select * from read_text('/etc/hostname')",
        "select * from '/etc/passwd'",
        "copy (select 1) to '/tmp/allmende-must-not-exist.csv'",
        "attach '/tmp/allmende-must-not-exist.db'",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "set memory_limit = '100GB'",
        "select getenv('HOME')",
        "select nothing from t",
        "selec",
    ],
)
def test_the_machine_is_out_of_reach(engine: DuckEngine, sql: str) -> None:
    """No files, no network, no settings, no environment; broken SQL has a reason."""
    with pytest.raises(RecipeInvalid) as caught:
        engine.query(sql, {"t": OLD})
    assert caught.value.message
    assert not list(Path("/tmp").glob("allmende-must-not-exist*"))


@pytest.mark.parametrize("sql", ["attach '{}' as s (type sqlite)", "select * from read_blob('{}')"])
def test_the_store_beside_the_tables_cannot_be_read(engine: DuckEngine, tmp_path: Path, sql: str) -> None:
    """The folder of tables is open to the engine, the database with its keys is not SQL's business."""
    with pytest.raises(RecipeInvalid):
        engine.query(sql.format(tmp_path / "store.sqlite"), {})


def test_names_that_are_no_names_and_versions_that_are_not_there(engine: DuckEngine) -> None:
    """A table's name cannot carry SQL; an unknown version is not found."""
    with pytest.raises(RecipeInvalid):
        engine.query("select 1", {'t" as select 1; --': OLD})
    with pytest.raises(NotFound):
        engine.query("select 1 from t", {"t": Pin("trees", 9)})


def test_a_query_that_never_ends_is_ended(engine: DuckEngine) -> None:
    """After the time limit it fails, and the engine goes on working."""
    engine._seconds = 0.5
    with pytest.raises(RecipeInvalid, match=r"(?i)interrupt"):
        engine.query(
            "select count(*) from t a, t b, t c where (a.id * b.id + c.id) % 1000003 = 5", {"t": NEW}
        )
    assert engine.query("select 1 x", {}).to_pylist() == [{"x": 1}]


def test_threads_share_an_engine(engine: DuckEngine) -> None:
    """Each sees the version it asked for under the same name."""

    def ask(number: int) -> int:
        pin = OLD if number % 2 else NEW
        return int(engine.query("select count(*) n from t", {"t": pin}).column("n")[0].as_py())

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(40))) == [50_000, 3] * 20


def test_macros(engine: DuckEngine) -> None:
    """The macros that replace what engines do differently."""
    sql = (
        "select dow(date '2026-11-22') sunday, bucket(timestamp '2026-01-01 10:44', '15 minutes') b,"
        " string_list(kind) k from t"
    )
    (row,) = engine.query(sql, {"t": OLD}).to_pylist()
    assert (row["sunday"], row["b"].minute, row["k"]) == (7, 30, "Ahorn, Eiche")
