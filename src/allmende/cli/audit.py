"""`allmende audit`: who did what when, and whether that log is whole."""

from __future__ import annotations

from pathlib import Path

import click

from allmende.cli.options import Place, city_argument, data_option
from allmende.errors import StoreFault
from allmende.model.audit import first_fault


@click.command()
@city_argument
@data_option
@click.argument("action", type=click.Choice(["list", "check"]))
def audit(city: Path, data: Path | None, action: str) -> None:
    """List what people did in CITY, or check that nobody changed the log of it."""
    entries = tuple(Place(city, data, offline=True).open(check_options=False).store.people.audit())
    if action == "list":
        for one in entries:
            click.echo(
                f"{one.number:6} {one.at:%Y-%m-%d %H:%M:%S} {one.actor} {one.action} {one.subject} {one.detail}"
            )
        return
    fault = first_fault(entries)
    if fault:
        raise StoreFault(
            f"the audit log is not whole: {fault}",
            hint="Compare it with a backup; somebody may have changed it.",
        )
    last = entries[-1].hash if entries else "-"
    click.echo(f"{len(entries)} entries, each follows the one before it. The last hash is {last}")
    click.echo("Keep this hash elsewhere: only so can it be seen that the newest entries were cut off.")
