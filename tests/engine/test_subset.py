"""The portable subset: what is allowed runs, what is refused says what to write instead."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.catalogue.versions import Made, publish_table
from allmende.engine.duck import DuckEngine
from allmende.engine.subset import check_sql, columns_of, tables_of
from allmende.lake.local import LocalLake
from allmende.model.dataset import Pin
from allmende.store.sql import SqlStore
from allmende.testing.clock import FixedClock

ALLOWED = [
    "select a, sum(b) as s from t group by a order by a nulls last",
    "with x as (select a, b from t where b > 1) select a from x where a is not null",
    "select a, count(distinct b) as n, avg(b) as m, stddev_samp(b) as d from t group by a having count(*) > 0",
    "select a, row_number() over (partition by a order by b nulls last) as n from t",
    "select a, lag(b) over (order by b nulls first) as before from t",
    "select x.a, y.b from t x left join t y on x.a = y.a and x.b < y.b",
    "select a from t union all select a from t",
    "select case when b > 1 then 'x' else 'y' end as k, coalesce(a, '-') as a from t",
    "select b / nullif(b, 0) as r, b / 2 as h, round(b, 1) as o, abs(b) as p from t",
    "select cast(b as double) as b, try_cast(a as integer) as c from t",
    "select a from t order by b desc nulls last limit 2",
    "select lower(a) || '-' || upper(a) as u, substring(a, 1, 2) as s, length(a) as l, trim(a) as q from t",
    "select extract(year from d) as y, date_trunc('month', d) as m from t",
    "select sum(b) filter (where a = 'x') as s from t",
    "select percentile_cont(0.5) within group (order by b) as m from t",
    "select string_list(a) as s, max(dow(d)) as w from t",
    "select a from t where a in ('x', 'y') and b between 1 and 3 and a like 'x%' and not b = 2",
    "select a from t where exists (select 1 from t u where u.a = t.a)",
]
REFUSED = {
    "delete from t": "one SELECT",
    "drop table t": "one SELECT",
    "select 1; select 2": "exactly one",
    "select a from": "can be read",
    "select * from read_csv('/etc/passwd')": "",
    "select * from 'file.parquet'": "",
    "select * from other.t": "datasets only",
    "select a::integer from t": "`::`",
    "select a from t order by a": "NULLS",
    "select a from t order by a desc": "NULLS",
    "select sum(b) over (order by b) as s from t": "NULLS",
    "select a from t limit 3": "ORDER BY",
    "select a / b as r from t": "zero",
    "select a from t qualify row_number() over (order by a nulls last) = 1": "QUALIFY",
    "select * exclude (a) from t": "star",
    "select a, count(*) from t group by all": "GROUP BY ALL",
    "select median(b) from t": "percentile_cont",
    "select list(a) from t": "",
    "select getenv('HOME') from t": "",
    "with recursive x as (select 1 as n union all select n + 1 from x) select n from x": "recursive",
    "select a from t asof join t u on t.b >= u.b": "",
    "pragma database_list": "",
    "select unnest([1, 2])": "",
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckEngine]:
    """One small table."""
    folder: Path = tmp_path_factory.mktemp("subset")
    store, lake = SqlStore.open(f"sqlite:///{folder / 'store.sqlite'}"), LocalLake(folder)
    days = pa.array([18_000, 19_000, None], pa.date32())
    table = pa.table({"a": ["x", "y", None], "b": [1, None, 3], "d": days})
    publish_table("t", Made(table, (), "m"), store, lake, FixedClock())
    yield DuckEngine(store, lake)
    store.close()


@pytest.mark.parametrize("sql", ALLOWED)
def test_what_is_allowed_runs(engine: DuckEngine, sql: str) -> None:
    """No fault, and the engine gives rows or none, but no error."""
    assert check_sql(sql, "r.sql") == []
    assert engine.query(sql, {"t": Pin("t", 1)}).column_names


@pytest.mark.parametrize("sql", REFUSED)
def test_what_is_refused_says_what_to_write(sql: str) -> None:
    """At least one fault of the file, with words for people."""
    faults = check_sql(sql, "r.sql")
    assert faults
    assert {fault.file for fault in faults} == {"r.sql"}
    assert REFUSED[sql] in " ".join(f"{fault.message} {fault.hint}" for fault in faults)


def test_faults_name_their_line() -> None:
    """A clerk finds the place."""
    faults = check_sql("select a\nfrom t\norder by a", "r.sql")
    assert [fault.path.partition(",")[0] for fault in faults] == ["line 3"]


@given(st.text(max_size=60) | st.text("selctfromw ()*,;'\"-/:.[]{}=<>t1", max_size=60))
def test_any_text_is_checked_without_a_crash(sql: str) -> None:
    """Hostile text gives faults or none, never an exception."""
    assert isinstance(check_sql(sql, "r.sql"), list)
    assert isinstance(tables_of(sql), frozenset)
    assert isinstance(columns_of(sql, {"t": ("a", "b")}), frozenset)


def test_tables_are_those_of_the_city() -> None:
    """Sub-queries of the recipe itself are none."""
    assert tables_of("with x as (select * from a) select * from x join b on x.k = b.k") == {"a", "b"}


@pytest.mark.parametrize(
    ("sql", "read"),
    [
        ("select a from t", {("t", "a")}),
        ("select count(*) as n from t", {("t", "a"), ("t", "b"), ("t", "c")}),
        ("select x.a from t x where x.b > 1", {("t", "a"), ("t", "b")}),
        ("select * from t", {("t", "a"), ("t", "b"), ("t", "c")}),
        ("with x as (select c from t) select c as d from x", {("t", "c")}),
        ("select a from t order by b nulls last", {("t", "a"), ("t", "b")}),
        ("select t.a, u.k from t join u on t.b = u.k", {("t", "a"), ("t", "b"), ("u", "k")}),
        ("select broken from", set()),
    ],
)
def test_columns_that_are_read(sql: str, read: set[tuple[str, str]]) -> None:
    """Also those that only filter, sort or join: whoever reads them knows something of them."""
    schema = {"t": ("a", "b", "c"), "u": ("k", "l")}
    assert read <= columns_of(sql, schema)
    if "*" not in sql:
        assert columns_of(sql, schema) == read
