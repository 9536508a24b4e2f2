"""Districts: all of them on a map, and each with its figures beside those of the city."""

from __future__ import annotations

from dataclasses import dataclass

from litestar import Response, get

from allmende.model.place import Place
from allmende.share.draw.outline import outline_svg
from allmende.share.given import GivenCity, GivenClock, GivenLanguage, GivenPrincipal, GivenReads
from allmende.share.portal.render import Frame, licences_of, page
from allmende.share.portal.words import Words
from allmende.share.views import DistrictView


@dataclass(frozen=True, slots=True)
class ListContext:
    """All districts; `map` is SVG, empty when the city has no shapes."""

    places: tuple[Place, ...]
    map: str


@dataclass(frozen=True, slots=True)
class Context:
    """A district with its figures; `things` is the number of things that measure in it."""

    view: DistrictView
    places: tuple[Place, ...]
    things: int


@get("/stadtteil", include_in_schema=False, sync_to_thread=True)
def districts(
    reads: GivenReads, principal: GivenPrincipal, city: GivenCity, language: GivenLanguage
) -> Response[str]:
    """All districts."""
    places = reads.places(principal)
    title = city.districts.title.of(language) if city.districts else Words(language)("nav.districts")
    frame = Frame(title, "/stadtteil", section="districts", crumbs=((Words(language)("nav.home"), "/"),))
    return page("districts.html", ListContext(places, outline_svg(places, language)), frame, city, language)


@get("/stadtteil/{slug:str}", include_in_schema=False, sync_to_thread=True)
def district(
    reads: GivenReads,
    principal: GivenPrincipal,
    city: GivenCity,
    language: GivenLanguage,
    clock: GivenClock,
    slug: str,
) -> Response[str]:
    """One district."""
    view = reads.district(principal, slug)
    things = reads.things_inside(principal, view.place, clock.now())
    t = Words(language)
    title = city.districts.title.of(language) if city.districts else t("nav.districts")
    ids = [name for found in view.figures for name in found.here.licences]
    named = [text for found in view.figures for text in found.here.attributions]
    frame = Frame(
        title=view.place.name, path=f"/stadtteil/{slug}", licences=licences_of(ids),
        attributions=tuple(dict.fromkeys(named)), section="districts",
        crumbs=((t("nav.home"), "/"), (title, "/stadtteil")),
    )  # fmt: skip
    return page("district.html", Context(view, reads.places(principal), things), frame, city, language)
