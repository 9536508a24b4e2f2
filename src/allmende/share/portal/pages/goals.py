"""Indicators: where the city stands, and each with its course, its districts and its definition."""

from __future__ import annotations

from dataclasses import dataclass

from litestar import Response, get

from allmende.model.access import Principal
from allmende.model.figure import Figure
from allmende.share.draw.sparkline import sparkline
from allmende.share.given import GivenCity, GivenDrawings, GivenLanguage, GivenPrincipal, GivenReads
from allmende.share.portal.pages.blocks import Shown, indicator_map, made_from, series_chart, shown
from allmende.share.portal.render import Frame, page
from allmende.share.portal.words import Words
from allmende.share.reads import Reads
from allmende.share.views import DatasetView, IndicatorView


@dataclass(frozen=True, slots=True)
class Line:
    """An indicator in the list, with a line of its values as SVG."""

    view: IndicatorView
    line: str


@dataclass(frozen=True, slots=True)
class ListContext:
    """Indicators under their themes: (title of the theme, lines)."""

    themes: tuple[tuple[str, tuple[Line, ...]], ...]


@dataclass(frozen=True, slots=True)
class Context:
    """`chart` over periods and `map` over districts, each None when there is nothing to show."""

    view: IndicatorView
    chart: Shown | None
    map: Shown | None
    figures: tuple[Figure, ...]
    made: tuple[DatasetView, ...]


@get("/ziele", include_in_schema=False, sync_to_thread=True)
def goals(
    reads: GivenReads, principal: GivenPrincipal, city: GivenCity, language: GivenLanguage
) -> Response[str]:
    """All indicators by theme."""
    lines = [Line(view, _line(reads, principal, view)) for view in reads.indicators(principal)]
    t = Words(language)
    themes = [
        (theme.title.of(language), tuple(one for one in lines if one.view.indicator.theme == theme.id))
        for theme in city.themes.values()
    ]
    rest = tuple(one for one in lines if one.view.indicator.theme not in city.themes)
    context = ListContext(
        tuple((title, found) for title, found in [*themes, (t("knowledge.other"), rest)] if found)
    )
    named = tuple(dict.fromkeys(text for one in lines for text in one.view.attributions))
    licences = tuple(dict.fromkeys(licence for one in lines for licence in one.view.licences))
    frame = Frame(
        t("nav.goals"),
        "/ziele",
        licences=licences,
        attributions=named,
        section="goals",
        crumbs=((t("nav.home"), "/"),),
    )
    return page("goals.html", context, frame, city, language)


def _line(reads: Reads, principal: Principal, view: IndicatorView) -> str:
    figures = reads.series(principal, view.indicator.id)[-36:]
    return sparkline([f.value if isinstance(f.value, float) else None for f in figures])


@get("/ziele/{name:str}", include_in_schema=False, sync_to_thread=True)
def goal(
    reads: GivenReads,
    principal: GivenPrincipal,
    city: GivenCity,
    language: GivenLanguage,
    drawings: GivenDrawings,
    name: str,
) -> Response[str]:
    """One indicator."""
    view = reads.indicator(principal, name)
    indicator = view.indicator
    figures, places = reads.series(principal, name), reads.places(principal)
    by_place = reads.by_place(principal, name) if indicator.place_column else ()
    chart = (
        shown([series_chart(indicator, figures, language)], drawings, places, language)[0]
        if len(figures) > 1
        else None
    )
    ground = (
        shown([indicator_map(indicator, by_place, places, language)], drawings, places, language)[0]
        if by_place and places
        else None
    )
    pins = dict.fromkeys(figure.pin for figure in (*figures[:1], *by_place[:1]))
    t = Words(language)
    context = Context(view, chart, ground, figures, made_from(reads, principal, pins))
    frame = Frame(
        title=indicator.title.of(language), path=f"/ziele/{name}", description=indicator.definition.of(language),
        licences=view.licences, attributions=view.attributions, section="goals",
        crumbs=((t("nav.home"), "/"), (t("nav.goals"), "/ziele")),
    )  # fmt: skip
    return page("goal.html", context, frame, city, language)
