"""Kleinstadt at work, with a recipe, an indicator and a story."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from allmende.flow.run import run_city
from allmende.flow.workspace import Workspace
from allmende.model.access import Access
from allmende.model.city import City, Front
from allmende.model.dataset import Column, Dataset
from allmende.model.knowledge import Indicator, Recipe, Story
from allmende.model.run import Outcome, Run
from allmende.model.text import Text
from allmende.testing.clock import FixedClock
from allmende.testing.http import FakeHttp
from allmende.testing.small import ADDRESS, Lists, small_city
from allmende.testing.small_work import answer_of, small_workspace

COLUMNS = (Column("number", "integer", required=True), Column("year", "integer"), Column("height", "number"))
ROWS: list[list[Any]] = [["number", "year", "height"], [1, 2020, 0.5], [2, 2020, 0.4], [3, 2021, 0.6]]
SQL = "select year, count(*) as benches from benches group by year order by year nulls last"


def whole_city() -> City:
    """Benches by year, counted, told."""
    city = small_city(columns=COLUMNS, key=("number",))
    counted = Dataset(
        "benches-by-year",
        Text("Bänke je Jahr", "Benches by year"),
        recipe="benches-by-year",
        columns=(Column("year", "integer"), Column("benches", "integer")),
        key=("year",),
        access=Access.OPEN,
    )
    indicator = Indicator(
        "benches", Text("Bänke", "Benches"), Text("Zahl", "Number"), "benches-by-year", "benches",
        period_column="year",
    )  # fmt: skip
    body = '{{ chart("benches", form="line") }}\n\n## Was wir nicht wissen\n\nOb man gut sitzt.'
    story = Story(
        "sitting", "de", "Wo sitzt man?", 'Auf {{ value("benches") }} Bänken.', body, indicator="benches"
    )
    return replace(
        city,
        datasets={**city.datasets, counted.id: counted},
        recipes={"benches-by-year": Recipe("benches-by-year", SQL)},
        indicators={"benches": indicator},
        stories={("sitting", "de"): story},
        front=Front(Text('{{ value("benches") }} Bänke.', '{{ value("benches") }} benches.')),
    )


@dataclass
class Work:
    """A workspace whose source, city and clock the test turns."""

    workspace: Workspace

    def run(self) -> dict[str, Outcome]:
        """Run once: step to outcome."""
        return {str(run.step): run.outcome for run in self.runs()}

    def runs(self) -> tuple[Run, ...]:
        """Run once."""
        return run_city(self.workspace, lambda run: None)

    def answer(self, rows: list[list[Any]] | bytes | Exception) -> None:
        """From now on the source answers with this."""
        assert isinstance(self.workspace.http, FakeHttp)
        self.workspace.http.answers[ADDRESS] = answer_of(rows)

    def wait(self, **time: float) -> None:
        """Let time pass."""
        assert isinstance(self.workspace.clock, FixedClock)
        self.workspace.clock.advance(timedelta(**time))

    def become(self, change: Callable[[City], City]) -> None:
        """Load a changed city."""
        self.workspace = replace(self.workspace, files=change(self.workspace.files))


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Work:
    """Kleinstadt before its first run."""
    for module in ("run", "recompute", "held"):
        monkeypatch.setattr(f"allmende.flow.{module}.load_connector", lambda id_: Lists())
    return Work(small_workspace(whole_city(), tmp_path / "data", ROWS))
