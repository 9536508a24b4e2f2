"""`allmende restore`: bring a backup back."""

from __future__ import annotations

from pathlib import Path

import click

from allmende.cli.options import city_argument, data_option


@click.command()
@city_argument
@data_option
@click.argument("source", type=click.Path(exists=True, path_type=Path))
def restore(city: Path, data: Path | None, source: Path) -> None:
    """Bring the backup SOURCE back as the data of CITY; refuses where there are data already."""
    from allmende.app import data_folder
    from allmende.flow.backup import restore as bring_back

    place = data_folder(city, data)
    bring_back(source, place)
    click.echo(f"The data are back in {place}; counts and hashes agree.")
