"""The map: any indicator that has values by district, and what is measured now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from litestar import Response, get
from litestar.params import QueryParameter

from allmende.model.access import Principal
from allmende.model.city import City
from allmende.model.knowledge import Indicator
from allmende.model.place import Place
from allmende.model.text import Language
from allmende.share.given import (
    GivenCity,
    GivenClock,
    GivenDrawings,
    GivenLanguage,
    GivenPrincipal,
    GivenReads,
)
from allmende.share.portal.pages.blocks import Shown, indicator_map, shown
from allmende.share.portal.pages.live_layer import PREFIX, LiveLayer, live_layer
from allmende.share.portal.pages.things import properties_of
from allmende.share.portal.render import LIVE, Frame, page
from allmende.share.portal.words import Words
from allmende.share.reads import Reads


@dataclass(frozen=True, slots=True)
class Context:
    """What can be chosen, what is chosen, its periods and the one shown; `map` is None when nothing can be shown.

    `properties` are (key, name) of what is measured now; with one of them chosen there is `live` instead of `map`.
    """

    indicators: tuple[Indicator, ...]
    chosen: Indicator | None
    periods: tuple[str, ...]
    period: str
    map: Shown | None
    geojson: str
    properties: tuple[tuple[str, str], ...]
    live: LiveLayer | None


@get("/karte", include_in_schema=False, sync_to_thread=True)
def map_page(
    reads: GivenReads,
    principal: GivenPrincipal,
    city: GivenCity,
    language: GivenLanguage,
    drawings: GivenDrawings,
    clock: GivenClock,
    *,
    layer: Annotated[str, QueryParameter(name="ebene", max_length=260)] = "",
    period: Annotated[str, QueryParameter(name="zeit", max_length=40)] = "",
) -> Response[str]:
    """The districts coloured by an indicator, or the newest values of an observed property."""
    found = {
        view.indicator.id: view.indicator
        for view in reads.indicators(principal)
        if view.indicator.place_column
    }
    places = reads.places(principal)
    properties = properties_of(reads.watched(principal, clock.now()), language)
    live = _live(reads, principal, city, language, clock.now(), _key(layer, properties, bool(found)), places)
    chosen = None if live else found.get(layer) or next(iter(found.values()), None)
    figures = reads.by_place(principal, chosen.id, period or None) if chosen else ()
    block = indicator_map(chosen, figures, places, language) if chosen and places else None
    districts = city.districts.dataset if city.districts and places else ""
    context = Context(
        indicators=tuple(found.values()),
        chosen=chosen,
        periods=_periods(reads, principal, chosen, figures[0].place_code if figures else None),
        period=next((f.period for f in figures if f.period), "") or "",
        map=shown([block], drawings, places, language)[0] if block else None,
        geojson=f"/d/{districts}.geojson" if districts else "",
        properties=properties,
        live=live,
    )
    t = Words(language)
    views = [view for view in reads.indicators(principal) if chosen and view.indicator.id == chosen.id]
    frame = Frame(
        t("nav.map"), "/karte", licences=views[0].licences if views else (), attributions=views[0].attributions if views else (),
        section="map", crumbs=((t("nav.home"), "/"),),
    )  # fmt: skip
    return page("map.html", context, frame, city, language, headers=LIVE if live else None)


def _key(layer: str, properties: Sequence[tuple[str, str]], others: bool) -> str:
    """The observed property that is asked for, or the first when there is nothing else to show."""
    asked = layer.removeprefix(PREFIX) if layer.startswith(PREFIX) else ""
    return asked or (properties[0][0] if properties and not others else "")


def _live(
    reads: Reads,
    principal: Principal,
    city: City,
    language: Language,
    now: datetime,
    key: str,
    places: Sequence[Place],
) -> LiveLayer | None:
    return live_layer(reads, principal, city, language, now, key, places) if key else None


def _periods(
    reads: Reads, principal: Principal, chosen: Indicator | None, place: str | None
) -> tuple[str, ...]:
    if chosen is None or not chosen.period_column or place is None:
        return ()
    return tuple(f.period for f in reversed(reads.series(principal, chosen.id, place)) if f.period)
