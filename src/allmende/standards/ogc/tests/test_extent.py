"""Extents of collections: where all features lie, when they are from, and what is not told."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pyarrow as pa
import shapely
from hypothesis import given
from hypothesis import strategies as st
from litestar.testing import TestClient

from allmende.model.access import ANONYMOUS, Access
from allmende.share.extents import extent_of
from allmende.share.views import Extent
from allmende.share.web import create_app, reads_of
from allmende.standards.ogc.collections import CRS84, collection_of, described
from allmende.testing.every_class import fill, make_tiny, scoped

_DEGREES = st.floats(-180, 180, allow_nan=False)


def test_extents_hold_every_feature_and_no_more(tmp_path: Path) -> None:
    """The box of each collection, alone and in the list, is the box around its features."""
    tiny = make_tiny(tmp_path)
    fill(tiny)
    with TestClient(create_app(tiny)) as client:
        listed = client.get("/ogc/collections").json()["collections"]
        assert listed
        for one in listed:
            address = f"/ogc/collections/{one['id']}"
            assert client.get(address).json()["extent"] == one["extent"]
            assert one["extent"]["spatial"]["crs"] == CRS84
            found = client.get(f"{address}/items?limit=10000").json()["features"]
            shapes = [shapely.from_geojson(json.dumps(feature["geometry"])) for feature in found]
            assert [list(shapely.total_bounds(shapes))] == one["extent"]["spatial"]["bbox"]


def test_extents_of_what_is_not_open_are_not_told(tmp_path: Path) -> None:
    """Who may read closed rows is counted by them; an extent would be of all rows, and uncounted."""
    tiny = make_tiny(tmp_path)
    fill(tiny)
    reads = reads_of(tiny)
    closed = [
        view.dataset.id for view in reads.datasets(scoped(Access.INTERNAL)) if view.access > Access.OPEN
    ]
    assert closed
    for name in closed:
        assert reads.extent(scoped(Access.INTERNAL), name) == Extent()
    assert reads.extent(ANONYMOUS, "districts").box is not None


def test_days_are_spans_from_their_begin_to_their_end(tmp_path: Path) -> None:
    """The last day lasts until its end; moments are told in UTC; what is not known is absent."""
    tiny = make_tiny(tmp_path)
    fill(tiny)
    one = collection_of(reads_of(tiny), ANONYMOUS, "districts")
    told = described(one, "/ogc", Extent(None, date(2026, 1, 1), date(2026, 3, 1)))["extent"]
    assert "spatial" not in told
    assert told["temporal"]["interval"] == [["2026-01-01T00:00:00Z", "2026-03-01T23:59:59Z"]]
    summer = datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    told = described(one, "/ogc", Extent(None, summer, summer))["extent"]
    assert told["temporal"]["interval"] == [["2026-07-01T10:00:00Z", "2026-07-01T10:00:00Z"]]
    assert "extent" not in described(one, "/ogc", Extent())


@given(st.lists(st.one_of(st.none(), st.tuples(_DEGREES, _DEGREES)), max_size=20), st.integers(1, 5))
def test_boxes_of_points(points: list[tuple[float, float] | None], size: int) -> None:
    """However rows are cut into batches: the least and the greatest of what is known, broken cells aside."""
    cells = [None if one is None else shapely.to_wkb(shapely.Point(*one)) for one in points]
    table = pa.table({"place": pa.array([*cells, b"broken", shapely.to_wkb(shapely.Point())], pa.binary())})
    found = extent_of(table.to_batches(max_chunksize=size), "place", None)
    known = [one for one in points if one is not None]
    xs, ys = [x for x, _ in known], [y for _, y in known]
    assert found == Extent((min(xs), min(ys), max(xs), max(ys)) if known else None)


@given(st.lists(st.one_of(st.none(), st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1))), max_size=20))
def test_spans_of_times(times: list[datetime | None]) -> None:
    """The first and the last of those that are known."""
    known = [one.replace(tzinfo=UTC) for one in times if one is not None]
    cells = [one and one.replace(tzinfo=UTC) for one in times]
    table = pa.table({"at": pa.array(cells, pa.timestamp("us", "UTC"))})
    found = extent_of(table.to_batches(max_chunksize=3), None, "at")
    assert found == Extent(None, min(known, default=None), max(known, default=None))
