"""`GET /api/v1/things`: every thing with its newest values, as GeoJSON, for maps and for other programs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from litestar import Response, get
from litestar.params import QueryParameter

from allmende.catalogue.doubts import word_flags
from allmende.share.given import GivenClock, GivenPrincipal, GivenReads
from allmende.share.series_views import WatchedView
from allmende.share.told import told

Json = dict[str, Any]


@get("/things", sync_to_thread=True)
def things(
    reads: GivenReads,
    principal: GivenPrincipal,
    clock: GivenClock,
    *,
    property_key: Annotated[str, QueryParameter(name="property", max_length=240)] = "",
) -> Response[Json]:
    """Every series you may see (of one observed property, by its key) with place, newest value and state.

    A GeoJSON FeatureCollection (RFC 7946), one feature per series; `geometry` is null where nobody
    said where the thing stands.
    """
    views = reads.watched(principal, clock.now(), property_key)
    return Response(features(views), media_type="application/geo+json", headers={"cache-control": "no-store"})


def features(views: Iterable[WatchedView]) -> Json:
    """The series as features."""
    return {"type": "FeatureCollection", "features": [_feature(view) for view in views]}


def _feature(view: WatchedView) -> Json:
    one, newest = view.watched, view.newest
    known = one.longitude is not None and one.latitude is not None
    return {
        "type": "Feature",
        "id": one.datastream_id,
        "geometry": {"type": "Point", "coordinates": [one.longitude, one.latitude]} if known else None,
        "properties": {
            "thing": one.thing_name,
            "property": one.property_key,
            "property_name": one.property_name,
            "unit": one.unit or None,
            "value": newest.number if newest else None,
            "trust": view.state.trust,
            "doubts": list(word_flags(view.state.flags, "en")),
            "observation": told(newest) if newest else None,
            "page": view.address,
            "thing_page": view.thing_address,
        },
    }
