"""Datasets with a geometry as collections: what they are called, which columns they have, where they lie."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from allmende.errors import NotFound
from allmende.model.access import Principal
from allmende.model.dataset import Column
from allmende.share.reads import Reads
from allmende.share.views import DatasetView, Extent

Json = dict[str, Any]
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
CONFORMANCE = (
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables-query-parameters",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-json",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-cql2",
    "http://www.opengis.net/spec/cql2/1.0/conf/advanced-comparison-operators",
    "http://www.opengis.net/spec/cql2/1.0/conf/case-insensitive-comparison",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions-plus",
    "http://www.opengis.net/spec/cql2/1.0/conf/spatial-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/temporal-functions",
)
SYSTEMS = {
    CRS84: "OGC:CRS84",
    **{
        f"http://www.opengis.net/def/crs/EPSG/0/{code}": f"EPSG:{code}"
        for code in (4326, 25832, 25833, 3857, 31468)
    },
}
_SCHEMA: dict[str, Json] = {
    "text": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "json": {},
    "geometry": {"format": "geometry-any"},
}


@dataclass(frozen=True, slots=True)
class Collection:
    """A published dataset with a geometry, as its reader may see it."""

    view: DatasetView
    geometry: Column

    @property
    def id(self) -> str:
        """The dataset's id."""
        return self.view.dataset.id

    @property
    def properties(self) -> tuple[Column, ...]:
        """The columns beside the geometry."""
        return tuple(column for column in self.view.columns if column is not self.geometry)


def collections_of(reads: Reads, principal: Principal) -> tuple[Collection, ...]:
    """Every dataset with a geometry that the reader may see."""
    found = (_collection(view) for view in reads.datasets(principal))
    return tuple(one for one in found if one is not None)


def collection_of(reads: Reads, principal: Principal, name: str, version: int | None = None) -> Collection:
    """One of them, as it is now or as it was in a version. Raises NotFound."""
    found = _collection(reads.dataset(principal, name, version))
    if found is None:
        raise NotFound(f"there is no collection {name!r}", where=name)
    return found


def _collection(view: DatasetView) -> Collection | None:
    shape = next((column for column in view.columns if column.type == "geometry"), None)
    return Collection(view, shape) if shape is not None and view.version is not None else None


def described(one: Collection, root: str, extent: Extent) -> Json:
    """A collection with its links."""
    address = f"{root}/collections/{one.id}"
    licences = [_link(found.address, "license", "text/html", found.title) for found in one.view.licences]
    return {
        "id": one.id,
        "title": one.view.dataset.title.of("de"),
        "description": one.view.dataset.description.of("de"),
        **_extent(extent),
        "itemType": "feature",
        "crs": list(SYSTEMS),
        "storageCrs": CRS84,
        "links": [
            _link(address, "self", "application/json", "this document"),
            _link(f"{address}/items", "items", "application/geo+json", "the features"),
            _link(f"{address}/queryables", "http://www.opengis.net/def/rel/ogc/1.0/queryables",
                  "application/schema+json", "what can be asked about"),
            _link(f"{address}/schema", "describedby", "application/schema+json", "the columns"),
            _link(f"{root.removesuffix('/ogc')}/d/{one.id}", "alternate", "text/html", "the page of the dataset"),
            *licences,
        ],
    }  # fmt: skip


def _extent(found: Extent) -> Json:
    """The member `extent` (OGC 17-069r4, 7.13.2) with what is known of it; nothing when nothing is."""
    made: Json = {}
    if found.box is not None:
        made["spatial"] = {"bbox": [list(found.box)], "crs": CRS84}
    if found.begin is not None and found.end is not None:
        interval = [_moment(found.begin, time.min), _moment(found.end, time(23, 59, 59))]
        made["temporal"] = {
            "interval": [interval],
            "trs": "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian",
        }
    return {"extent": made} if made else {}


def _moment(value: date | datetime, of_day: time) -> str:
    """A moment in UTC; of a day its first or its last one."""
    moment = value if isinstance(value, datetime) else datetime.combine(value, of_day, UTC)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def schema(one: Collection, address: str) -> Json:
    """The columns as JSON Schema."""
    shapes = {column.name: _SCHEMA[column.type] | _words(column) for column in one.view.columns}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": address,
        "type": "object",
        "title": one.view.dataset.title.of("de"),
        "properties": shapes,
        "additionalProperties": False,
    }


def _words(column: Column) -> Json:
    words = {
        "title": column.title.of("de"),
        "description": column.description.of("de"),
        "x-ogc-unit": column.unit,
    }
    found: Json = {name: text for name, text in words.items() if text}
    if column.values:
        found["enum"] = list(column.values)
    if column.type == "geometry":
        found["x-ogc-role"] = "primary-geometry"
    return found


def landing(root: str, title: str) -> Json:
    """The first page."""
    return {
        "title": title,
        "links": [
            _link(root, "self", "application/json", "this document"),
            _link(f"{root}/conformance", "conformance", "application/json", "what is kept of the standard"),
            _link(f"{root}/collections", "data", "application/json", "the collections"),
            _link(f"{root}/api", "service-desc", "application/vnd.oai.openapi+json;version=3.0", "the API"),
        ],
    }


def _link(href: str, rel: str, type_: str, title: str) -> Json:
    return {"href": href, "rel": rel, "type": type_, "title": title}
