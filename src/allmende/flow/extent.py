"""How far the city reaches: what is outside of it is a wrong place."""

from __future__ import annotations

from math import isnan

import shapely

from allmende.model.city import City
from allmende.model.thing import Box
from allmende.ports import Lake, Store
from allmende.structure.locate import read_districts


def city_box(city: City, store: Store, lake: Lake) -> Box | None:
    """The box around the city's districts, by which a place is known to lie outside; None when there are none."""
    rule = city.districts
    newest = store.latest_versions().get(rule.dataset) if rule else None
    if rule is None or newest is None:
        return None
    shapes = read_districts(rule, newest.pin, store, lake).column("geometry")
    west, south, east, north = shapely.total_bounds(shapely.from_wkb(shapes.to_numpy(zero_copy_only=False)))
    return None if isnan(west) else Box(float(west), float(south), float(east), float(north))
