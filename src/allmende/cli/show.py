"""`allmende show`: how every source, dataset and story of a city is doing, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table

from allmende.cli.options import Place, place_options
from allmende.model.run import Run, Step

if TYPE_CHECKING:
    from allmende.flow.workspace import Workspace
    from allmende.model.dataset import DatasetVersion


@dataclass(frozen=True, slots=True)
class State:
    """One line of the list: a step of the city and its last run (None: never)."""

    step: Step
    run: Run | None
    rows: int | None = None
    rejected: int | None = None


@click.command()
@place_options
def show(place: Place) -> None:
    """Show the last run of every source, dataset, recipe and story of CITY, and what to do about faults."""
    workspace = place.open()
    now = workspace.clock.now()
    found = tuple(states(workspace))
    console = Console()
    console.print(table(found, now))
    for state in found:
        if state.run is not None and state.run.stopped:
            hint = f"\n    {state.run.hint}" if state.run.hint else ""
            console.print(
                f"{state.step}: {state.run.message}{hint}", highlight=False, markup=False, soft_wrap=True
            )


def states(workspace: Workspace) -> Iterator[State]:
    """Every step of the city in order, with its last run and the rows of its newest version."""
    city, runs = workspace.city, workspace.store.latest_runs()
    newest = workspace.store.latest_versions()
    for source in city.sources:
        yield State(Step("fetch", source), runs.get(Step("fetch", source)))
    for dataset in city.datasets.values():
        step = Step("recipe" if dataset.recipe else "publish", dataset.id)
        yield _with_rows(State(step, runs.get(step)), newest.get(dataset.id))
    for step in sorted(step for step in runs if step.kind in ("story", "index")):
        yield State(step, runs[step])


def _with_rows(state: State, version: DatasetVersion | None) -> State:
    if version is None:
        return state
    return State(state.step, state.run, version.rows, version.rejected)


def table(found: tuple[State, ...], now: datetime) -> Table:
    """The states as a table for the terminal."""
    shown = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("step", "last run", "outcome"):
        shown.add_column(name, no_wrap=name != "step")
    for name in ("rows", "rejected"):
        shown.add_column(name, justify="right")
    for state in found:
        outcome = state.run.outcome if state.run else "never run"
        when = f"{age((now - state.run.finished).total_seconds())} ago" if state.run else ""
        style = {"failed": "red", "held": "yellow"}.get(outcome, "")
        shown.add_row(str(state.step), when, outcome, _count(state.rows), _count(state.rejected), style=style)
    return shown


def _count(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def age(seconds: float) -> str:
    """A duration in its largest fitting unit."""
    for unit, length in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length:.0f} {unit}"
    return f"{max(seconds, 0):.0f} seconds"
