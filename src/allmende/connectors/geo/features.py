"""What every reader of this connector gives: columns, geometries as found, and the faults of rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from allmende.structure.reading.shape import FoundColumn
from allmende.structure.reading.values import Fault

Shapes = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Features:
    """Features in the file's order. `crs` is what the file says (for pyproj), or empty."""

    columns: Sequence[FoundColumn]
    shapes: Shapes
    crs: str
    raw_of: Callable[[int], str]
    faults: Sequence[Fault] = ()
    detected: dict[str, str] = field(default_factory=dict)


def columns_of(records: Sequence[dict[str, Any]]) -> list[FoundColumn]:
    """A column for every key that any record has, in order of first appearance."""
    names = dict.fromkeys(name for record in records for name in record)
    return [FoundColumn(name, [record.get(name) for record in records]) for name in names]
