"""`allmende judge`: judge stored values again by the limits as they are now."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from allmende.cli.options import Place, city_argument, data_option
from allmende.errors import NotFound


@click.command()
@city_argument
@data_option
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    help="First day (UTC) whose values are judged; all if left out.",
)
@click.option(
    "--things", default="*", show_default=True, help="Key of the things; a * at the end stands for any rest."
)
def judge(*, city: Path, data: Path | None, since: datetime | None, things: str) -> None:
    """Judge the stored values of CITY's sensors again; what was thought of them before stays known."""
    from allmende.flow.rejudge import rejudge
    from allmende.model.observation import microseconds
    from allmende.model.watched import Selection

    workspace = Place(city, data, offline=True).open(check_options=False)
    first = microseconds(since.replace(tzinfo=UTC)) if since else -(2**62)
    found = [one for one in workspace.store.things.watched() if Selection((), (things,)).takes_thing(one)]
    if not found:
        raise NotFound(f"no thing has a key like {things!r}", hint="`--things 'tree-*'` names several.")
    changed = 0
    for one in found:
        judged = rejudge(workspace.series, one, first, workspace.store.observations.change)
        changed += judged.changed
        if judged.changed:
            click.echo(f"{one.thing_name}, {one.property_name}: {judged.changed} of {judged.seen} values")
    click.echo(f"{changed} values of {len(found)} datastreams are thought of otherwise now.")
