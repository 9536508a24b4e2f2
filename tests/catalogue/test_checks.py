"""What is asked of rows before people rely on them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import shapely
from hypothesis import given
from hypothesis import strategies as st

from allmende.catalogue.checks import check_table, outside_world, repeated
from allmende.model.dataset import Check, Column


def _failed(values: list[Any], kind: pa.DataType, column: Column) -> dict[str, int]:
    checks: tuple[Check, ...] = check_table(pa.table({column.name: pa.array(values, kind)}), [column])
    return {check.name: check.failed_rows for check in checks}


def test_bounds_count_known_values_only() -> None:
    """Unknown values are neither below nor above; whole and broken numbers are both compared."""
    column = Column("n", "integer", minimum=0, maximum=10, required=True)
    found = _failed([-1, 0, 10, 11, None], pa.int64(), column)
    assert found == {"required:n": 1, "minimum:n": 1, "maximum:n": 1}


def test_values_name_the_strange_ones() -> None:
    """Only declared values pass, and the detail shows others."""
    column = Column("kind", values=("oak", "lime"))
    table = pa.table({"kind": ["oak", "pine", None, "lime"]})
    (check,) = check_table(table, [column])
    assert (check.failed_rows, "'pine'" in check.detail) == (1, True)


def test_impossible_dates() -> None:
    """Year 1 and year 9999 are codes or slips; times of the day do not matter."""
    found = _failed(
        [date(1, 1, 1), date(2020, 2, 29), None, date(9999, 12, 31)], pa.date32(), Column("d", "date")
    )
    assert found == {"plausible:d": 2}
    moments = [datetime(2020, 1, 1, 13, 5, 7, 123, UTC), datetime(2300, 1, 1, tzinfo=UTC), None]
    assert _failed(moments, pa.timestamp("us", "UTC"), Column("d", "datetime")) == {"plausible:d": 1}


def test_broken_geometries() -> None:
    """An area that crosses itself is counted."""
    bow = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    wkb = [shapely.to_wkb(bow), shapely.to_wkb(shapely.Point(1, 1)), None]
    assert _failed(wkb, pa.binary(), Column("g", "geometry")) == {"geometry:g": 1}


def test_outside_world() -> None:
    """Degrees are inside, metres are outside, nothing is nowhere."""
    shapes = [shapely.Point(11, 50), shapely.Point(680000, 5640000), None, shapely.Point(0, 91)]
    wkb = pa.chunked_array(
        [pa.array([None if s is None else shapely.to_wkb(s) for s in shapes], pa.binary())]
    )
    assert outside_world(wkb).tolist() == [False, True, False, True]


@given(st.lists(st.tuples(st.sampled_from(["a", "b", None]), st.integers(0, 2))))
def test_repeated_is_what_a_set_finds(rows: list[tuple[str | None, int]]) -> None:
    """The first row of each key is free, every later one repeats it."""
    slow = [row in rows[:place] for place, row in enumerate(rows)]
    table = pa.table(
        {"x": pa.array([r[0] for r in rows], pa.string()), "y": pa.array([r[1] for r in rows], pa.int64())}
    )
    assert repeated(table, ["x", "y"]).tolist() == slow


def test_empty_table_passes() -> None:
    """Of no rows nothing is wrong."""
    table = pa.table({"x": pa.array([], pa.string())})
    assert all(c.passed for c in check_table(table, [Column("x", required=True, values=("a",))], ["x"]))
