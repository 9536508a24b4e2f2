"""The map: any indicator that has values by district."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from litestar import Response, get
from litestar.params import QueryParameter

from allmende.model.access import Principal
from allmende.model.knowledge import Indicator
from allmende.share.given import GivenCity, GivenDrawings, GivenLanguage, GivenPrincipal, GivenReads
from allmende.share.portal.pages.blocks import Shown, indicator_map, shown
from allmende.share.portal.render import Frame, page
from allmende.share.portal.words import Words
from allmende.share.reads import Reads


@dataclass(frozen=True, slots=True)
class Context:
    """What can be chosen, what is chosen, its periods and the one shown; `map` is None when nothing can be shown."""

    indicators: tuple[Indicator, ...]
    chosen: Indicator | None
    periods: tuple[str, ...]
    period: str
    map: Shown | None
    geojson: str


@get("/karte", include_in_schema=False, sync_to_thread=True)
def map_page(
    reads: GivenReads,
    principal: GivenPrincipal,
    city: GivenCity,
    language: GivenLanguage,
    drawings: GivenDrawings,
    layer: Annotated[str, QueryParameter(name="ebene", max_length=120)] = "",
    period: Annotated[str, QueryParameter(name="zeit", max_length=40)] = "",
) -> Response[str]:
    """The districts coloured by an indicator."""
    found = {
        view.indicator.id: view.indicator
        for view in reads.indicators(principal)
        if view.indicator.place_column
    }
    chosen = found.get(layer) or next(iter(found.values()), None)
    places = reads.places(principal)
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
    )
    t = Words(language)
    views = [view for view in reads.indicators(principal) if chosen and view.indicator.id == chosen.id]
    frame = Frame(
        t("nav.map"), "/karte", licences=views[0].licences if views else (), attributions=views[0].attributions if views else (),
        section="map", crumbs=((t("nav.home"), "/"),),
    )  # fmt: skip
    return page("map.html", context, frame, city, language)


def _periods(
    reads: Reads, principal: Principal, chosen: Indicator | None, place: str | None
) -> tuple[str, ...]:
    if chosen is None or not chosen.period_column or place is None:
        return ()
    return tuple(f.period for f in reversed(reads.series(principal, chosen.id, place)) if f.period)
