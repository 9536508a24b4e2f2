"""`allmende run`: collect, publish, compute and tell what is due, once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable

import click
from rich.console import Console
from rich.text import Text

from allmende.cli.errors import HELD, OK, REFUSED
from allmende.cli.options import Place, place_options
from allmende.model.run import Outcome, Run

_MARKS: dict[Outcome, tuple[str, str]] = {
    "new": ("+", "green"),
    "unchanged": ("=", "dim"),
    "held": ("?", "yellow"),
    "failed": ("!", "red"),
    "skipped": ("-", "dim"),
}


@click.command()
@place_options
def run(place: Place) -> int:
    """Do what is due for CITY: fetch, publish, compute, write stories.

    Exit status 1 when a step failed, 3 when none did, but something waits for people to release it.
    """
    from allmende.city.snapshot import keep
    from allmende.flow.run import run_city

    console = Console()
    started = time.monotonic()
    workspace = place.open()
    name = workspace.city.name.of("en")
    with console.status(f"{name}: working ..."):
        runs = run_city(workspace, lambda run: console.print(show_run(run), highlight=False, soft_wrap=True))
    keep(workspace.city_folder, workspace.data)
    console.print(f"{name}: {summary(runs)} in {time.monotonic() - started:.0f} s", highlight=False)
    return status_of(runs)


def status_of(runs: Iterable[Run]) -> int:
    """The exit status: a fault counts more than what is held back."""
    outcomes = {run.outcome for run in runs}
    return REFUSED if "failed" in outcomes else HELD if "held" in outcomes else OK


def show_run(run: Run) -> Text:
    """One line for one step; a failure says on the next line what to do."""
    mark, style = _MARKS[run.outcome]
    told = run.message or run.outcome
    line = Text.assemble((mark, style), f" {run.step.kind:8}{run.step.subject}: {told}")
    if run.stopped and run.hint:
        line.append(f"\n    {run.hint}")
    return line


def summary(runs: Iterable[Run]) -> str:
    """How many steps ended how, in words."""
    counts = Counter(run.outcome for run in runs)
    told = [f"{counts[outcome]} {outcome}" for outcome in _MARKS if counts[outcome]]
    return ", ".join(told) or "nothing was due"
