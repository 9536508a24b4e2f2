"""From an address to a number and back: old addresses keep their numbers, gaps stay gaps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from allmende.catalogue.figures import Figures
from allmende.errors import NotFound
from allmende.flow.workspace import Workspace
from allmende.model.city import City
from allmende.model.dataset import Column
from allmende.model.figure import FigureId
from allmende.model.knowledge import Indicator
from allmende.model.text import Text
from allmende.structure.publish import publish_dataset
from allmende.testing.small import Lists, receive, small_city
from allmende.testing.small_work import small_workspace

HEADER = ["year", "place", "people"]
ROWS: list[list[Any]] = [
    HEADER, ["2020", "0", 100], ["2020", "1", 60], ["2020", "2", 40],
    ["2021", "0", 0], ["2021", "1", None], ["2021", "2", 45],
]  # fmt: skip


def _city(**changes: Any) -> City:
    columns = (Column("year"), Column("place"), Column("people", "integer", unit="1"))
    city = small_city(columns=columns, key=("year", "place"))
    people = Indicator(
        "people", Text("Menschen", "People"), Text("Zahl", "Number"), "benches", "people",
        period_column="year", place_column="place", city_place="0",
    )  # fmt: skip
    return replace(city, indicators={"people": replace(people, **changes)})


@pytest.fixture
def work(tmp_path: Path) -> Workspace:
    """Two years, two places and the whole city; one value is not known, one is zero."""
    workspace = small_workspace(_city(), tmp_path, ROWS)
    _publish(workspace, ROWS)
    return workspace


def _publish(w: Workspace, rows: list[list[Any]]) -> None:
    receive(w.store, w.lake, w.clock, rows)
    assert (
        publish_dataset(w.city, w.city.datasets["benches"], Lists(), w.store, w.lake, w.clock).outcome
        == "new"
    )


def test_every_figure_that_is_shown_resolves_to_itself(work: Workspace) -> None:
    """Series, places and the newest: the address of each gives the same figure again."""
    shown = [
        *work.figures.series("people"),
        *work.figures.series("people", "1"),
        *work.figures.by_place("people"),
    ]
    assert len(shown) == 6
    for figure in shown:
        again = work.figures.resolve(FigureId.parse(str(figure.id)))
        assert (again.value, again.period, again.place_code, again.trust) == (
            figure.value, figure.period or again.period, figure.place_code, figure.trust,
        )  # fmt: skip


def test_unknown_is_not_zero(work: Workspace) -> None:
    """Zero is a value; a gap is None with a note, and the newest value is an older one."""
    latest = work.figures.latest("people")
    assert latest is not None
    assert (latest.value, latest.period) == (0.0, "2021")
    gap = work.figures.series("people", "1")[-1]
    assert (gap.value, gap.trust, bool(gap.note.de and gap.note.en)) == (None, "unknown", True)
    older = work.figures.latest("people", "1")
    assert older is not None
    assert (older.value, older.period) == (60.0, "2020")


def test_places_do_not_hold_the_whole_city(work: Workspace) -> None:
    """The row that means the city is no place among places."""
    found = work.figures.by_place("people", "2020")
    assert {figure.place_code: figure.value for figure in found} == {"1": 60.0, "2": 40.0}


def test_changes_that_cannot_be_computed_are_unknown(work: Workspace) -> None:
    """From nothing, or from zero, there is no percentage; the difference from zero is one."""
    figures = work.figures
    change = figures.compared("change", "people", "2020", "2021", "2")
    assert (change.value, change.unit_code) == (12.5, "%")
    assert figures.compared("change", "people", "2020", "2021", "1").value is None
    assert figures.compared("change", "people", "1999").value is None
    back = figures.compared("change", "people", "2021", "2020")
    assert (back.value, back.trust) == (None, "unknown")
    assert figures.compared("difference", "people", "2021", "2020").value == 100.0


def test_rows_and_cells(work: Workspace) -> None:
    """A dataset's rows and single cells have addresses too; what does not exist is not found."""
    rows = work.figures.resolve(FigureId.parse("rows~benches@1"))
    assert rows.value == 6.0
    cell = FigureId.of("cell", "benches", 1, cell={"column": "people", "key.year": "2020", "key.place": "2"})
    assert work.figures.resolve(cell).value == 40
    for wrong in ("rows~benches@9", "rows~nothing@1", "cell~benches@1;column=x", "value~people.abcdef12@1"):
        with pytest.raises(NotFound):
            work.figures.resolve(FigureId.parse(wrong))


def test_an_old_definition_stays_explained(work: Workspace) -> None:
    """The indicator's meaning changes: the old address still gives the old number."""
    work.figures.keep_definitions()
    old = work.figures.latest("people")
    assert old is not None
    changed = Figures(_city(city_place="2"), work.store, work.engine, work.clock)
    new = changed.latest("people")
    assert new is not None
    assert (new.value, changed.resolve(old.id).value) == (45.0, 0.0)
    assert new.id.definition != old.id.definition


def test_a_new_version_is_seen_at_once_and_the_old_one_stays(work: Workspace) -> None:
    """Nothing is kept longer than it is true."""
    before = work.figures.latest("people")
    _publish(work, [*ROWS, ["2022", "0", 7]])
    after = work.figures.latest("people")
    assert before is not None
    assert after is not None
    assert (after.value, after.pin.version) == (7.0, 2)
    assert (work.figures.resolve(before.id).value, before.pin.version) == (0.0, 1)
