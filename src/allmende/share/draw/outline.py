"""The districts as a plain map: each area leads to the page of its district."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from allmende.model.place import Place
from allmende.model.text import Language
from allmende.share.draw import tokens
from allmende.share.draw.ground import Shape, ground

WIDTH = 440.0
_SIZE = 11.5
_LETTER = 0.52
_KEPT: dict[tuple[object, ...], str] = {}


def outline_svg(places: Sequence[Place], language: Language) -> str:
    """The map as SVG text with links; empty when there are no shapes."""
    if not places:
        return ""
    key = (language, tuple((place.code, place.slug, id(place.geometry)) for place in places))
    if key not in _KEPT:
        if len(_KEPT) > 8:
            _KEPT.clear()
        _KEPT[key] = _drawn(places, language)
    return _KEPT[key]


def _drawn(places: Sequence[Place], language: Language) -> str:
    page = ground(places, WIDTH)
    by_code = {place.code: place for place in places}
    start = "/en" if language == "en" else ""
    areas = "".join(_area(shape, by_code[shape.code], start) for shape in page.shapes)
    names = "".join(_name(shape, by_code[shape.code]) for shape in page.shapes)
    opened = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {page.width:g} {page.height:g}" role="group" font-family="{tokens.FONT}">'
    return f"{opened}{areas}{names}</svg>"


def _area(shape: Shape, place: Place, start: str) -> str:
    name = escape(place.name)
    drawn = f'<path d="{shape.path}" fill="#EAEEED" stroke="{tokens.GROUND}" stroke-width="1.5"/>'
    return f'<a href="{start}/stadtteil/{escape(place.slug)}" aria-label="{name}"><title>{name}</title>{drawn}</a>'


def _name(shape: Shape, place: Place) -> str:
    """The name, over all areas, where it fits."""
    if len(place.name) * _SIZE * _LETTER > shape.room:
        return ""
    return (
        f'<text x="{shape.x:g}" y="{shape.y + 4:g}" text-anchor="middle" font-size="{_SIZE:g}" fill="{tokens.INK}" '
        f'pointer-events="none" aria-hidden="true">{escape(place.name)}</text>'
    )
