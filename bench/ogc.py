"""A page of 10,000 features of OGC API Features, as the app answers it.

python -m bench ogc
"""

from __future__ import annotations

import resource
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import shapely
from litestar.testing import TestClient

from allmende.model.dataset import Column
from allmende.share.web import create_app
from allmende.testing.every_class import Tiny, fill, make_tiny

FEATURES, ASKED, TIMES = 50_000, 10_000, 9
PAGES = {
    "the first page": "",
    "a page in the middle": "&offset=30000",
    "in a box": "&bbox=11.5,50.9,11.6,51.0",
    "in UTM 32": "&crs=http://www.opengis.net/def/crs/EPSG/0/25832",
}


def _points() -> pa.Table:
    chance = np.random.default_rng(1)
    shapes = shapely.points(chance.uniform(11.4, 11.7, FEATURES), chance.uniform(50.8, 51.0, FEATURES))
    return pa.table(
        {
            "code": pa.array([str(n) for n in range(FEATURES)]),
            "name": pa.array([f"Baum {n}" for n in range(FEATURES)]),
            "height": pa.array(chance.uniform(1, 30, FEATURES).round(1)),
            "planted": pa.array(chance.integers(1900, 2026, FEATURES)),
            "geometry": pa.array(shapely.to_wkb(shapes), pa.binary()),
        }
    )


def _city(folder: Path) -> Tiny:
    """A city whose districts are 50,000 trees."""
    tiny = make_tiny(folder)
    fill(tiny)
    old, table = tiny.city.datasets["districts"], _points()
    columns = (*old.columns, Column("height", "number"), Column("planted", "integer"))
    written = tiny.lake.write("trees", table)
    version = tiny.store.latest_versions()["districts"]
    made = replace(
        version, dataset="trees", rows=FEATURES, columns=columns, lake_version=written.lake_version
    )
    tiny.store.add_version(made)
    trees = replace(old, id="trees", columns=columns)
    return replace(tiny, city=replace(tiny.city, datasets={**tiny.city.datasets, "trees": trees}))


def run() -> list[dict[str, str]]:
    """The measurement, as lines to print."""
    with tempfile.TemporaryDirectory() as folder, TestClient(create_app(_city(Path(folder)))) as client:
        rows = [_measured(client, what, query) for what, query in PAGES.items()]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [*rows, {"what": "memory of the whole process", "value": f"{peak:.0f} MiB"}]


def _measured(client: TestClient, what: str, query: str) -> dict[str, str]:  # type: ignore[type-arg]
    address, times, found = f"/ogc/collections/trees/items?limit={ASKED}{query}", [], 0
    for number in range(TIMES):
        began = time.perf_counter()
        answer = client.get(f"{address}&sortby=" if number % 2 else address)  # not from the cache of pages
        times.append(1000 * (time.perf_counter() - began))
        found = answer.json()["numberReturned"]
    return {
        "what": f"{what}: {found} features",
        "value": f"p50 {statistics.median(times):.0f} ms (60 wanted)",
    }
