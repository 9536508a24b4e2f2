"""Charts, maps and sparklines: right, safe to stand in a page, and kept."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import shapely

from allmende.model.document import Area, ChartBlock, MapBlock, Point, Series
from allmende.model.place import Place
from allmende.share.draw import charts, drawings
from allmende.share.draw.drawings import Drawing, Drawings
from allmende.share.draw.maps import breaks, step_of
from allmende.share.draw.sparkline import sparkline

EVIL = '<script>alert(1)</script>" onload="x'


def _line(values: list[float | None], name: str = "Jena") -> Series:
    points = (
        Point(str(2006 + at), v, f"value~a@1;period={2006 + at}", "" if v is None else f"{v:g}")
        for at, v in enumerate(values)
    )
    return Series(name, tuple(points))


LINE = ChartBlock(
    "line",
    "Haushalte",
    "Haushalte",
    (_line([1, 2, None, 4]), _line([3, 3, 3, 3], EVIL)),
    target=5,
    target_label="Ziel",
)
BAR = ChartBlock("bar", "Spielplätze", "je 1.000", (_line([58.25, None, 3]),))
PLACES = tuple(
    Place(
        str(at),
        f"bezirk-{at}",
        f"Bezirk {at}",
        json.loads(shapely.to_geojson(shapely.box(11 + at, 50, 12 + at, 51))),
    )
    for at in range(6)
)
MAP = MapBlock(
    "Anteil",
    "%",
    "a",
    tuple(
        Area(p.code, p.name, float(at), f"value~a@1;place={p.code}", f"{at} %") for at, p in enumerate(PLACES)
    ),
)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Drawing]:
    """Both charts, drawn once by a renderer in a child process."""
    found = Drawings(tmp_path_factory.mktemp("charts"))
    found.prepare([(LINE, "de"), (BAR, "de")])
    return {
        "line": found.chart(LINE, "de"),
        "bar": found.chart(BAR, "de"),
        "map": found.map(MAP, PLACES, "de"),
    }


@pytest.mark.parametrize("kind", ["line", "bar", "map"])
def test_drawings_are_safe_in_a_page(drawn: dict[str, Drawing], kind: str) -> None:
    """Well-formed, without scripts, inline styles, handlers or addresses of others; words are escaped."""
    for svg in (drawn[kind].wide, drawn[kind].narrow):
        ElementTree.fromstring(svg)
        names = {name for one in ElementTree.fromstring(svg).iter() for name in one.attrib}
        assert "<script" not in svg
        assert not [name for name in names if name == "style" or name.startswith("on")]
        assert set(re.findall(r'https?://[^"]*', svg)) <= {"http://www.w3.org/2000/svg"}
        assert len(svg) < 40_000


@pytest.mark.parametrize("kind", ["line", "bar", "map"])
def test_drawings_have_words(drawn: dict[str, Drawing], kind: str) -> None:
    """Title and description are there for those who do not see the drawing, in its language."""
    root = ElementTree.fromstring(drawn[kind].wide)
    space = "{http://www.w3.org/2000/svg}"
    named = root.attrib["aria-labelledby"].split()
    assert [root.find(f"{space}title").attrib["id"], root.find(f"{space}desc").attrib["id"]] == named  # type: ignore[union-attr]
    assert re.search(r"höchst|Höchst", root.find(f"{space}desc").text or "")  # type: ignore[union-attr]


def test_numbers_keep_their_digits(drawn: dict[str, Drawing]) -> None:
    """Making the drawing smaller must not shorten numbers in words."""
    assert "58.25" in drawn["bar"].wide


def test_ids_of_two_drawings_differ(drawn: dict[str, Drawing]) -> None:
    """Several drawings stand in one page."""
    ids = [re.findall(r'\bid="([^"]+)"', svg) for d in drawn.values() for svg in (d.wide, d.narrow)]
    every = [one for some in ids for one in some]
    assert len(every) == len(set(every))


def test_a_chart_is_drawn_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second time it comes from the folder, also in another process; another value is another chart."""
    asked: list[int] = []

    def fake(specs: list[Any]) -> list[str | None]:
        asked.append(len(specs))
        return ['<svg width="10" height="5"></svg>'] * len(specs)

    monkeypatch.setattr(drawings, "render", fake)
    assert Drawings(tmp_path).chart(LINE, "de").ratio_wide == 2
    assert Drawings(tmp_path).chart(LINE, "de")
    Drawings(tmp_path).chart(replace(LINE, target=6), "de")
    Drawings(tmp_path).chart(LINE, "en")
    assert sum(asked) == 6


