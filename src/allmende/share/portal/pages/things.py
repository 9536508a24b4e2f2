"""The things that measure: all of them, and each with its series and their newest values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated
from zoneinfo import ZoneInfo

from litestar import Response, get
from litestar.params import QueryParameter

from allmende.catalogue.series_trust import worst_of
from allmende.model.city import City
from allmende.model.knowledge import Trust
from allmende.model.place import Place
from allmende.model.sensor_type import SensorType
from allmende.model.text import Language, names_of
from allmende.share.districts_of import district_of
from allmende.share.given import GivenCity, GivenClock, GivenLanguage, GivenPrincipal, GivenReads
from allmende.share.portal.render import LIVE, Frame, page
from allmende.share.portal.values import Told, told
from allmende.share.portal.words import Words
from allmende.share.series_views import SeriesView, ThingView, WatchedView

MOST_SHOWN = 500


@dataclass(frozen=True, slots=True)
class Line:
    """One series of a thing: what it measures, its page, how it is doing, and its newest value."""

    name: str
    address: str
    trust: Trust
    value: Told | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A thing in the list, with its district (None when nobody knows) and its series."""

    name: str
    address: str
    trust: Trust
    district: Place | None
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class ListContext:
    """Things that fit the filters; `properties` are (key, name) of what can be chosen; `total` counts all."""

    listed: tuple[Entry, ...]
    shown: int
    total: int
    properties: tuple[tuple[str, str], ...]
    places: tuple[Place, ...]
    chosen: str
    place: str
    state: str


@dataclass(frozen=True, slots=True)
class Context:
    """A thing: `lines` are its series; `facts` what its owner says of it; `datasets` (title, address).

    `kind` is what the city calls this kind of sensor, empty when its files do not describe it.
    """

    view: ThingView
    name: str
    about: str
    kind: str
    lines: tuple[Line, ...]
    facts: tuple[tuple[str, str], ...]
    datasets: tuple[tuple[str, str], ...]
    stories: tuple[tuple[str, str], ...]


@get("/t", include_in_schema=False, sync_to_thread=True)
def things(
    reads: GivenReads,
    principal: GivenPrincipal,
    city: GivenCity,
    language: GivenLanguage,
    clock: GivenClock,
    *,
    chosen: Annotated[str, QueryParameter(name="messgroesse", max_length=240)] = "",
    place: Annotated[str, QueryParameter(name="stadtteil", max_length=120)] = "",
    trust: Annotated[str, QueryParameter(name="zustand", max_length=20)] = "",
) -> Response[str]:
    """Every thing the reader may see, by name; filtered by what it measures, where it stands, how it is doing."""
    views, places = reads.watched(principal, clock.now()), reads.places(principal)
    every = _entries(views, places, language, ZoneInfo(city.time_zone))
    measuring = _entries(_of_property(views, chosen), places, language, ZoneInfo(city.time_zone))
    fitting = [entry for entry in measuring if _fits(entry, place, trust)]
    t = Words(language)
    context = ListContext(
        listed=tuple(fitting[:MOST_SHOWN]),
        shown=len(fitting),
        total=len(every),
        properties=properties_of(views, language),
        places=places,
        chosen=chosen,
        place=place,
        state=trust,
    )
    frame = Frame(t("thing.list_title"), "/t", section="map", crumbs=((t("nav.home"), "/"),))
    return page("things.html", context, frame, city, language, headers=LIVE)


def properties_of(views: Iterable[WatchedView], language: Language) -> tuple[tuple[str, str], ...]:
    """What is measured, as (key, name), by name; what has no key cannot be asked for."""
    found = {
        one.watched.property_key: one.watched.property_title.of(language)
        for one in views
        if one.watched.property_key
    }
    return tuple(
        sorted(((key or "", name) for key, name in found.items()), key=lambda one: one[1].casefold())
    )


def _of_property(views: Sequence[WatchedView], key: str) -> list[WatchedView]:
    return [view for view in views if key in ("", view.watched.property_key)]


def _entries(
    views: Iterable[WatchedView], places: Sequence[Place], language: Language, zone: ZoneInfo
) -> list[Entry]:
    """One entry per thing; the views are sorted by thing."""
    found = groupby(views, key=lambda view: (view.watched.thing_name, view.watched.thing_id))
    return [_entry(list(several), places, language, zone) for _, several in found]


