"""Where a single value of a series comes from, and where a mean of it does."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from litestar import Response, get

from allmende.errors import NotFound
from allmende.model.access import Principal
from allmende.model.city import City
from allmende.model.observation import Observation
from allmende.model.series import Bucket
from allmende.model.text import Language
from allmende.share.given import GivenCity, GivenClock, GivenLanguage, GivenPrincipal, GivenReads
from allmende.share.portal.pages.datastream import Mean, mean_line, period_word, series_frame
from allmende.share.portal.pages.things import series_title
from allmende.share.portal.render import LIVE, page
from allmende.share.portal.values import Told, told, word_result
from allmende.share.reads import Reads
from allmende.share.series_views import ObservationView, SeriesView
from allmende.share.spans import DAY, HOUR, SECOND

_PERIOD = re.compile(r"(?P<seconds>300|900|3600|86400)-(?P<start>-?\d{1,11})")
_MOST_BYTES = 4_000
_MOST_VALUES = 400


@dataclass(frozen=True, slots=True)
class Revision:
    """A version of a value: its number, what it was, from when on it was known, and when it ended."""

    number: int
    text: str
    recorded: int
    ended: int | None


@dataclass(frozen=True, slots=True)
class Context:
    """A value with its origin. `payload` is the message as text, `digest` its SHA-256; both may be empty.

    `raw` is the SHA-256 of the file that a polled value was read from, empty when there is none for this reader.
    """

    view: ObservationView
    series: SeriesView
    name: str
    value: Told
    revisions: tuple[Revision, ...]
    decoder: str
    payload: str
    digest: str
    raw: str


@dataclass(frozen=True, slots=True)
class MeanContext:
    """A mean with the values it was made of; `line` is None when none of them is credible."""

    series: SeriesView
    name: str
    period: str
    line: Mean | None
    bucket: Bucket | None
    values: tuple[Told, ...]
    all: int


@get("/t/{thing:str}/{name:str}/wert/{number:int}", include_in_schema=False, sync_to_thread=True)
def value(
    reads: GivenReads,
    principal: GivenPrincipal,
    city: GivenCity,
    language: GivenLanguage,
    clock: GivenClock,
    *,
    thing: str,
    name: str,
    number: int,
) -> Response[str]:
    """Where a value comes from: the message, the decoder, the rules, and its earlier versions."""
    series = reads.series_view(principal, thing, name, clock.now())
    view = reads.value(principal, series, number)
    zone = ZoneInfo(city.time_zone)
    shown = view.message is not None and view.payload_open
    payload = view.message.message.payload if view.message and shown else b""
    context = Context(
        view=view,
        series=series,
        name=series_title(series, language),
        value=told(view.observation, series.unit, series.address, language, zone),
        revisions=tuple(
            Revision(
                one.revision, word_result(one, series.unit, language), one.recorded_at, one.superseded_at
            )
            for one in view.revisions
        ),
        decoder=_decoder(series, city, language),
        payload=payload[:_MOST_BYTES].decode("utf-8", "backslashreplace"),
        digest=hashlib.sha256(payload).hexdigest() if shown else "",
        raw=_raw_file(reads, principal, view.observation),
    )
    frame = series_frame(series, language, f"/wert/{number}")
    return page("datastream_value.html", context, frame, city, language, headers=LIVE)


def _raw_file(reads: Reads, principal: Principal, found: Observation) -> str:
    """The raw file of a value that was not pushed, when this reader may have it."""
    try:
        extra = json.loads(found.extra) if found.extra else {}
        sha256 = extra.get("receipt") if isinstance(extra, dict) else None
        return reads.raw(principal, sha256).sha256 if isinstance(sha256, str) else ""
    except (ValueError, NotFound):
        return ""


def _decoder(series: SeriesView, city: City, language: Language) -> str:
    """The decoder of the kind of sensor, and what the city calls that kind; empty for values sent as such."""
    kind = city.sensors.get(str(series.thing.properties.get("sensor_type", "")))
    return f"{kind.decoder}: {kind.title.of(language)}" if kind else ""


@get("/t/{thing:str}/{name:str}/mittel/{period:str}", include_in_schema=False, sync_to_thread=True)
def mean(
    reads: GivenReads,
    principal: GivenPrincipal,
    city: GivenCity,
    language: GivenLanguage,
    clock: GivenClock,
    *,
    thing: str,
    name: str,
    period: str,
) -> Response[str]:
    """Where a mean comes from: every value in its time, and which of them were left out."""
    series = reads.series_view(principal, thing, name, clock.now())
    seconds, start = _period(period)
    points = reads.mean(principal, series, start, seconds)
    zone = ZoneInfo(city.time_zone)
    bucket = points.means[0] if points.means else None
    values = points.values[:_MOST_VALUES]
    context = MeanContext(
        series=series,
        name=series_title(series, language),
        period=period_word(start, seconds, language, zone),
        line=mean_line(bucket, points, language, zone) if bucket and bucket.count else None,
        bucket=bucket,
        values=tuple(told(one, series.unit, series.address, language, zone) for one in values),
        all=len(points.values),
    )
    frame = series_frame(series, language, f"/mittel/{period}")
    return page("datastream_mean.html", context, frame, city, language, headers=LIVE)


def _period(text: str) -> tuple[int, int]:
    """`3600-1795392000` is the hour from that second since 1970. Raises NotFound for anything else."""
    found = _PERIOD.fullmatch(text)
    seconds, start = (int(found["seconds"]), int(found["start"])) if found else (0, 0)
    aligned = seconds == DAY or (seconds > 0 and start % min(seconds, HOUR) == 0)
    if not found or not aligned or abs(start) > 60_000_000_000:
        raise NotFound("there is no such mean", where=text)
    return seconds, start * SECOND
