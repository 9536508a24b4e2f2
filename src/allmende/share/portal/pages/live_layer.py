"""A layer of the map: what is measured now, point by point, with its table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from allmende.catalogue.wording import UNKNOWN
from allmende.model.access import Principal
from allmende.model.city import City
from allmende.model.knowledge import Trust
from allmende.model.place import Place
from allmende.model.text import Language
from allmende.share.draw.drawings import Drawing
from allmende.share.draw.points import Spot, draw_points
from allmende.share.portal.values import Told, told
from allmende.share.portal.words import Words
from allmende.share.reads import Reads
from allmende.share.series_views import WatchedView

PREFIX = "jetzt:"


@dataclass(frozen=True, slots=True)
class Reading:
    """A line of the table: a thing, its page, its newest value, and how it is doing."""

    number: int
    name: str
    address: str
    unit: str
    trust: Trust
    value: Told | None
    placed: bool


@dataclass(frozen=True, slots=True)
class LiveLayer:
    """One observed property: its name and unit, the drawing, and the table. `geojson` and `live` are for programs."""

    key: str
    name: str
    unit: str
    drawing: Drawing
    readings: tuple[Reading, ...]
    geojson: str
    live: str


def live_layer(
    reads: Reads,
    principal: Principal,
    city: City,
    language: Language,
    now: datetime,
    key: str,
    places: Sequence[Place],
) -> LiveLayer | None:
    """The layer of an observed property; None when nobody measures it."""
    views = reads.watched(principal, now, key)
    if not views:
        return None
    first = views[0].watched
    readings = tuple(_reading(view, language, ZoneInfo(city.time_zone)) for view in views)
    spots = [spot for view in views if (spot := _spot(view, language)) is not None]
    doubted = sum(1 for one in readings if one.trust != "ok")
    words = Words(language)("map.live_words", count=len(readings), doubted=doubted)
    return LiveLayer(
        key=key,
        name=first.property_title.of(language),
        unit=first.sign,
        drawing=draw_points(first.property_title.of(language), words, spots, places, language),
        readings=readings,
        geojson=f"/api/v1/things?property={quote(key)}",
        live=f"/api/v1/live?property={quote(key)}",
    )


def _reading(view: WatchedView, language: Language, zone: ZoneInfo) -> Reading:
    one, newest = view.watched, view.newest
    value = told(newest, one.sign, view.address, language, zone) if newest else None
    placed = one.longitude is not None and one.latitude is not None
    return Reading(
        one.datastream_id,
        one.thing_title.of(language),
        view.address,
        one.sign,
        view.state.trust,
        value,
        placed,
    )


def _spot(view: WatchedView, language: Language) -> Spot | None:
    one, newest = view.watched, view.newest
    if one.longitude is None or one.latitude is None:
        return None
    start = "/en" if language == "en" else ""
    text = told(newest, one.sign, "", language, ZoneInfo("UTC")).text if newest else UNKNOWN[language]
    return Spot(
        one.thing_title.of(language),
        one.longitude,
        one.latitude,
        newest.number if newest else None,
        text,
        start + view.address,
        view.state.trust,
    )
