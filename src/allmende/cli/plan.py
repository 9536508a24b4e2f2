"""`allmende plan`: what changed in the files since the last run, and what the next run would do."""

from __future__ import annotations

import click

from allmende.city.diff import Change, diff
from allmende.city.snapshot import kept
from allmende.cli.options import Place, place_options

_MARKS = {"added": "+", "removed": "-", "changed": "~"}


@click.command()
@place_options
def plan(place: Place) -> None:
    """Show what changed in CITY since the last run and what the next run would do; does nothing."""
    from allmende.flow.stale import stale_steps

    workspace = place.open()
    changes = diff(kept(workspace.data, workspace.city.slug), workspace.city)
    for change in changes:
        click.echo(show_change(change))
    if not changes:
        click.echo("The files are as they were at the last run.")
    due = stale_steps(workspace)
    for step, reason in due:
        click.echo(f"would do {step}: {reason}")
    click.echo(f"{len(due)} step(s) are due." if due else "Nothing is due.")


def show_change(change: Change) -> str:
    """One difference as a line."""
    settings = f": {', '.join(change.settings)}" if change.settings else ""
    return f"{_MARKS[change.what]} {change.kind} {change.id} {change.what}{settings}"
