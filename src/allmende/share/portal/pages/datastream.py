"""One series: its value now, a stretch of it as a drawing and a table, its files, and what it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from litestar import Response, get
from litestar.params import QueryParameter

from allmende.catalogue.doubts import doubts_of, word_doubt, word_flags, word_lasted, word_plain
from allmende.catalogue.wording import word_unit
from allmende.errors import NotFound
from allmende.model.licence import LICENCES, Licence
from allmende.model.observation import SUSPECT, Observation, moment
from allmende.model.series import Bucket
from allmende.model.text import Language, names_of
from allmende.share.draw.drawings import Drawing
from allmende.share.draw.timeline import Mark, Timeline, draw_timeline
from allmende.share.given import GivenCity, GivenClock, GivenLanguage, GivenPrincipal, GivenReads
from allmende.share.portal.pages.things import series_title
from allmende.share.portal.render import LIVE, Frame, page
from allmende.share.portal.values import Told, told
from allmende.share.portal.words import Words
from allmende.share.series_views import PointsView, SeriesView, thing_address
from allmende.share.spans import DAY, NAMES, SECOND, gap_of

ROWS = 48
ENDINGS = ("csv", "json", "parquet")


@dataclass(frozen=True, slots=True)
class Mean:
    """A line of the table of means: `period` in words, the page that shows what it was made of, and its numbers."""

    period: str
    href: str
    mean: str
    low: str
    high: str
    count: int
    suspect: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """What is shown of a series: the drawing, its title, and the newest lines of its table (of `all`).

    `step` is the word for how fine it is; `before` and `after` are days that lead to the stretches beside it.
    """

    name: str
    step: str
    drawing: Drawing
    values: tuple[Told, ...]
    means: tuple[Mean, ...]
    all: int
    doubted: int
    cut: bool
    until: date | None
    before: date
    after: date | None
    first: datetime
    last: datetime
    files: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Context:
    """A series: `now` its newest value, `limits` what is plausible in words, `known_on` a past state of knowledge."""

    view: SeriesView
    name: str
    thing: str
    thing_address: str
    now: Told | None
    silent: str
    limits: tuple[tuple[str, str], ...]
    licence: Licence | None
    stretch: Stretch
    names: tuple[str, ...]
    known_on: date | None


@get("/t/{thing:str}/{name:str}", include_in_schema=False, sync_to_thread=True)
def datastream(
    reads: GivenReads,
    principal: GivenPrincipal,
    city: GivenCity,
    language: GivenLanguage,
    clock: GivenClock,
    *,
    thing: str,
    name: str,
    span: Annotated[str, QueryParameter(name="zeit", max_length=20)] = "",
    until: Annotated[str, QueryParameter(name="bis", max_length=20)] = "",
    known: Annotated[str, QueryParameter(name="wissen", max_length=20)] = "",
) -> Response[str]:
    """One series, a week of it or what the reader chooses; `wissen` shows what was known on a day."""
    zone = ZoneInfo(city.time_zone)
    view = reads.series_view(principal, thing, name, clock.now())
    known_on = _day(known)
    points = reads.points(principal, view, span, until, clock.now(), _end_of(known_on, zone))
    newest = view.newest
    context = Context(
        view=view,
        name=series_title(view, language),
        thing=names_of(view.thing.properties, view.thing.name).of(language),
        thing_address=thing_address(view.thing),
        now=told(newest, view.unit, view.address, language, zone) if newest else None,
        silent=_silent(view, clock.now(), language),
        limits=limits_in_words(view, language),
        licence=LICENCES.get(str(view.datastream.properties.get("licence", ""))),
        stretch=stretch(points, language, zone),
        names=NAMES,
        known_on=known_on,
    )
    return page("datastream.html", context, series_frame(view, language), city, language, headers=LIVE)


def series_frame(view: SeriesView, language: Language, below: str = "") -> Frame:
    """What stands around the page of a series, and around pages `below` it."""
    t = Words(language)
    name, thing = series_title(view, language), names_of(view.thing.properties, view.thing.name).of(language)
    crumbs = [(t("nav.home"), "/"), (t("thing.list_title"), "/t"), (thing, thing_address(view.thing))]
    if below:
        crumbs.append((name, view.address))
    licence = LICENCES.get(str(view.datastream.properties.get("licence", "")))
    attribution = view.datastream.properties.get("attribution")
    return Frame(
        title=f"{name}, {thing}",
        path=view.address + below,
        description=view.datastream.description,
        licences=(licence,) if licence else (),
        attributions=(attribution,) if isinstance(attribution, str) and attribution else (),
        crumbs=tuple(crumbs),
        section="map",
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise NotFound("there is no such day", where=text) from None


def _end_of(day: date | None, zone: ZoneInfo) -> datetime | None:
    return None if day is None else datetime.combine(day + timedelta(days=1), time(), zone)


def _silent(view: SeriesView, now: datetime, language: Language) -> str:
    """For how long nothing came, when that is too long."""
    since = view.state.silent_since
    return "" if since is None else word_lasted((now - moment(since)).total_seconds(), language)


def limits_in_words(view: SeriesView, language: Language) -> tuple[tuple[str, str], ...]:
    """The rules that values of this series are held against: the rule's name in messages, and its number."""
    limits = view.limits
    numbers = (
        ("minimum", limits.minimum, view.unit),
        ("maximum", limits.maximum, view.unit),
        ("max_rate", limits.max_rate, f"{view.unit}/h"),
        ("neighbour_difference", limits.neighbour_difference, view.unit),
        ("low", limits.low, view.unit),
    )
    times = (("stuck_after", limits.stuck_after), ("silence_after", limits.silence_after))
    return (
        *(
            (name, word_unit(word_plain(value, language), unit))
            for name, value, unit in numbers
            if value is not None
        ),
        *((name, word_lasted(seconds, language)) for name, seconds in times if seconds is not None),
    )


