"""Where things stand and what they measure now: points on the districts' outlines, as SVG.

Five steps of blue as on the map of districts; a value that is not to be trusted is a grey point with a
broken edge, an unknown one is empty. Every point leads to the page of its series, and what cannot be
read in the drawing stands in the table beside it.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from allmende.model.knowledge import Trust
from allmende.model.place import Place
from allmende.model.text import Language
from allmende.share.draw import tokens
from allmende.share.draw.drawings import Drawing
from allmende.share.draw.ground import Ground, ground, plain_ground
from allmende.share.draw.maps import breaks

WIDE, NARROW = 640.0, 340.0
_RADIUS, _FINGER = 7.0, 12.0
_SIZE = 13.0
_APART = 34.0  # pixels that a word beside a point needs
_LEGEND = {WIDE: 62.0, NARROW: 104.0}  # room for two lines of signs, and for four
_WORDS = {
    "de": ("ab", "unbekannt", "fraglich oder veraltet"),
    "en": ("from", "unknown", "doubtful or out of date"),
}


@dataclass(frozen=True, slots=True)
class Spot:
    """A thing on the map: its name, place (WGS 84 degrees), value and its words, its page, and its state."""

    name: str
    longitude: float
    latitude: float
    value: float | None
    text: str
    href: str
    trust: Trust = "ok"


def draw_points(
    title: str, words: str, spots: Sequence[Spot], places: Sequence[Place], language: Language
) -> Drawing:
    """The points on wide screens, with values where they fit, and on phones; empty without points."""
    if not spots:
        return Drawing()
    wide, narrow = (_drawn(title, words, spots, places, language, width) for width in (WIDE, NARROW))
    return Drawing(wide, narrow)


def _drawn(
    title: str, words: str, spots: Sequence[Spot], places: Sequence[Place], language: Language, width: float
) -> str:
    at = [(spot.longitude, spot.latitude) for spot in spots]
    page = ground(places, width) if places else plain_ground(at, width)
    limits = breaks(spot.value for spot in spots if spot.value is not None and spot.trust == "ok")
    mark = "p" + hashlib.sha256(repr((title, spots, width, language)).encode()).hexdigest()[:8]
    placed = [(spot, *page.place(*position)) for spot, position in zip(spots, at, strict=True)]
    inside = [one for one in placed if 0 <= one[1] <= page.width and 0 <= one[2] <= page.height]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {page.width:g} {page.height + _LEGEND[width]:g}" '
        f'role="group" aria-labelledby="{mark}t {mark}d" font-family="{tokens.FONT}">'
        f'<title id="{mark}t">{escape(title)}</title><desc id="{mark}d">{escape(words)}</desc>',
        *(
            f'<path d="{shape.path}" fill="#EAEEED" stroke="{tokens.GROUND}" stroke-width="1.5"/>'
            for shape in page.shapes
        ),
        *(_spot(spot, x, y, limits) for spot, x, y in inside),
        *(_label(spot, x, y) for spot, x, y in inside if width == WIDE and _is_free(x, y, inside)),
        *_legend(page, spots, limits, language),
    ]
    return "".join([*parts, "</svg>"])


def colour(spot: Spot, limits: Sequence[float]) -> str:
    """The filling of a point."""
    if spot.value is None:
        return tokens.MAP_NONE
    if spot.trust != "ok":
        return tokens.MAP_UNSURE
    return tokens.MAP_STEPS[bisect_right(limits, spot.value) + (4 - len(limits)) // 2]


def _spot(spot: Spot, x: float, y: float, limits: Sequence[float]) -> str:
    told = escape(f"{spot.name}: {spot.text}")
    broken = ' stroke-dasharray="3 2"' if spot.trust != "ok" else ""
    return (
        f'<a href="{escape(spot.href)}" aria-label="{told}"><title>{told}</title>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{_FINGER:g}" fill="{tokens.GROUND}" fill-opacity="0"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{_RADIUS:g}" fill="{colour(spot, limits)}" '
        f'stroke="{tokens.INK_2}" stroke-width="1.5"{broken}/></a>'
    )


def _is_free(x: float, y: float, placed: Sequence[tuple[Spot, float, float]]) -> bool:
    """No other point is so near that a word would lie on it."""
    near = sum(abs(x - other[1]) < 2 * _APART and abs(y - other[2]) < _APART / 2 for other in placed)
    return near <= 1


def _label(spot: Spot, x: float, y: float) -> str:
    if spot.value is None:
        return ""
    left = x > WIDE - 90
    return (
        f'<text x="{x + (-11 if left else 11):.1f}" y="{y + 4.5:.1f}" font-size="{_SIZE:g}" fill="{tokens.INK}" '
        f'text-anchor="{"end" if left else "start"}" pointer-events="none" aria-hidden="true">{escape(spot.text)}</text>'
    )


def _legend(
    page: Ground, spots: Sequence[Spot], limits: Sequence[float], language: Language
) -> Iterator[str]:
    """The steps with their smallest values, and what grey and empty mean."""
    from_, unknown, unsure = _WORDS[language]
    sure = sorted((s for s in spots if s.value is not None and s.trust == "ok"), key=lambda s: s.value or 0.0)
    entries: list[tuple[str, str, str]] = []
    for spot in sure:  # the smallest of each step
        fill = colour(spot, limits)
        if not entries or entries[-1][0] != fill:
            entries.append((fill, f"{from_} {spot.text}", ""))
    if any(spot.value is not None and spot.trust != "ok" for spot in spots):
        entries.append((tokens.MAP_UNSURE, unsure, ' stroke-dasharray="3 2"'))
    if any(spot.value is None for spot in spots):
        entries.append((tokens.MAP_NONE, unknown, ""))
    columns = 4 if page.width > NARROW else 2
    for at, (fill, text, broken) in enumerate(entries):
        x, y = 8 + (at % columns) * page.width / columns, page.height + 18 + (at // columns) * 20
        yield f'<circle cx="{x:.0f}" cy="{y:.0f}" r="6" fill="{fill}" stroke="{tokens.INK_2}" stroke-width="1.5"{broken}/>'
        yield (
            f'<text x="{x + 12:.0f}" y="{y + 5:.0f}" font-size="14" fill="{tokens.INK_2}" '
            f'aria-hidden="true">{escape(text)}</text>'
        )
