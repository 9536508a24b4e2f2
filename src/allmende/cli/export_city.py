"""`allmende export-city`: a city's folder with everything that was described and uploaded in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from allmende.cli.options import Place, city_argument, data_option

if TYPE_CHECKING:
    from allmende.flow.exporting import Exported


@click.command("export-city")
@city_argument
@data_option
@click.argument("out", type=click.Path(path_type=Path))
def export_city(city: Path, data: Path | None, out: Path) -> None:
    """Write CITY to the new folder OUT: its files, what was described in the browser, and uploaded data."""
    from allmende.flow.exporting import export_city as export

    exported = export(Place(city, data, offline=True).open(), out)
    click.echo("\n".join(told(exported, out)))


def told(exported: Exported, out: Path) -> list[str]:
    """What was written, and what has to be known before the folder is given to others."""
    lines = [f"{out}: the city's files and {len(exported.written)} dataset(s) that stood only in the store."]
    if exported.withheld:
        lines.append(f"Not released yet, so internal in the folder: {', '.join(exported.withheld)}")
    if exported.withdrawn:
        lines.append(f"Withdrawn, so internal in the folder: {', '.join(exported.withdrawn)}")
    if exported.without_bytes:
        lines.append(f"Described only, their data were not written: {', '.join(exported.without_bytes)}")
    if exported.closed:
        lines.append(f"These data are in the folder and are not public: {', '.join(exported.closed)}")
    return lines
