"""Selections: conditions with three-valued logic, order, pages; what is closed cannot be asked about."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from allmende.catalogue.arrow_types import ARROW
from allmende.errors import NotFound, RecipeInvalid
from allmende.lake.local import LocalLake
from allmende.model.access import ANONYMOUS, Access
from allmende.model.dataset import Column, DatasetVersion
from allmende.model.selection import (
    Between,
    Both,
    Compare,
    Condition,
    Contains,
    Either,
    InBox,
    IsNull,
    Like,
    Not,
    OneOf,
    Operator,
    Order,
    Selection,
    Spatial,
)
from allmende.share.reads import Reads
from allmende.share.selecting import KeptNumbers, Selecting
from allmende.testing.clock import START
from allmende.testing.every_class import scoped

COLUMNS = {
    "name": Column("name", "text"),
    "count": Column("count", "integer"),
    "height": Column("height", "number"),
    "seen": Column("seen", "datetime"),
    "day": Column("day", "date"),
    "alive": Column("alive", "boolean"),
    "place": Column("place", "geometry"),
}
ROWS = [
    ("Linde", 3, 1.5, datetime(2026, 3, 1, 12, tzinfo=UTC), date(2026, 3, 1), True, shapely.Point(11.58, 50.93)),
    ("eiche", None, 22.0, None, None, False, None),
    ("Ahorn 100%", 7, None, datetime(2026, 4, 1, tzinfo=UTC), date(2026, 4, 1), None, shapely.Point(11.60, 50.90)),
    (None, 3, -1.0, datetime(2025, 1, 1, tzinfo=UTC), date(2025, 1, 1), True, shapely.Point(-179.9, 10.0)),
    ("Linde", 10, 2.5, datetime(2026, 3, 1, 12, tzinfo=UTC), date(2026, 3, 1), False, shapely.box(11.0, 50.0, 12.0, 51.0)),
]  # fmt: skip
SCHEMA = pa.schema([pa.field(name, ARROW[column.type]) for name, column in COLUMNS.items()])


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> LocalLake:
    """One dataset of five trees, one of 70,000 numbers."""
    lake = LocalLake(tmp_path_factory.mktemp("lake"))
    cells = [[*row[:-1], None if row[-1] is None else row[-1].wkb] for row in ROWS]
    lake.write(
        "trees", pa.Table.from_pylist([dict(zip(COLUMNS, row, strict=True)) for row in cells], schema=SCHEMA)
    )
    lake.write("many", pa.table({"n": pa.array(range(70_000), pa.int64())}))
    return lake


def _version(dataset: str, columns: tuple[Column, ...], rows: int) -> DatasetVersion:
    return DatasetVersion(dataset, 1, 0, "x", "x", rows, 0, columns, START)


@pytest.fixture(scope="module")
def found(lake: LocalLake) -> Callable[..., list[int]]:
    """Which of the trees (from 0) fulfil a condition, in which order."""

    def ask(where: Condition | None = None, *order: Order) -> list[int]:
        version = _version("trees", tuple(COLUMNS.values()), len(ROWS))
        selecting = Selecting(lake, KeptNumbers())
        return [int(n) for n in selecting.numbers(version, COLUMNS, Selection(where=where, order=order))]

    return ask


BOX = InBox("place", 11.5, 50.8, 11.7, 51.0)
NEAR = Spatial("place", "within", shapely.box(11.5, 50.8, 11.7, 51.0).wkb)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (None, [0, 1, 2, 3, 4]),
        (Compare("name", "=", "Linde"), [0, 4]),
        (Compare("name", "<>", "Linde"), [1, 2]),
        (Compare("count", ">=", 7), [2, 4]),
        (Compare("count", ">", 2.5), [0, 2, 3, 4]),
        (Compare("count", "=", "3"), [0, 3]),
        (Compare("height", "<", 0), [3]),
        (Compare("seen", "=", "2026-03-01T13:00:00+01:00"), [0, 4]),
        (Compare("seen", ">", date(2026, 3, 1)), [0, 2, 4]),
        (Compare("day", "<=", "2026-03-01"), [0, 3, 4]),
        (Compare("alive", "=", "true"), [0, 3]),
        (Between("count", 3, 7), [0, 2, 3]),
        (OneOf("count", (3, 10)), [0, 3, 4]),
        (Not(OneOf("count", (3, 10))), [2]),
        (OneOf("count", ()), []),
        (OneOf("count", ("3.5", 7)), [2]),
        (Like("name", "%inde"), [0, 4]),
        (Like("name", "E%"), []),
        (Like("name", "E%", ignore_case=True), [1]),
        (Like("name", r"%100\%"), [2]),
        (IsNull("count"), [1]),
        (Not(IsNull("count")), [0, 2, 3, 4]),
        (Contains("LIN"), [0, 4]),
        (Not(Compare("name", "=", "Linde")), [1, 2]),
        (Both(()), [0, 1, 2, 3, 4]),
        (Either(()), []),
        (Both((Compare("name", "=", "Linde"), Compare("count", ">", 5))), [4]),
        (Either((IsNull("name"), Compare("count", "=", 7))), [2, 3]),
        (BOX, [0, 2, 4]),
        (NEAR, [0, 2]),
        (Not(NEAR), [3, 4]),
        (Spatial("place", "disjoint", shapely.Point(11.58, 50.93).wkb), [2, 3]),
        (InBox("place", 170, 0, -170, 20), [3]),
    ],
)
def test_conditions(found: Callable[..., list[int]], where: Condition, expected: list[int]) -> None:
    """Each kind of condition, with unknown cells in every column: they fulfil no comparison, nor its opposite."""
    assert found(where) == expected


def test_orders(found: Callable[..., list[int]]) -> None:
    """By several columns, down and up; unknown comes last, equal rows stay as published."""
    assert found(None, Order("name"), Order("count", descending=True)) == [2, 4, 0, 1, 3]
    assert found(None, Order("count", descending=True)) == [4, 2, 0, 3, 1]
    assert found(Not(IsNull("name")), Order("height")) == [0, 4, 1, 2]
    assert found(None, Order("count"), Order("count", descending=True)) == [0, 3, 2, 4, 1]


@pytest.mark.parametrize(
    "where",
    [
        Compare("count", "=", "three"),
        Compare("count", "=", True),
        Compare("count", ">", 2**80),
        Compare("height", "<", "high"),
        Compare("seen", "=", "yesterday"),
        Compare("day", "=", "2026-13-01"),
        Compare("alive", "=", "perhaps"),
        Compare("place", "=", "POINT (1 2)"),
        Compare("day", "<", "2026-03-01T12:00"),
        Compare("day", "<", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        Compare("seen", "=", 5),
        Compare("height", "=", "nan"),
        Compare("name", "=", "\ud800"),
        OneOf("count", ("inf",)),
        OneOf("count", tuple(range(2000))),
        Like("name", "%" * 2000),
        Contains("x" * 2000),
        Contains("\ud800"),
        InBox("place", 0, 50, 1, 40),
        InBox("place", 0, float("nan"), 1, 40),
        Like("count", "1%"),
        InBox("name", 0, 0, 1, 1),
        Spatial("place", "within", b"nothing"),
        Spatial("place", "within", shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]).wkb),
    ],
)
def test_values_that_do_not_fit(found: Callable[..., list[int]], where: Condition) -> None:
    """Told with the column's name; never an empty answer."""
    with pytest.raises(RecipeInvalid):
        found(where)


