"""A map of the districts as SVG: five steps of blue, hatched where nothing is known, grey where the
value is not to be trusted. Every area leads to the passport of its number.

The wide map has names and values where they fit; on phones they would be too small to read, so the
narrow map has none, and the table beside it tells them.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from allmende.model.document import Area, MapBlock
from allmende.model.place import Place
from allmende.model.text import Language
from allmende.share.draw import tokens
from allmende.share.draw.ground import Ground, Shape, ground

WIDE, NARROW = 640.0, 340.0
_LEGEND = 62.0
_SIZE = 13.0
_LETTER = 0.52  # width of a letter in its size, at most, on average


def map_svg(block: MapBlock, places: Sequence[Place], language: Language, words: str, *, labels: bool) -> str:
    """The map as SVG text."""
    page = ground(places, WIDE if labels else NARROW)
    areas = {area.code: area for area in block.areas}
    names = {place.code: place.name for place in places}
    mark = "m" + hashlib.sha256(repr((block, labels, language)).encode()).hexdigest()[:8]
    look = _Look(breaks(_trusted(block)), language, mark)
    parts = [_opened(page, block.title, words, mark), _hatch(mark)]
    parts += [_area(shape, areas.get(shape.code), names[shape.code], look) for shape in page.shapes]
    if labels:
        parts += [_label(shape, areas.get(shape.code), names[shape.code], look) for shape in page.shapes]
    parts.append(_legend(page, block, look))
    return "".join([*parts, "</svg>"])


@dataclass(frozen=True, slots=True)
class _Look:
    """What all areas of one map share: the limits between steps, the language, and the prefix of ids."""

    limits: tuple[float, ...]
    language: Language
    mark: str


def _trusted(block: MapBlock) -> list[float]:
    return [area.value for area in block.areas if area.value is not None and area.trust == "ok"]


def breaks(values: Iterable[float]) -> tuple[float, ...]:
    """Up to four limits between up to five steps with about as many areas each; of equal values none."""
    order = sorted(values)
    if not order:
        return ()
    limits = {order[(len(order) * step) // 5] for step in range(1, 5)}
    return tuple(limit for limit in sorted(limits) if limit > order[0])


def step_of(value: float, limits: Sequence[float]) -> int:
    """Which of the five steps a value has; fewer limits use the steps in the middle and dark end."""
    return bisect_right(limits, value) + (4 - len(limits)) // 2


def _opened(page: Ground, title: str, words: str, mark: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {page.width:g} {page.height + _LEGEND:g}" '
        f'role="group" aria-labelledby="{mark}t {mark}d" font-family="{tokens.FONT}">'
        f'<title id="{mark}t">{escape(title)}</title><desc id="{mark}d">{escape(words)}</desc>'
    )


def _hatch(mark: str) -> str:
    return (
        f'<defs><pattern id="{mark}h" width="7" height="7" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><path d="M0 0H7V7H0Z" fill="{tokens.MAP_NONE}"/>'
        f'<path d="M0 0V7" stroke="{tokens.MAP_EDGE}" stroke-width="2"/></pattern></defs>'
    )


def _fill(area: Area | None, look: _Look) -> str:
    if area is None or area.value is None:
        return f"url(#{look.mark}h)"
    return tokens.MAP_UNSURE if area.trust != "ok" else tokens.MAP_STEPS[step_of(area.value, look.limits)]


def _area(shape: Shape, area: Area | None, name: str, look: _Look) -> str:
    unknown = "nicht bekannt" if look.language == "de" else "not known"
    told = escape(f"{name}: {area.text if area and area.value is not None and area.text else unknown}")
    border = tokens.MAP_EDGE if _is_pale(area, look) else tokens.MAP_BORDER
    drawn = f'<path d="{shape.path}" fill="{_fill(area, look)}" stroke="{border}" stroke-width="1"/>'
    if area is None or not area.figure:
        return f"<g><title>{told}</title>{drawn}</g>"
    start = "/en" if look.language == "en" else ""
    return f'<a href="{start}/f/{escape(area.figure)}" aria-label="{told}"><title>{told}</title>{drawn}</a>'


def _is_pale(area: Area | None, look: _Look) -> bool:
    """Pale areas need a border to be seen on white."""
    if area is None or area.value is None or area.trust != "ok":
        return True
    return step_of(area.value, look.limits) <= 1


def _label(shape: Shape, area: Area | None, name: str, look: _Look) -> str:
    """Name and value where both fit; nothing where they do not."""
    text = area.text if area and area.value is not None else ""
    if not text or max(len(name), len(text)) * _SIZE * _LETTER > shape.room:
        return ""
    common = (
        f'x="{shape.x:g}" text-anchor="middle" fill="{_text_colour(area, look)}" font-size="{_SIZE:g}" '
        f'pointer-events="none" aria-hidden="true"'
    )
    return (
        f'<text {common} y="{shape.y - 2:g}">{escape(name)}</text>'
        f'<text {common} y="{shape.y + 13:g}" font-weight="600">{escape(text)}</text>'
    )


def _text_colour(area: Area | None, look: _Look) -> str:
    if area is None or area.value is None or area.trust != "ok":
        return tokens.INK
    return tokens.MAP_TEXT[step_of(area.value, look.limits)]


def _legend(page: Ground, block: MapBlock, look: _Look) -> str:
    """The steps with their limits, and what hatched and grey mean."""
    signs = {"de": ("ab", "unbekannt", "unsicher"), "en": ("from", "unknown", "unsure")}[look.language]
    values = _trusted(block)
    starts = (min(values), *look.limits) if values else ()
    entries = [
        (tokens.MAP_STEPS[step_of(n, look.limits)], f"{signs[0]} {_number(n, block.decimals, look.language)}")
        for n in starts
    ]
    known = {area.code for area in block.areas if area.value is not None}
    if any(shape.code not in known for shape in page.shapes):
        entries.append((f"url(#{look.mark}h)", signs[1]))
    if any(a.value is not None and a.trust != "ok" for a in block.areas):
        entries.append((tokens.MAP_UNSURE, signs[2]))
    return "".join(_sign(at, fill, text, page) for at, (fill, text) in enumerate(entries))


def _sign(at: int, fill: str, text: str, page: Ground) -> str:
    columns = 7 if page.width > NARROW else 3
    size = 14
    x = 1 + (at % columns) * page.width / columns
    y = page.height + 16 + (at // columns) * 20
    return (
        f'<rect x="{x:.0f}" y="{y:.0f}" width="13" height="13" fill="{fill}" stroke="{tokens.MAP_EDGE}"/>'
        f'<text x="{x + 18:.0f}" y="{y + 11.5:g}" font-size="{size}" fill="{tokens.INK_2}" '
        f'aria-hidden="true">{escape(text)}</text>'
    )


def _number(value: float, decimals: int, language: Language) -> str:
    text = f"{value:,.{decimals}f}".replace("-", "−")
    return text.translate(str.maketrans(",.", ".,")) if language == "de" else text
