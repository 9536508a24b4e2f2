"""Which district does a row lie in?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import shapely

from allmende.model.city import City
from allmende.model.dataset import Column, Pin
from allmende.model.place import Districts
from allmende.model.source import Source
from allmende.model.text import Text
from allmende.structure.locate import codes_of
from allmende.testing.small import small_city
from tests.structure.conftest import Bench


def _wkb(*shapes: Any) -> pa.ChunkedArray[Any]:
    return pa.chunked_array(
        [pa.array([None if s is None else shapely.to_wkb(s) for s in shapes], pa.binary())]
    )


def test_points_lines_and_areas_find_their_district() -> None:
    """Points by where they are, lines and areas by a point on them; elsewhere and nowhere is unknown."""
    areas = _wkb(shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1))
    codes = pa.chunked_array([pa.array(["west", "east"])])
    places = _wkb(
        shapely.Point(0.5, 0.5),
        shapely.Point(1.5, 0.5),
        shapely.LineString([(1.2, 0.2), (1.8, 0.8)]),
        shapely.box(0.1, 0.1, 0.2, 0.2),
        shapely.Point(9, 9),
        None,
        shapely.Point(1, 0.5),
    )
    assert codes_of(places, codes, areas).to_pylist() == ["west", "east", "east", "west", None, None, "west"]


@pytest.mark.parametrize("seed", range(5))
def test_equals_asking_every_district(seed: int) -> None:
    """The index finds what comparing each point with each area finds."""
    random = np.random.default_rng(seed)
    boxes = [shapely.box(x, y, x + w, y + w) for x, y, w in random.uniform(0, 1, (20, 3))]
    points = [shapely.Point(x, y) for x, y in random.uniform(0, 1.5, (200, 2))]
    codes = [f"d{n}" for n in range(20)]
    slow = [next((c for c, b in zip(codes, boxes, strict=True) if b.intersects(p)), None) for p in points]
    assert codes_of(_wkb(*points), pa.chunked_array([pa.array(codes)]), _wkb(*boxes)).to_pylist() == slow


def _city() -> City:
    columns = (Column("code"), Column("name"), Column("geometry", "geometry"))
    city = small_city(district_column="district", columns=(*columns[1:], Column("district")))
    source = Source(
        "districts", Text("Stadtteile"), "lists", "https://city.example/d.json", licence="cc0-1.0"
    )
    districts = replace(
        city.datasets["benches"], id="districts", source="districts", columns=columns, district_column=""
    )
    return replace(
        city,
        districts=Districts("districts", "code", "name"),
        sources={**city.sources, "districts": source},
        datasets={**city.datasets, "districts": districts},
    )


def _hexed(bench: Bench) -> None:
    """Let the connector read geometries written as hex, which JSON can hold."""
    honest = bench.connector.parse

    def parse(raw: Any, source: Any, columns: Any) -> Any:
        texts = [replace(c, type="text") if c.type == "geometry" else c for c in columns]
        parsed = honest(raw, source, texts)
        at = parsed.table.column_names.index("geometry")
        geometry = pa.array([bytes.fromhex(str(v)) for v in parsed.table.column("geometry").to_pylist()])
        table = parsed.table.set_column(at, "geometry", geometry)
        return replace(parsed, table=table, columns=tuple(columns))

    bench.connector.parse = parse  # type: ignore[method-assign]


def _hex(shape: Any) -> str:
    return bytes(shapely.to_wkb(shape)).hex()


def test_district_column_is_filled_and_its_input_pinned(bench: Bench) -> None:
    """Without districts it fails with advice; then rows get codes, and the districts' version is an input."""
    _hexed(bench)
    city = _city()
    benches = [
        ["name", "geometry"],
        ["in", _hex(shapely.Point(0.5, 0.5))],
        ["out", _hex(shapely.Point(5, 5))],
    ]
    early = bench.publish(city, benches)
    assert (early.outcome, "not published yet" in early.message) == ("failed", True)
    areas = [["code", "name", "geometry"], ["7", "Mitte", _hex(shapely.box(0, 0, 1, 1))]]
    assert bench.publish(city, areas, "districts").outcome == "new"
    assert bench.publish(city).outcome == "new"
    assert [row["district"] for row in bench.rows()] == ["7", None]
    assert bench.versions()[0].inputs == (Pin("districts", 1),)
    moved = [*areas, ["8", "Fern", _hex(shapely.box(4, 4, 6, 6))]]
    bench.publish(city, moved, "districts")
    assert bench.publish(city).outcome == "new"
    assert [row["district"] for row in bench.rows(2)] == ["7", "8"]


def test_rows_outside_the_world_are_rejected(bench: Bench) -> None:
    """Metres in a file of degrees are no places in the city."""
    _hexed(bench)
    city = replace(_city(), districts=None)
    city = replace(
        city,
        datasets={
            "benches": replace(
                city.datasets["benches"],
                district_column="",
                columns=(Column("name"), Column("geometry", "geometry")),
            )
        },
    )
    rows = [
        ["name", "geometry"],
        *(["ok", _hex(shapely.Point(11, 50))],) * 2,
        ["utm", _hex(shapely.Point(680000, 5640000))],
    ]
    bench.publish(city, rows)
    assert (bench.versions()[0].rows, bench.versions()[0].rejected) == (2, 1)