# --- a stretch of the series ---


def stretch(points: PointsView, language: Language, zone: ZoneInfo) -> Stretch:
    """What a page shows of a stretch."""
    span, view = points.span, points.series
    first, last = moment(span.start).astimezone(zone), moment(span.end - 1).astimezone(zone)
    whole = timedelta(days=max(1, round(span.days)))
    marks = tuple(marks_of(points))
    newest = [told(one, view.unit, view.address, language, zone) for one in points.values[-ROWS:]]
    return Stretch(
        name=span.name,
        step=step_word(span.seconds),
        drawing=_drawing(points, marks, language, zone),
        values=tuple(reversed(newest)),
        means=tuple(mean_line(one, points, language, zone) for one in reversed(points.means[-ROWS:])),
        all=len(points.values) + len(points.means),
        doubted=_doubted(points),
        cut=points.cut,
        until=span.until,
        before=(last - whole).date(),
        after=(last + whole).date() if span.until else None,
        first=first,
        last=last,
        files=_files(view, first.date(), last.date()),
    )


def step_word(seconds: int) -> str:
    """The name of a step in messages."""
    return {0: "raw", 300: "minutes5", 900: "minutes15", 3600: "hour"}.get(seconds, "day")


def marks_of(points: PointsView) -> Iterator[Mark]:
    """The points of a drawing. Of means each stands in the middle of its step."""
    for value in points.values:
        yield Mark(value.phenomenon_time, value.number, sure=not value.flags & SUSPECT)
    half = points.span.seconds * SECOND // 2
    for mean in points.means:
        yield Mark(mean.start + half, mean.mean, mean.minimum, mean.maximum)


def _doubted(points: PointsView) -> int:
    return sum(bool(one.flags & SUSPECT) for one in points.values) + sum(one.suspect for one in points.means)


def _drawing(points: PointsView, marks: tuple[Mark, ...], language: Language, zone: ZoneInfo) -> Drawing:
    span, view = points.span, points.series
    title = f"{series_title(view, language)}, {view.unit}" if view.unit else series_title(view, language)
    line = Timeline(
        title, _words(marks, view, language), marks, span.start, span.end, gap_of(span, view.latest)
    )
    return draw_timeline(line, zone, language)


def _words(marks: Sequence[Mark], view: SeriesView, language: Language) -> str:
    """The drawing in a sentence, for those who do not see it."""
    values = [mark.value for mark in marks if mark.sure and mark.value is not None]
    t = Words(language)
    if not values:
        return t("series.words_none")
    low, high = (word_unit(word_plain(one, language), view.unit) for one in (min(values), max(values)))
    last = word_unit(word_plain(values[-1], language), view.unit)
    return t("series.words", count=len(values), low=low, high=high, last=last)


def mean_line(one: Bucket, points: PointsView, language: Language, zone: ZoneInfo) -> Mean:
    """A mean for the table."""
    view, seconds = points.series, points.span.seconds
    return Mean(
        period=period_word(one.start, seconds, language, zone),
        href=f"{view.address}/mittel/{seconds}-{one.start // SECOND}",
        mean=word_plain(one.mean, language),
        low=word_plain(one.minimum, language),
        high=word_plain(one.maximum, language),
        count=one.count,
        suspect=one.suspect,
    )


def period_word(start: int, seconds: int, language: Language, zone: ZoneInfo) -> str:
    """A step in words: a day, or a day with the time at which the step begins."""
    pattern = "dd.MM.y" if language == "de" else "d MMM y"
    pattern = pattern if seconds == DAY else f"{pattern}, HH:mm"
    return str(format_datetime(moment(start), pattern, tzinfo=zone, locale=language))


def _files(view: SeriesView, first: date, last: date) -> tuple[tuple[str, str], ...]:
    """The files of a stretch: (format, address)."""
    return tuple((ending, f"{view.address}.{ending}?von={first}&bis={last}") for ending in ENDINGS)


def doubts_in_words(
    found: Observation, view: SeriesView, language: Language, zone: ZoneInfo
) -> tuple[str, ...]:
    """What is doubted about a value: sentences, or the names of rules when nothing more was kept."""
    sentences = tuple(word_doubt(doubt, language, view.unit, zone) for doubt in doubts_of(found.extra))
    return sentences or word_flags(found.flags, language)
