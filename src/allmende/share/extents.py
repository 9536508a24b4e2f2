"""Where the rows of a version lie and when they are from. Read once for each version, in one pass."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
import shapely

from allmende.model.dataset import DatasetVersion
from allmende.ports import Lake
from allmende.share.conditions import shapes_of
from allmende.share.views import Extent

pc: Any = pyarrow.compute  # its stubs are narrower than the functions are
_KEPT = 1_000


class KeptExtents:
    """Extents of the last versions asked about. Versions never change, so nothing of it gets old."""

    def __init__(self) -> None:
        self._kept: OrderedDict[object, Extent] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, lake: Lake, version: DatasetVersion, geometry: str | None, time: str | None) -> Extent:
        """The extent of a version over its columns of places and of times; None for one it has not."""
        key = (version.pin, geometry, time)
        with self._lock:
            found = self._kept.get(key)
        if found is None:
            names = list(dict.fromkeys(name for name in (geometry, time) if name is not None))
            batches = lake.read(version.dataset, version.lake_version, names) if names else ()
            found = extent_of(batches, geometry, time)
            with self._lock:
                self._kept[key] = found
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
        return found


def extent_of(batches: Iterable[pa.RecordBatch], geometry: str | None, time: str | None) -> Extent:
    """The smallest box and the shortest span that hold all that is known."""
    boxes: list[Any] = []
    times: list[date | datetime] = []
    for batch in batches:
        if geometry is not None:
            boxes += _box(batch.column(geometry))
        if time is not None:
            found = pc.min_max(batch.column(time)).as_py()
            times += [one for one in found.values() if one is not None]
    box = None
    if boxes:
        sides = np.array(boxes)
        west, south = sides[:, :2].min(axis=0).tolist()
        east, north = sides[:, 2:].max(axis=0).tolist()
        box = (west, south, east, north)
    return Extent(box, min(times, default=None), max(times, default=None))


def _box(values: pa.Array[Any]) -> list[Any]:
    """The box around the shapes of one batch; nothing when it has none. Cells that are no shape do not count."""
    bounds = shapely.bounds(shapes_of(values))
    known = bounds[np.isfinite(bounds).all(axis=1)]
    return [[*known[:, :2].min(axis=0), *known[:, 2:].max(axis=0)]] if len(known) else []
