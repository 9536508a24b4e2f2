"""All of Musterstadt's tables, read by every interface: the same rows, whatever the way."""

from __future__ import annotations

from allmende.model.access import ANONYMOUS
from allmende.share.views import DatasetView
from tests.acceptance.conftest import Served
from tests.share.ways_to_ask import EXACT, GEO, api, ckan, csv_file, geojson_file, ogc

MANY = 1_000
"""So many rows are taken at once; longer tables are not compared."""


def test_each_dataset_is_the_same_everywhere(musterstadt: Served) -> None:
    """Files, our own interface, CKAN's and, where there is a place, OGC's."""
    views = [view for view in musterstadt.client.app.state.reads.datasets(ANONYMOUS) if view.version]
    short = [view for view in views if view.version and view.version.rows <= MANY]
    assert len(short) > 10
    assert any(view.has_geometry for view in short)
    for view in short:
        _compare(musterstadt, view)


def _compare(city: Served, view: DatasetView) -> None:
    name, columns = view.dataset.id, view.columns
    assert view.version is not None
    rows = csv_file(city.client, name, columns)
    assert len(rows) == view.version.rows
    assert api(city.client, name, columns, MANY) == rows, f"{name} by /api/v1"
    assert ckan(city.client, name, columns, MANY) == rows, f"{name} by CKAN"
    for way in ("json", "parquet"):
        assert EXACT[way](city.client, name, columns) == rows, f"{name} as {way}"
    if any(column.name == GEO for column in columns):
        assert ogc(city.client, name, columns, MANY) == rows, f"{name} by OGC"
        assert geojson_file(city.client, name, columns) == rows, f"{name} as GeoJSON"
