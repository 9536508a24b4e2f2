"""`allmende reread`: read kept messages again after a decoder or a sensor's description was mended."""

from __future__ import annotations

from pathlib import Path

import click

from allmende.cli.options import Place, city_argument, data_option
from allmende.errors import NotFound


@click.command()
@city_argument
@data_option
@click.option("--way", default="", help="Only messages of this way in.")
@click.option(
    "--all", "every", is_flag=True, help="Also those that were understood: wrong values get revisions."
)
def reread(*, city: Path, data: Path | None, way: str, every: bool) -> None:
    """Read CITY's messages again that could not be read when they came; values are added, none is lost."""
    from allmende.flow.reread import EVERY, FAILED
    from allmende.flow.reread import reread as read_again

    workspace = Place(city, data, offline=True).open(check_options=False)
    if way and way not in workspace.live.ways.names():
        known = ", ".join(workspace.live.ways.names())
        raise NotFound(f"there is no way in called {way!r}", hint=f"There are: {known}.")
    done = read_again(workspace, way, EVERY if every else FAILED)
    workspace.live.close()
    click.echo(
        f"{done.messages} messages were read again, {done.understood} are understood now: "
        f"{done.stored} new values, {done.changed} changed."
    )
    if done.first_reason:
        click.echo(f"The first that cannot be read still: {done.first_reason}")
