"""From a chart block to a Vega-Lite specification; twice, because text shrinks with a drawing.

Data stand in the specification and nothing is loaded. Lines are named at their ends instead of in a
legend, gaps stay gaps, and values that are not to be trusted are grey.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from allmende.model.document import ChartBlock, Point, Series
from allmende.share.draw import tokens

Spec = dict[str, Any]
SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
MOST_POINTS = 2_000
_BROKEN: Spec = {"invalid": "break-paths-filter-domains"}  # a gap stays a gap


@dataclass(frozen=True, slots=True)
class Size:
    """How large a drawing is made, in the pixels of its view box, and its letters."""

    width: int
    height: int
    font: int
    ticks: int
    label: int
    names_above: bool = False


WIDE = Size(960, 400, 17, 12, 300)
NARROW = Size(340, 260, 15, 4, 120, names_above=True)


def spec(block: ChartBlock, size: Size) -> Spec:
    """The Vega-Lite specification of a chart at a size."""
    made = _lines(block, size) if block.form == "line" else _bars(block, size)
    return {
        "$schema": SCHEMA,
        "background": None,
        "autosize": {"type": "fit-x" if block.form == "bar" else "fit", "contains": "padding"},
        "config": _config(size),
        **made,
    }


# --- lines ---


def _lines(block: ChartBlock, size: Size) -> Spec:
    labels = list(dict.fromkeys(p.label for s in block.series for p in s.points))[:MOST_POINTS]
    low, high = _domain(block)
    x = {"field": "x", "type": "ordinal", "sort": labels, "title": None, "axis": _ticks(labels, size)}
    y = _y(block, low, high)
    layers = [_band(x, y), _line(x, y, block), _dots(x, y, block), *_target(block, y, size)]
    return {
        "width": size.width,
        "height": size.height,
        "data": {"values": [row for s in block.series for row in _rows(s)]},
        "layer": [*layers, _names(block, size, labels, low, high)],
        "resolve": {"scale": {"color": "independent"}},
    }


def _y(block: ChartBlock, low: float, high: float) -> Spec:
    axis = {"tickCount": 5, "title": None, "grid": True, "format": _format(block, low, high)}
    return {
        "field": "y",
        "type": "quantitative",
        "scale": {"domain": [low, high], "nice": False},
        "axis": axis,
    }


def _format(block: ChartBlock, low: float, high: float) -> str:
    """Ticks have no more decimals than the values, but enough to tell them apart."""
    decimals = 0 if high - low >= 5 else max(1, block.decimals)
    return f",.{decimals}f"


def _domain(block: ChartBlock) -> tuple[float, float]:
    """From zero, unless the values lie close together far away from it; with room for the labels."""
    points = [p for s in block.series for p in s.points]
    values = [v for p in points for v in (p.value, p.low, p.high) if v is not None]
    values += [block.target] if block.target is not None else []
    low, high = min(values, default=0.0), max(values, default=1.0)
    room = (high - low or abs(high) or 1.0) * 0.1
    if 0 <= low <= high * 0.6:
        return 0.0, high + room
    if high * 0.6 <= high < 0:
        return low - room, max(0.0, high + room) if high > low * 0.6 else high + room
    return low - room, high + room


def _ticks(labels: Sequence[str], size: Size) -> Spec:
    """At most so many labels below the line, the last one always among them."""
    every = max(1, -(-len(labels) // size.ticks))
    chosen = list(labels[::-1][::every][::-1])
    return {"values": chosen, "labelAngle": 0, "grid": False, "labelOverlap": "greedy", "tickSize": 4}


def _rows(series: Series) -> list[dict[str, Any]]:
    return [
        {"x": p.label, "y": p.value, "low": p.low, "high": p.high, "s": series.name, "sure": p.trust == "ok"}
        for p in series.points[:MOST_POINTS]
    ]


def _colour(block: ChartBlock, colours: Sequence[str]) -> Spec:
    names = [series.name for series in block.series]
    chosen = [colours[at % len(colours)] for at in range(len(names))]
    return {"field": "s", "type": "nominal", "scale": {"domain": names, "range": chosen}, "legend": None}


def _band(x: Spec, y: Spec) -> Spec:
    return {
        "mark": {**_BROKEN, "type": "area", "color": tokens.LINES[0], "opacity": 0.16},
        "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}, "detail": {"field": "s"}},
    }


def _line(x: Spec, y: Spec, block: ChartBlock) -> Spec:
    mark = {"type": "line", "strokeWidth": 3, "strokeJoin": "round", **_BROKEN}
    return {"mark": mark, "encoding": {"x": x, "y": y, "color": _colour(block, tokens.LINES)}}


def _dots(x: Spec, y: Spec, block: ChartBlock) -> Spec:
    """Every point of a short line; of a long one only those that are not to be trusted."""
    few = max((len(s.points) for s in block.series), default=0) <= 24
    sure = _colour(block, tokens.LINES) if few else {"value": tokens.UNSURE}
    colour = {"condition": {"test": "datum.sure", **sure}, "value": tokens.UNSURE}
    return {
        "transform": [{"filter": "datum.y != null" + ("" if few else " && !datum.sure")}],
        "mark": {"type": "point", "filled": True, "size": 46, "opacity": 1},
        "encoding": {"x": x, "y": y, "color": colour},
    }


def _target(block: ChartBlock, y: Spec, size: Size) -> list[Spec]:
    if block.target is None:
        return []
    data = {"values": [{"y": block.target, "t": block.target_label}]}
    rule = {"type": "rule", "color": tokens.TARGET, "strokeDash": [3, 4], "strokeWidth": 2}
    text = {"type": "text", "align": "left", "baseline": "bottom", "dx": 8, "dy": -5, "x": 0}
    words = {**text, "color": tokens.TARGET, "fontWeight": 600, "fontSize": size.font}
    return [
        {"data": data, "mark": rule, "encoding": {"y": y}},
        {"data": data, "mark": words, "encoding": {"y": y, "text": {"field": "t"}}},
    ]


def _names(block: ChartBlock, size: Size, labels: Sequence[str], low: float, high: float) -> Spec:
    """The name of each line above its last point; none when there is only one line."""
    ends = [(s, end) for s in block.series if (end := _last(s)) is not None] if len(block.series) > 1 else []
    heights = _apart([end.value or 0.0 for _, end in ends], (high - low) * (size.font + 4) / size.height)
    rows = [{"x": end.label, "y": y, "s": s.name} for (s, end), y in zip(ends, heights, strict=True)]
    y = {"field": "y", "type": "quantitative", "scale": {"domain": [low, high], "nice": False}}
    x = {"field": "x", "type": "ordinal", "sort": list(labels), "title": None}
    mark = {"type": "text", "align": "right", "baseline": "bottom", "dy": -7, "fontWeight": 600}
    return {
        "data": {"values": rows},
        "mark": {**mark, "fontSize": size.font},
        "encoding": {
            "x": x,
            "y": y,
            "text": {"field": "s"},
            "color": _colour(block, tokens.LINE_LABELS),
        },
    }


def _last(series: Series) -> Point | None:
    return next((point for point in reversed(series.points) if point.value is not None), None)


def _apart(heights: Sequence[float], least: float) -> list[float]:
    """The same heights, pushed up where they are closer together than a line of text."""
    order = sorted(range(len(heights)), key=lambda at: heights[at])
    moved, floor = list(heights), float("-inf")
    for at in order:
        moved[at] = max(heights[at], floor)
        floor = moved[at] + least
    return moved


# --- bars ---


def _bars(block: ChartBlock, size: Size) -> Spec:
    points = block.series[0].points if block.series else ()
    names = [point.label for point in points]
    rows = [{"x": p.label, "y": p.value, "t": p.text, "sure": p.trust == "ok"} for p in points]
    values = [p.value for p in points if p.value is not None]
    low, high = min([0.0, *values]), max([0.0, *values, block.target or 0.0]) or 1.0
    room = (high - low) * (0.16 if not size.names_above else 0.34)
    y = {"field": "x", "type": "nominal", "sort": names, "title": None, "axis": _bar_names(size)}
    x: Spec = {"field": "y", "type": "quantitative", "axis": None}
    x["scale"] = {"domain": [low - (room if low < 0 else 0), high + room], "nice": False}
    above = [_names_above(y, size)] if size.names_above else []
    return {
        "width": size.width,
        "height": {"step": size.font * 2 + 14 if size.names_above else size.font + 13},
        "data": {"values": rows},
        "layer": [_bar(x, y, size), _bar_text(x, y, size), *above, *_bar_target(block, x)],
    }


def _bar_names(size: Size) -> Spec | None:
    if size.names_above:
        return None
    return {"labelLimit": size.label, "ticks": False, "domain": False, "labelPadding": 8}


def _names_above(y: Spec, size: Size) -> Spec:
    """On phones each name stands above its bar, so that it need not be cut."""
    mark = {"type": "text", "align": "left", "x": 0, "dy": -11, "fontSize": size.font, "color": tokens.INK_2}
    return {"mark": {**mark, "limit": size.width}, "encoding": {"y": y, "text": {"field": "x"}}}


def _bar(x: Spec, y: Spec, size: Size) -> Spec:
    colour = {"condition": {"test": "datum.sure", "value": tokens.BAR}, "value": tokens.UNSURE}
    shape = {"height": 14, "yOffset": 9} if size.names_above else {"height": {"band": 0.72}}
    return {"mark": {"type": "bar", **shape}, "encoding": {"x": x, "y": y, "color": colour}}


def _bar_text(x: Spec, y: Spec, size: Size) -> Spec:
    down = 9 if size.names_above else 0
    mark = {"type": "text", "align": "left", "dx": 6, "dy": down, "fontSize": size.font, "color": tokens.INK}
    start = {**x, "field": "at"}
    shown = {"calculate": "datum.y == null ? 0 : max(0, datum.y)", "as": "at"}
    return {"transform": [shown], "mark": mark, "encoding": {"x": start, "y": y, "text": {"field": "t"}}}


def _bar_target(block: ChartBlock, x: Spec) -> list[Spec]:
    if block.target is None:
        return []
    mark = {"type": "rule", "color": tokens.TARGET, "strokeDash": [3, 4], "strokeWidth": 2}
    return [{"data": {"values": [{"y": block.target}]}, "mark": mark, "encoding": {"x": x}}]


# --- common ---


def _config(size: Size) -> Spec:
    text = {"labelFont": tokens.MEASURED_FONT, "labelFontSize": size.font, "labelColor": tokens.INK_2}
    axis = {**text, "gridColor": tokens.LINE, "domainColor": "#7C8A87", "tickColor": "#7C8A87"}
    return {
        "font": tokens.MEASURED_FONT,
        "view": {"stroke": None},
        "axis": axis,
        "axisY": {"domain": False, "ticks": False, "labelPadding": 8},
        "text": {"font": tokens.MEASURED_FONT},
    }
