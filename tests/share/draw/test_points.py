"""Points of the map: where they belong, grey when they are not to be trusted, and each with its page."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree

import pytest
import shapely

from allmende.model.knowledge import Trust
from allmende.model.place import Place
from allmende.share.districts_of import district_of
from allmende.share.draw import tokens
from allmende.share.draw.points import Spot, draw_points

EVIL = '<script>alert(1)</script>" onload="x'
PLACES = tuple(
    Place(str(at), f"bezirk-{at}", f"Bezirk {at}", json.loads(shapely.to_geojson(shapely.box(11 + at, 50, 12 + at, 51))))
    for at in range(3)
)  # fmt: skip


def _spot(at: float, value: float | None, trust: Trust = "ok", name: str = "Sonde") -> Spot:
    return Spot(name, 11.0 + at, 50.5, value, "–" if value is None else f"{value:g} %", "/t/a/b", trust)


def _filled(svg: str) -> list[str]:
    return re.findall(r'r="7" fill="(#\w+)"', svg)


def test_a_point_stands_where_it_belongs() -> None:
    """West is left, the middle is the middle, with districts and without."""
    spots = [_spot(0.1, 1.0), _spot(1.5, 2.0), _spot(2.9, 3.0)]
    for places in (PLACES, ()):
        svg = draw_points("Feuchte", "Worte.", spots, places, "de").wide
        ElementTree.fromstring(svg)
        across = [float(x) for x in re.findall(r'<circle cx="([\d.]+)" cy="[\d.]+" r="7"', svg)]
        assert across == sorted(across)
        assert across[1] == pytest.approx(320, abs=3)


def test_a_point_outside_of_the_city_is_left_out() -> None:
    """What stands far away is in the table, not over the edge of the map."""
    svg = draw_points("Feuchte", "Worte.", [_spot(0.1, 1.0), _spot(40, 2.0)], PLACES, "de").wide
    assert len(_filled(svg)) == 1


@pytest.mark.parametrize("trust", ["suspect", "stale", "incomplete", "unknown"])
def test_what_is_not_to_be_trusted_is_grey(trust: Trust) -> None:
    """A doubtful value has no colour of the scale and a broken edge; an unknown one is empty."""
    svg = draw_points(
        "Feuchte", "Worte.", [_spot(0.1, 5.0, trust), _spot(1, None, "unknown")], PLACES, "de"
    ).wide
    assert _filled(svg) == [tokens.MAP_UNSURE, tokens.MAP_NONE]
    assert svg.count('stroke-dasharray="3 2"') >= 2


def test_words_cannot_leave_the_drawing() -> None:
    """Names and addresses are text."""
    svg = draw_points(EVIL, EVIL, [_spot(0.1, 1.0, name=EVIL)], PLACES, "en").wide
    ElementTree.fromstring(svg)
    assert "<script" not in svg


def test_no_points_no_drawing() -> None:
    """Without a place there is nothing to draw."""
    assert not draw_points("Feuchte", "Worte.", [], PLACES, "de")


def test_a_district_is_found_around_a_point() -> None:
    """Inside is inside, a hole is outside, and nobody knows a point that is not given."""
    ring = shapely.box(0, 0, 10, 10).difference(shapely.box(4, 4, 6, 6))
    holed = Place("h", "h", "Mit Loch", json.loads(shapely.to_geojson(ring)))
    assert district_of((*PLACES, holed), (12.5, 50.5)) == PLACES[1]
    assert district_of((holed,), (1, 1)) == holed
    assert district_of((holed,), (5, 5)) is None
    assert district_of((holed,), None) is None


def test_the_legend_stays_inside() -> None:
    """With all five steps, doubts and unknowns every sign lies in the drawing, also on phones."""
    spots = [_spot(0.1 * at, float(at)) for at in range(20)]
    spots += [_spot(2.5, 1.0, "stale"), _spot(2.6, None, "unknown")]
    drawn = draw_points("Feuchte", "Worte.", spots, PLACES, "de")
    for svg in (drawn.wide, drawn.narrow):
        height = float(re.findall(r'viewBox="0 0 [\d.]+ ([\d.]+)"', svg)[0])
        signs = [float(y) for y in re.findall(r'cy="([\d.]+)" r="6"', svg)]
        assert len(signs) == 7
        assert max(signs) + 8 <= height
