"""A line as small as a word. It says nothing that the number beside it does not say."""

from __future__ import annotations

from collections.abc import Sequence

from allmende.share.draw import tokens

WIDTH, HEIGHT, MARGIN = 132.0, 34.0, 4.0


def sparkline(values: Sequence[float | None], trusted: bool = True) -> str:
    """The values in order as SVG text; a gap stays a gap. Fewer than two known values are no line: empty."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return ""
    points = _points(values, min(known), max(known))
    colour = tokens.LINES[0] if trusted else tokens.UNSURE
    x, y = next(point for point in reversed(points) if point is not None)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" width="{WIDTH:g}" '
        f'height="{HEIGHT:g}" aria-hidden="true" focusable="false"><path d="{_path(points)}" fill="none" '
        f'stroke="{colour}" stroke-width="2" stroke-linejoin="round"/>'
        f'<circle cx="{x:g}" cy="{y:g}" r="3" fill="{colour}"/></svg>'
    )


def _points(values: Sequence[float | None], low: float, high: float) -> list[tuple[float, float] | None]:
    across = (WIDTH - 2 * MARGIN) / max(len(values) - 1, 1)
    down = (HEIGHT - 2 * MARGIN) / ((high - low) or 1.0)
    flat = HEIGHT / 2 if high == low else None
    return [
        None
        if value is None
        else (round(MARGIN + at * across, 1), round(flat or HEIGHT - MARGIN - (value - low) * down, 1))
        for at, value in enumerate(values)
    ]


def _path(points: Sequence[tuple[float, float] | None]) -> str:
    parts, before = [], None
    for point in points:
        if point is not None:
            parts.append(f"{'L' if before else 'M'}{point[0]:g} {point[1]:g}")
        before = point
    return "".join(parts)
