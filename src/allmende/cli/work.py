"""`allmende work`: what the server lets a process of its own do for the workshop."""

from __future__ import annotations

from pathlib import Path

import click

from allmende.cli.options import Place, city_argument, data_option


@click.command(hidden=True)
@city_argument
@data_option
@click.argument("what", type=click.Choice(["look", "check", "publish", "refresh"]))
@click.argument("subject")
def work(*, city: Path, data: Path | None, what: str, subject: str) -> None:
    """Look at, check, publish or refresh SUBJECT of CITY; called by the server, not by people."""
    from allmende.flow.desk_work import limit_this_process, work_on

    limit_this_process()
    work_on(Place(city, data, offline=True).open(), what, subject)
