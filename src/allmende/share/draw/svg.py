"""Makes a renderer's SVG fit for a page: named for screen readers, small, and within a strict policy."""

from __future__ import annotations

import hashlib
import re
from html import escape

from allmende.share.draw.tokens import FONT, MEASURED_FONT

_ROOT = re.compile(r"<svg\b[^>]*?>")
_SIZE = re.compile(r'\b(width|height)="([0-9.]+)"')
_NOISE = re.compile(
    r'\s(?:role|class|aria-[a-z]+|style|pointer-events|stroke-miterlimit|xmlns:xlink)="[^"]*"'
)
_EMPTY = re.compile(r'<path d="[^"]*"(?: fill="transparent")? (?:display="none")/>|<g></g>|<path d=""/>')
_ID = re.compile(r'\bid="([^"]+)"')
_SHAPE = re.compile(r'\s(?:d|transform|x|y|x2|y2|width|height)="[^"]*"')
_FINE = re.compile(r"(\d\.\d)\d+")


def cleaned(svg: str, title: str, description: str) -> str:
    """The drawing with title and description, without a fixed size, inline styles or ids of others."""
    mark = "c" + hashlib.sha256((svg + title).encode()).hexdigest()[:8]
    root = _ROOT.search(svg)
    if root is None:
        raise ValueError("this is not SVG")
    sizes = dict(_SIZE.findall(root[0]))
    body = svg[root.end() :]
    for name in set(_ID.findall(body)):
        body = body.replace(f'id="{name}"', f'id="{mark}{name}"').replace(
            f"url(#{name})", f"url(#{mark}{name})"
        )
    body = body.replace(f'font-family="{MEASURED_FONT}"', "")  # the root says it once
    body = _EMPTY.sub("", _EMPTY.sub("", _NOISE.sub("", body)))
    body = _SHAPE.sub(lambda found: _FINE.sub(r"\1", found[0]), body)  # never in words: 58.000 is a number
    return opened(float(sizes["width"]), float(sizes["height"]), title, description, mark) + body


def opened(width: float, height: float, title: str, description: str, mark: str) -> str:
    """The start of a drawing that screen readers take for one picture with a name."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img" font-family="{FONT}" '
        f'aria-labelledby="{mark}t {mark}d"><title id="{mark}t">{escape(title)}</title>'
        f'<desc id="{mark}d">{escape(description)}</desc>'
    )


def view_box(svg: str) -> tuple[float, float]:
    """Width and height of a drawing of ours."""
    found = re.search(r'viewBox="0 0 ([0-9.]+) ([0-9.]+)"', svg)
    return (float(found[1]), float(found[2])) if found else (16.0, 9.0)
