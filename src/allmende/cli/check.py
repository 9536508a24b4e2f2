"""`allmende check`: every fault of a city's files at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from allmende.city.load import load_city
from allmende.cli.options import city_argument
from allmende.model.city import City


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
    shown = ", ".join([*(f"{count} {kind}" for kind, count in counts.items()), *_sensors(loaded)])
    click.echo(f"{loaded.name.of('en')} is right: {shown}.")


def _sensors(city: City) -> Iterator[str]:
    """Kinds of sensors and ways in, when there are any."""
    for count, one, many in (
        (len(city.sensors), "kind of sensor", "kinds of sensors"),
        (len(city.ways), "way in", "ways in"),
    ):
        if count:
            yield f"{count} {one if count == 1 else many}"