def test_conditions_lie_not_too_deep(found: Callable[..., list[int]]) -> None:
    """A thousand brackets are refused before anything is read."""
    where: Condition = IsNull("name")
    for _ in range(1000):
        where = Not(where)
    with pytest.raises(RecipeInvalid, match="deep"):
        found(where)


def test_pages_over_groups_of_rows(lake: LocalLake) -> None:
    """Pages deep in a long table hold what a whole reading would, also backwards and scattered."""
    version = _version("many", (Column("n", "integer"),), 70_000)
    selecting = Selecting(lake, KeptNumbers())
    known = {"n": Column("n", "integer")}
    for offset in (0, 32_767, 32_768, 65_536, 69_995):
        rows = selecting.rows(version, ["n"], range(70_000)[offset : offset + 7])
        assert rows.column("n").to_pylist() == list(range(70_000))[offset : offset + 7]
    down = selecting.numbers(version, known, Selection(order=(Order("n", descending=True),)))
    assert selecting.rows(version, ["n"], down[1000:1003]).column("n").to_pylist() == [68_999, 68_998, 68_997]
    some = selecting.numbers(version, known, Selection(where=OneOf("n", (5, 40_000, 69_999))))
    assert selecting.rows(version, ["n"], some).column("n").to_pylist() == [5, 40_000, 69_999]


_COMPARES: dict[Operator, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
_leaves = st.builds(
    Compare, st.just("count"), st.sampled_from(list(_COMPARES)), st.integers(0, 11)
) | st.just(IsNull("count"))
_conditions = st.recursive(
    _leaves,
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(Both, st.lists(inner, max_size=3).map(tuple))
        | st.builds(Either, st.lists(inner, max_size=3).map(tuple))
    ),
    max_leaves=12,
)


