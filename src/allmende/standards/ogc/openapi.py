"""What can be asked, as OpenAPI 3.0, without references to elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import allmende
from allmende.standards.ogc.collections import SYSTEMS, Collection

Json = dict[str, Any]


def openapi(root: str, title: str, collections: Sequence[Collection]) -> Json:
    """The description of the service."""
    paths: dict[str, Json] = {
        "/": _get("The first page", []),
        "/conformance": _get("What is kept of the standard", []),
        "/collections": _get("Every dataset with a place", []),
    }
    for one in collections:
        path = f"/collections/{one.id}"
        paths[path] = _get(one.view.dataset.title.of("en"), [])
        paths[f"{path}/schema"] = _get("Its columns", [])
        paths[f"{path}/queryables"] = _get("What can be asked about", [])
        paths[f"{path}/items"] = _get("Features, page by page", _parameters(one))
        paths[f"{path}/items/{{featureId}}"] = _get(
            "One feature", [_path("featureId"), _enum("crs", list(SYSTEMS))]
        )
    return {
        "openapi": "3.0.3",
        "info": {"title": title, "version": allmende.__version__},
        "servers": [{"url": root}],
        "paths": paths,
    }


def _get(summary: str, parameters: list[Json]) -> Json:
    answers = {"200": {"description": "as asked"}, "400": {"description": "a parameter that cannot be taken"}}
    return {"get": {"summary": summary, "parameters": parameters, "responses": answers}}


def _parameters(one: Collection) -> list[Json]:
    types = {"integer": "integer", "number": "number", "boolean": "boolean"}
    return [
        _query("bbox", "string"), _enum("bbox-crs", list(SYSTEMS)), _enum("crs", list(SYSTEMS)),
        _query("datetime", "string"), _query("limit", "integer"), _query("offset", "integer"), _query("data-version", "integer"),
        _query("sortby", "string"), _query("properties", "string"),
        _query("filter", "string"), _enum("filter-lang", ["cql2-text", "cql2-json"]), _enum("filter-crs", list(SYSTEMS)),
        _enum("f", ["json"]),
        *(_query(column.name, types.get(column.type, "string")) for column in one.properties),
    ]  # fmt: skip


def _query(name: str, type_: str) -> Json:
    return {"name": name, "in": "query", "required": False, "schema": {"type": type_}}


def _enum(name: str, values: list[str]) -> Json:
    return {"name": name, "in": "query", "required": False, "schema": {"type": "string", "enum": values}}


def _path(name: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
