"""A series as a file: `/t/probe-1/soil-moisture.csv?von=2026-11-01&bis=2026-11-22`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

from litestar import Request, Response, get
from litestar.params import QueryParameter
from litestar.response import Stream

from allmende.errors import NotFound
from allmende.model.city import City
from allmende.model.licence import LICENCES
from allmende.model.observation import microseconds
from allmende.share.downloads.binary import parquet_chunks
from allmende.share.downloads.formats import FORMATS
from allmende.share.downloads.series import SeriesAbout, series_batches, series_columns
from allmende.share.downloads.text import csv_chunks, json_chunks
from allmende.share.given import GivenCity, GivenClock, GivenPrincipal, GivenReads
from allmende.share.series_views import SeriesView, address_name

if TYPE_CHECKING:
    import pyarrow as pa

_EARLIEST, _LATEST = date(1900, 1, 1), date(2200, 1, 1)


@get("/-/series/{thing:str}/{name:str}", include_in_schema=False, sync_to_thread=True)
def series_file(
    request: Request[Any, Any, Any],
    reads: GivenReads,
    principal: GivenPrincipal,
    city: GivenCity,
    clock: GivenClock,
    *,
    thing: str,
    name: str,
    first: Annotated[str, QueryParameter(name="von", max_length=20)] = "",
    last: Annotated[str, QueryParameter(name="bis", max_length=20)] = "",
) -> Response[Any] | Stream:
    """The values of a series from one day to another of the city's time, both included, oldest first."""
    series, _, ending = name.rpartition(".")
    if ending not in ("csv", "json", "parquet"):
        raise NotFound("there is no such file", where=f"/t/{thing}/{name}")
    view = reads.series_view(principal, thing, series, clock.now())
    zone = ZoneInfo(city.time_zone)
    start, end = (
        _midnight(_day(first, _EARLIEST), zone),
        _midnight(_day(last, _LATEST) + timedelta(days=1), zone),
    )
    words = _about(view, city, str(request.base_url).rstrip("/"))
    format_ = FORMATS[ending]
    headers = _headers(view, words, ending)
    if request.scope.get("state", {}).get("head"):
        return Response(b"", headers=headers, media_type=format_.media_type)
    batches = series_batches(reads.all_values(principal, view, start, end))
    return Stream(_written(batches, words, ending), headers=headers, media_type=format_.media_type)


def _written(batches: Iterator[pa.RecordBatch], words: SeriesAbout, ending: str) -> Iterator[bytes]:
    if ending == "parquet":
        return parquet_chunks(batches, words)
    return csv_chunks(batches, words) if ending == "csv" else json_chunks(batches, words)


def _day(text: str, otherwise: date) -> date:
    try:
        found = date.fromisoformat(text) if text else otherwise
    except ValueError:
        raise NotFound("there is no such day", where=text, hint="Write a day as 2026-11-22.") from None
    return min(max(found, _EARLIEST), _LATEST)


def _midnight(day: date, zone: ZoneInfo) -> int:
    return microseconds(datetime.combine(day, time(), zone))


def _about(view: SeriesView, city: City, origin: str) -> SeriesAbout:
    stream = view.datastream
    unit = stream.units[0] if stream.units else None
    attribution = stream.properties.get("attribution")
    return SeriesAbout(
        title=stream.name,
        thing=view.thing.name,
        series=address_name(stream.id, stream.key),
        unit=(unit.ucum or unit.symbol or "") if unit else "",
        licence=LICENCES.get(str(stream.properties.get("licence", ""))),
        attribution=attribution if isinstance(attribution, str) else "",
        publisher=city.contact.publisher,
        address=f"{origin}{view.address}",
        invented=city.invented,
        columns=series_columns((unit.ucum or "") if unit else ""),
    )


def _headers(view: SeriesView, words: SeriesAbout, ending: str) -> dict[str, str]:
    links = [f'<{view.address}>; rel="about"']
    if words.licence is not None:
        links.append(f'<{words.licence.address}>; rel="license"')
    return {
        "content-disposition": f'attachment; filename="{words.series}.{ending}"',
        "link": ", ".join(links),
        "cache-control": "no-store",
    }