def _entry(
    views: Sequence[WatchedView], places: Sequence[Place], language: Language, zone: ZoneInfo
) -> Entry:
    thing = views[0].watched
    known = thing.longitude is not None and thing.latitude is not None
    position = (thing.longitude or 0.0, thing.latitude or 0.0) if known else None
    return Entry(
        thing.thing_title.of(language),
        views[0].thing_address,
        worst_of(view.state for view in views),
        district_of(places, position),
        tuple(_watched_line(view, language, zone) for view in views),
    )


def _watched_line(view: WatchedView, language: Language, zone: ZoneInfo) -> Line:
    newest = view.newest
    value = told(newest, view.watched.sign, view.address, language, zone) if newest else None
    return Line(view.watched.property_title.of(language), view.address, view.state.trust, value)


def _fits(entry: Entry, place: str, trust: str) -> bool:
    here = not place or (entry.district is not None and entry.district.slug == place)
    return here and trust in ("", entry.trust)


@get("/t/{name:str}", include_in_schema=False, sync_to_thread=True)
def thing(
    reads: GivenReads,
    principal: GivenPrincipal,
    city: GivenCity,
    language: GivenLanguage,
    clock: GivenClock,
    name: str,
) -> Response[str]:
    """One thing: what it measures now, where it stands, what is made of it."""
    view = reads.thing(principal, name, clock.now())
    zone = ZoneInfo(city.time_zone)
    stories = {story.story: story for story in reads.stories(principal, language)}
    used = dict.fromkeys(
        story for dataset in view.datasets for story in reads.dataset(principal, dataset).used_by.stories
    )
    title = names_of(view.thing.properties, view.thing.name).of(language)
    context = Context(
        view=view,
        name=title,
        about=about_thing(view, city, language),
        kind=kind.title.of(language) if (kind := kind_of(view, city)) else "",
        lines=tuple(_series_line(one, language, zone) for one in view.series),
        facts=_facts(view),
        datasets=tuple((city.datasets[one].title.of(language), f"/d/{one}") for one in view.datasets),
        stories=tuple((stories[one].title, f"/w/{one}") for one in used if one in stories),
    )
    return page("thing.html", context, thing_frame(view, title, language), city, language, headers=LIVE)


def kind_of(view: ThingView, city: City) -> SensorType | None:
    """The kind of sensor that the city's files say this thing is of."""
    return city.sensors.get(str(view.thing.properties.get("sensor_type", "")))


def about_thing(view: ThingView, city: City, language: Language) -> str:
    """What is said of the thing, in the reader's language when its kind says the same of all."""
    kind = kind_of(view, city)
    words = kind.thing.description.of(language) if kind else ""
    return words if words and "{" not in words else view.thing.description


def thing_frame(view: ThingView, title: str, language: Language) -> Frame:
    """What stands around the page of a thing."""
    t = Words(language)
    crumbs = [(t("nav.home"), "/"), (t("thing.list_title"), "/t")]
    if view.district is not None:
        crumbs.append((view.district.name, f"/t?stadtteil={view.district.slug}"))
    return Frame(title, view.address, view.thing.description, section="map", crumbs=tuple(crumbs))


def _series_line(view: SeriesView, language: Language, zone: ZoneInfo) -> Line:
    newest = view.newest
    value = told(newest, view.unit, view.address, language, zone) if newest else None
    return Line(series_title(view, language), view.address, view.state.trust, value)


def series_title(view: SeriesView, language: Language) -> str:
    """What a series is called on pages of its thing: what it measures, or its own name."""
    if len(view.properties) == 1:
        return names_of(view.properties[0].properties, view.properties[0].name).of(language)
    return names_of(view.datastream.properties, view.datastream.name).of(language)


def _facts(view: ThingView) -> tuple[tuple[str, str], ...]:
    """Plain properties of the thing as its owner wrote them; what is nested is for programs."""
    plain = (
        (name, str(value))
        for name, value in view.thing.properties.items()
        if name != "sensor_type" and isinstance(value, str | int | float) and not isinstance(value, bool)
    )
    return tuple((name, value) for name, value in plain if len(value) <= 200)[:20]
