"""`allmende check`: every fault of a city's files at once."""

from __future__ import annotations

from pathlib import Path

import click

from allmende.city.load import load_city
from allmende.cli.options import city_argument


@click.command()
@city_argument
def check(city: Path) -> None:
    """Read the folder CITY and tell every fault of its files."""
    loaded = load_city(city)
    counts = {
        "sources": len(loaded.sources),
        "datasets": len(loaded.datasets),
        "recipes": len(loaded.recipes),
        "indicators": len(loaded.indicators),
        "stories": len(loaded.story_ids()),
    }
    shown = ", ".join(f"{count} {kind}" for kind, count in counts.items())
    click.echo(f"{loaded.name.of('en')} is right: {shown}.")
