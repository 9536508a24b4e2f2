"""`allmende backup`: a consistent copy of a city's data, while it runs."""

from __future__ import annotations

from pathlib import Path

import click

from allmende.cli.options import Place, city_argument, data_option


@click.command()
@city_argument
@data_option
@click.argument("target", type=click.Path(path_type=Path))
def backup(city: Path, data: Path | None, target: Path) -> None:
    """Copy the data of CITY to TARGET: a new folder, or a file that ends with .tar."""
    from allmende.flow.backup import backup as copy

    copy(Place(city, data, offline=True).open(), target)
    click.echo(f"The backup is in {target}. `allmende restore` brings it back.")