def test_what_cannot_be_drawn_is_empty_and_not_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table beside the chart tells everything; the renderer is not started for each reader."""
    asked: list[int] = []

    def broken(specs: list[Any]) -> list[str | None]:
        asked.append(len(specs))
        return [None] * len(specs)

    monkeypatch.setattr(drawings, "render", broken)
    found = Drawings(tmp_path)
    assert not found.chart(LINE, "de")
    assert not found.chart(LINE, "de")
    assert sum(asked) == 2


def test_a_gap_stays_a_gap(drawn: dict[str, Drawing]) -> None:
    """The line ends before the missing value and starts again after it."""
    broken = re.search(r'<path d="(M[^"]*)" stroke="#0B5D4E"', drawn["line"].wide)
    assert broken is not None
    assert broken[1].count("M") == 2


def test_bars_start_at_zero() -> None:
    """A bar's length is its value."""
    spec = charts.spec(BAR, charts.WIDE)
    assert spec["layer"][0]["encoding"]["x"]["scale"]["domain"][0] == 0


def test_chart_without_values(tmp_path: Path) -> None:
    """A chart of nothing, of one point or of negative values is no error."""
    values: list[list[float | None]] = [[], [None], [7], [-3, -1]]
    odd = [replace(LINE, series=(_line(one),), target=None) for one in values]
    found = Drawings(tmp_path)
    found.prepare([(block, "en") for block in odd])
    assert all(found.chart(block, "en") for block in odd)


def test_areas_lead_to_passports(drawn: dict[str, Drawing], tmp_path: Path) -> None:
    """Each area is a link with name and value; in English to the English page."""
    assert 'href="/f/value~a@1;place=3" aria-label="Bezirk 3: 3 %"' in drawn["map"].wide
    assert 'href="/en/f/value~a@1;place=3"' in Drawings(tmp_path).map(MAP, PLACES, "en").wide


def test_unknown_is_hatched_and_unsure_is_grey(tmp_path: Path) -> None:
    """Missing is said, and a value that is not to be trusted has no step of the scale."""
    areas = (replace(MAP.areas[0], value=None), replace(MAP.areas[1], trust="stale"), *MAP.areas[2:5])
    svg = Drawings(tmp_path).map(replace(MAP, areas=areas), PLACES, "de").wide
    assert svg.count('fill="url(#m') == 3  # one without a value, one without an entry, one in the legend
    assert "unbekannt" in svg
    assert "unsicher" in svg
    assert 'aria-label="Bezirk 0: nicht bekannt"' in svg


def test_labels_only_where_there_is_room(drawn: dict[str, Drawing]) -> None:
    """The narrow map has no names: they would be too small to read."""
    assert ">Bezirk 3</text>" in drawn["map"].wide
    assert ">Bezirk 3</text>" not in drawn["map"].narrow


def test_no_places_no_map(tmp_path: Path) -> None:
    """A city without districts has no map, and no error."""
    assert not Drawings(tmp_path).map(MAP, (), "de")


def test_steps() -> None:
    """About as many areas in each step; equal values are one step; larger is never paler."""
    limits = breaks(range(100))
    assert limits == (20, 40, 60, 80)
    assert [step_of(v, limits) for v in (0, 19, 20, 99)] == [0, 0, 1, 4]
    assert breaks([5, 5, 5]) == ()
    assert breaks([]) == ()


def test_sparklines() -> None:
    """Two known values are a line; fewer are none."""
    assert sparkline([1.0, None]) == ""
    svg = sparkline([1.0, None, 2.0, 3.0])
    assert svg.count("M") == 2
    ElementTree.fromstring(svg)


def test_a_map_of_forty_districts_is_small_and_quick(tmp_path: Path) -> None:
    """Simplified outlines: below 40 kB and drawn in a fraction of a second."""
    circles = [shapely.Point(11 + at % 8, 50 + at // 8).buffer(0.4, quad_segs=500) for at in range(40)]
    places = [
        Place(str(at), f"p{at}", f"Platz {at}", json.loads(shapely.to_geojson(c)))
        for at, c in enumerate(circles)
    ]
    areas = tuple(
        Area(p.code, p.name, float(at), f"value~a@1;place={p.code}", f"{at} %") for at, p in enumerate(places)
    )
    started = time.perf_counter()
    svg = Drawings(tmp_path).map(replace(MAP, areas=areas), places, "de").wide
    assert time.perf_counter() - started < 2
    assert len(svg) < 40_000
