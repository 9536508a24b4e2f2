"""The connector: check, fetch, and parse (in `rows`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from allmende.connectors.geo.options import Options
from allmende.errors import Unreadable
from allmende.model.dataset import Column
from allmende.model.problem import Problem
from allmende.model.source import Receipt, Source
from allmende.ports import Fetched, Http, Parsed, Raw
from allmende.structure.reading.options import check_options, read_options


class GeoConnector:
    """Reads points, lines and areas with their attributes."""

    def check(self, source: Source) -> list[Problem]:
        """Faults in the options, and coordinate systems that do not exist."""
        problems = check_options(Options, source)
        for name in ("crs", "measures_crs"):
            value = source.options.get(name)
            if isinstance(value, str) and value:
                problems += _check_crs(source, name, value)
        return problems

    def fetch(self, source: Source, http: Http, known: Receipt | None) -> Iterator[Fetched]:
        """The file, unless it is unchanged."""
        fetched = http.fetch(source.address, known)
        if fetched is not None:
            yield fetched

    def parse(self, raw: Raw, source: Source, columns: Sequence[Column]) -> Parsed:
        """Features to rows with `geometry` in WGS 84; Unreadable says what is wrong with the file."""
        # GDAL and PROJ take 50 MB: they are loaded when a file is parsed, not when a city is checked.
        from allmende.connectors.geo.rows import parse_rows

        return parse_rows(raw, read_options(Options, source), columns)


def _check_crs(source: Source, name: str, value: str) -> list[Problem]:
    from allmende.connectors.geo.crs import read_crs

    try:
        read_crs(value)
    except Unreadable as error:
        return [
            Problem(f"sources/{source.id}.toml", f"$.options.{name}", error.message, 'Write "EPSG:25832".')
        ]
    return []
