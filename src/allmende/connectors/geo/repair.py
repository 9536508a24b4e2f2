"""Areas that cross themselves are repaired when that is possible, and refused with the reason when not."""

from __future__ import annotations

from collections import Counter

import numpy as np
import shapely

from allmende.connectors.geo.features import Shapes
from allmende.structure.reading.values import Fault


def flat(shapes: Shapes) -> Shapes:
    """Without heights, and without empty shapes (unknown is None)."""
    made = np.asarray(shapely.force_2d(shapes), dtype=np.object_)
    made[shapely.is_empty(made)] = None
    return made


def repair(shapes: Shapes) -> tuple[Shapes, list[Fault], str]:
    """Valid shapes, the faults of those beyond repair, and a note on what was repaired.

    Repairs follow the "structure" method of GEOS (OGC Simple Features validity): rings keep their
    role as shell or hole, and parts that collapse are dropped.
    """
    made = shapes.copy()
    faults: list[Fault] = []
    repaired: list[str] = []
    for index in map(int, np.flatnonzero(~shapely.is_valid(shapes) & ~shapely.is_missing(shapes))):
        reason = shapely.is_valid_reason(shapes[index])
        valid = shapely.make_valid(shapes[index], method="structure", keep_collapsed=False)
        if valid.is_empty or shapely.get_dimensions(valid) < shapely.get_dimensions(shapes[index]):
            faults.append(
                Fault(index, "geometry", f"the shape is not valid and cannot be repaired: {reason}")
            )
            made[index] = None
        else:
            # In canonical order, so that the same bytes give the same rows with every GEOS.
            made[index] = shapely.normalize(valid)
            repaired.append(f"row {index + 1} ({reason})")
    note = (
        f"{len(repaired)}: {', '.join(repaired[:3])}{' …' if len(repaired) > 3 else ''}" if repaired else ""
    )
    return made, faults, note


def kinds(shapes: Shapes) -> str:
    """Which kinds of shapes there are and how many, `Point 12, Polygon 3`."""
    counts = Counter(shape.geom_type for shape in shapes if shape is not None)
    return ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items())) or "none"
