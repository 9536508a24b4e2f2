"""`allmende new`: begin a source, a kind of sensor, a city or a connector with files that are right from the start."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import click

from allmende.cli.options import FOLDER, Place
from allmende.errors import NotFound
from allmende.model.licence import LICENCES

KINDS = ("source", "sensor", "city", "connector")
CITIES = Path("cities")


class Kinds(click.Group):
    """The kinds of things that can be begun."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command for this kind; wrong use names those that there are."""
        found = super().get_command(ctx, cmd_name)
        if found is None:
            raise click.UsageError(f"{cmd_name!r} cannot be begun; there are: {', '.join(KINDS)}.")
        return found


@click.group(cls=Kinds)
def new() -> None:
    """Begin something new: source, sensor, city or connector."""


@new.command("source")
@click.argument("what", metavar="FILE|URL")
@click.option("--city", type=FOLDER, help="Folder of the city; may be left out when there is only one.")
@click.option("--id", "id_", default="", help="Name of the new source and dataset, like street-trees.")
@click.option("--title", default="", help="What people call it.")
@click.option("--licence", default="", help="Licence that you vouch for, like dl-de/by-2-0; opens the data.")
@click.option("--long", "long_", is_flag=True, help="Make rows of columns that are years or days.")
@click.option("--dry-run", is_flag=True, help="Only show the proposal, write nothing.")
@click.option("--data", type=FOLDER, envvar="ALLMENDE_DATA", help="Folder with the city's data.")
@click.option("--replay", type=FOLDER, envvar="ALLMENDE_REPLAY", help="Folder with recorded answers.")
@click.option("--offline", is_flag=True, envvar="ALLMENDE_OFFLINE", help="Leave the network alone.")
def new_source(
    what: str,
    city: Path | None,
    id_: str,
    title: str,
    licence: str,
    long_: bool,
    dry_run: bool,
    data: Path | None,
    replay: Path | None,
    offline: bool,
) -> None:
    """Look at a table, map or JSON file and propose how to publish it."""
    from allmende.cli.begin import Wish, propose_files, write_files

    if licence and licence not in LICENCES:
        raise NotFound(f"there is no licence {licence!r}", hint=f"There are: {', '.join(LICENCES)}.")
    place = Place(city or _only_city(), data, replay, offline)
    proposed = propose_files(place, Wish(what, id_, title, licence, long_))
    if dry_run:
        for name, text in proposed.texts.items():
            click.echo(f"--- {name}\n{text}")
        click.echo(proposed.summary)
        return
    for name in write_files(place.city, proposed):
        click.echo(f"written: {place.city / name}")
    click.echo(proposed.summary)
    click.echo(f"Read both files, mend what is not right, then: allmende run {place.city}")


def _only_city() -> Path:
    """The city that is meant when none is named: the working directory, or the only real one in cities/."""
    if Path("city.toml").exists():
        return Path()
    every = sorted(path.parent for path in CITIES.glob("*/city.toml"))
    found = [folder for folder in every if not _is_invented(folder)] or every
    if len(found) == 1:
        return found[0]
    known = f" There are: {', '.join(map(str, found))}." if found else ""
    raise click.UsageError(f"Which city? Name its folder with --city.{known}")


def _is_invented(folder: Path) -> bool:
    """True when the city's file says that its data are made up; a broken file is told later."""
    try:
        return tomllib.loads((folder / "city.toml").read_text(encoding="utf-8")).get("invented") is True
    except (OSError, ValueError):
        return False


@new.command("sensor")
@click.argument("city", type=FOLDER)
@click.argument("name")
@click.option("--samples", type=click.Path(dir_okay=False, path_type=Path), help="File with sample messages.")
@click.option(
    "--topic", default="", help="Live topic to listen to: mqtt://broker:1883/application/+/device/+/event/up"
)
@click.option("--user", default="", help='User at the broker, as "env:NAME".')
@click.option("--password", default="", help='Password at the broker, as "env:NAME".')
@click.option(
    "--count", default=20, show_default=True, type=click.IntRange(1, 1000), help="How many live messages."
)
@click.option(
    "--seconds", default=600, show_default=True, type=click.IntRange(1, 86_400), help="How long to listen."
)
@click.option(
    "--way", default="", help="Way in that the messages come by; may be left out when there is one."
)
@click.option(
    "--decoder", default="", help="Decoder to take, like byte_map:dragino_lse01; else the best that fits."
)
@click.option("--title", default="", help="What people call this kind of sensor.")
@click.option(
    "--licence", default="", help="Licence that you vouch for, like dl-de/by-2-0; opens the values."
)
@click.option("--yes", is_flag=True, help="Write the files without asking.")
@click.option("--dry-run", is_flag=True, help="Only show the proposal, write nothing.")
def new_sensor(city: Path, name: str, yes: bool, dry_run: bool, **wished: Any) -> None:
    """Propose from sample messages how a kind of sensor is read: decoder, properties, units, limits, place."""
    from allmende.cli.begin import write_files
    from allmende.cli.new_sensor import SensorOrder, propose_sensor_files

    proposed = propose_sensor_files(city, SensorOrder(name, **wished))
    for file, text in proposed.texts.items():
        click.echo(f"--- {file}\n{text}")
    click.echo(proposed.summary)
    if dry_run:
        return
    if not yes and not click.confirm("Write this?", default=True):
        click.echo("Nothing was written.")
        return
    for file in write_files(city, proposed):
        click.echo(f"written: {city / file}")
    click.echo(f"Read it, mend what is not right, then: allmende up {city}")


@new.command("city")
@click.argument("folder", type=FOLDER)
@click.option("--name", default="", help="What the city is called.")
def new_city(folder: Path, name: str) -> None:
    """Make the FOLDER of a new city with its city.toml."""
    from allmende.cli.begin import begin_city

    for path in begin_city(folder, name):
        click.echo(f"written: {path}")
    click.echo(f"Now bring data: allmende new source FILE --city {folder}")


@new.command("connector")
@click.argument("folder", type=FOLDER)
def new_connector(folder: Path) -> None:
    """Make the FOLDER of a new connector: manifest, code, sample, test."""
    from allmende.cli.begin import begin_connector

    for path in begin_connector(folder):
        click.echo(f"written: {path}")
    click.echo("Next: docs/howto/write-a-connector.md")
