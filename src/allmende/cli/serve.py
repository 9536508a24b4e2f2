"""`allmende serve`: the pages of a city, and what its sensors send; it fetches nothing."""

from __future__ import annotations

import asyncio

import click

from allmende.cli.memory import prepare
from allmende.cli.options import Place, address_options, place_options, workers_option
from allmende.cli.serving import Address, app_of, run_until_signal, serve_until_stopped, serve_with_workers


@click.command()
@place_options
@address_options
@workers_option
def serve(place: Place, host: str, port: int, workers: int, anonymous_writes: bool) -> None:
    """Serve the pages of CITY from what was collected; takes what sensors send, fetches nothing."""
    address = Address(host, port, workers, anonymous_writes)
    address.check_free()
    prepare()
    workspace = place.open(check_options=False)
    click.echo(f"{workspace.city.name.of('en')} is served on {address}")
    if workers > 1:
        serve_with_workers(place, address)
        return
    app = app_of(place, workspace, anonymous_writes=anonymous_writes)

    async def work(stopped: asyncio.Event) -> None:
        await serve_until_stopped(app, address, stopped)

    run_until_signal(work)