def _truth(where: Condition, value: int | None) -> bool | None:
    """Kleene's logic, written down once more."""
    if isinstance(where, Compare):
        return None if value is None else _COMPARES[where.operator](value, where.value)
    if isinstance(where, IsNull):
        return value is None
    if isinstance(where, Not):
        inner = _truth(where.condition, value)
        return None if inner is None else not inner
    assert isinstance(where, Both | Either)
    stops = isinstance(where, Either)
    truths = [_truth(one, value) for one in where.conditions]
    if stops in truths:
        return stops
    return None if None in truths else not stops


@given(_conditions)
def test_logic_is_kleenes(found: Callable[..., list[int]], where: Condition) -> None:
    """Any nesting of and, or and not selects the rows for which it is true, not those for which it is unknown."""
    assert found(where) == [n for n, row in enumerate(ROWS) if _truth(where, row[1]) is True]


# --- at the gate ---


def test_selected_rows_of_the_gate(reads: Reads) -> None:
    """Columns, their order, numbers of rows and how many there are in all."""
    every = reads.select(ANONYMOUS, "open-data", None, Selection())
    wanted = Selection(("people", "district"), order=(Order("people", descending=True),), limit=2, offset=1)
    found = reads.select(ANONYMOUS, "open-data", None, wanted)
    assert found.table.column_names == ["people", "district"]
    people = sorted((row["people"] for row in every.table.to_pylist()), reverse=True)
    assert found.table.column("people").to_pylist() == people[1:3]
    assert (found.matched, found.pin, every.numbers[:3]) == (every.table.num_rows, every.pin, (1, 2, 3))


@pytest.mark.parametrize(
    "wanted",
    [
        Selection(("note",)),
        Selection(where=IsNull("note")),
        Selection(where=Both((Not(Compare("note", "=", "x")),))),
        Selection(order=(Order("note"),)),
        Selection(where=IsNull("nothing")),
    ],
)
def test_closed_columns_cannot_be_asked_about(reads: Reads, wanted: Selection) -> None:
    """A condition on a closed column would tell its cells one by one: it is as if it were not there."""
    with pytest.raises(NotFound):
        reads.select(ANONYMOUS, "mixed-data", None, wanted)


def test_text_search_leaves_closed_columns_out(reads: Reads) -> None:
    """What stands only in a closed column is not found."""
    secret = reads.select(scoped(Access.PROTECTED), "mixed-data", None, Selection(("note",)))
    word = next(cell for cell in secret.table.column("note").to_pylist() if cell)
    inside = reads.select(scoped(Access.PROTECTED), "mixed-data", None, Selection(where=Contains(word)))
    outside = reads.select(ANONYMOUS, "mixed-data", None, Selection(where=Contains(word)))
    assert inside.matched > 0 == outside.matched
    with pytest.raises(NotFound):
        reads.select(ANONYMOUS, "protected-data", None, Selection())


def test_equal_to_python_is_not_equal(lake: LocalLake) -> None:
    """1, 1.0 and true are different questions, also when the last answer is remembered."""
    version, selecting = _version("trees", tuple(COLUMNS.values()), len(ROWS)), Selecting(lake, KeptNumbers())
    for value in (1, "1", 1.0):
        assert len(selecting.numbers(version, COLUMNS, Selection(where=Compare("count", "=", value)))) == 0
    with pytest.raises(RecipeInvalid):
        selecting.numbers(version, COLUMNS, Selection(where=Compare("count", "=", True)))


def test_large_and_broken_numbers_compare(tmp_path: Path) -> None:
    """Whole numbers above 2^53 beside a broken one, and what is not a number fulfils nothing."""
    lake = LocalLake(tmp_path)
    columns = {"n": Column("n", "integer"), "x": Column("x", "number")}
    table = pa.table({"n": pa.array([2**60, 1]), "x": pa.array([float("nan"), 1.0])})
    lake.write("odd", table)
    version, selecting = _version("odd", tuple(columns.values()), 2), Selecting(lake, KeptNumbers())

    def found(where: Condition) -> list[int]:
        return [int(n) for n in selecting.numbers(version, columns, Selection(where=where))]

    assert found(Compare("n", ">", 2.5)) == [0]
    assert found(Compare("x", "<>", 5)) == found(Not(Compare("x", ">", 5))) == [1]
    assert found(IsNull("x")) == [0]


def test_the_first_of_equal_orders_counts(found: Callable[..., list[int]]) -> None:
    """A column that is named again says nothing new."""
    twice = (Order("count"), Order("name"), Order("count", descending=True))
    assert found(None, *twice) == found(None, *twice[:2])
