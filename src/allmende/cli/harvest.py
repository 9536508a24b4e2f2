"""`allmende harvest`: read foreign catalogues now."""

from __future__ import annotations

import click
from rich.console import Console

from allmende.cli.options import Place, place_options
from allmende.cli.run import show_run, status_of
from allmende.errors import NotFound


@click.command()
@place_options
@click.argument("catalogue", required=False, default="")
def harvest(place: Place, catalogue: str) -> int:
    """Read the catalogues of others that CITY names, or only CATALOGUE, whether it is due or not."""
    from allmende.flow.harvesting import harvest as read_one
    from allmende.flow.lock import only_run

    workspace = place.open(check_options=False)
    known = workspace.city.catalogues
    if catalogue and catalogue not in known:
        hint = f"There are: {', '.join(known) or 'none'}. Each is a file in `catalogues/`."
        raise NotFound(f"the city names no catalogue {catalogue!r}", hint=hint)
    console, runs = Console(), []
    with only_run(workspace.data):
        for one in known.values():
            if catalogue in ("", one.id):
                runs.append(read_one(workspace, one))
                workspace.store.add_run(runs[-1])
                console.print(show_run(runs[-1]), highlight=False, soft_wrap=True)
    return status_of(runs)
