"""`allmende restore`: bring a backup back."""

from __future__ import annotations

from pathlib import Path

import click

from allmende.cli.options import city_argument, data_option


@click.command()
@city_argument
@data_option
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--after",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with the data as they were until now: what was withdrawn there stays withdrawn.",
)
def restore(city: Path, data: Path | None, source: Path, after: Path | None) -> None:
    """Bring the backup SOURCE back as the data of CITY; refuses where there are data already."""
    from allmende.app import data_folder
    from allmende.flow.backup import restore as bring_back

    place = data_folder(city, data)
    manifest = bring_back(source, place, after)
    click.echo(f"The data are back in {place}; counts and hashes agree.")
    if after is None:
        click.echo(
            f"What was withdrawn after {manifest.created} is shown again: withdraw it again, or use --after."
        )
