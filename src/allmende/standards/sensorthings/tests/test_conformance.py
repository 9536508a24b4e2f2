"""The list of requirements is complete, and what it says of itself is true."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path
from typing import Any

from allmende.standards.sensorthings.landing import kept

FOLDER = Path(__file__).parents[1]
ROOT = FOLDER.parents[3]
SENSING = "http://www.opengis.net/spec/iot_sensing/1.1/req/"
TASKING = "http://www.opengis.net/spec/iot_tasking/1.0/req/"
KINDS = ("thing", "location", "historical-location", "datastream", "sensor", "observed-property", "observation", "feature-of-interest")  # fmt: skip
# The requirements of OGC 18-088, class by class.
CLASSES = {
    "resource-path": ("resource-path-to-entities",),
    "request-data": (
        "status-code", "query-status-code", "order", "expand", "select", "orderby", "top", "skip", "count",
        "filter", "built-in-filter-operations", "built-in-query-functions", "pagination",
    ),
    "create-update-delete": (
        "create-entity", "link-to-existing-entities", "deep-insert", "deep-insert-status-code", "update-entity",
        "update-entity-put", "update-entity-jsonpatch", "delete-entity", "historical-location-auto-creation",
        "historical-location-manual-creation",
    ),
    "batch-request": ("batch-request",),
    "multi-datastream": ("properties", "relations", "constraints"),
    "data-array": ("data-array",),
    "create-observations-via-mqtt": ("observations-creation",),
    "receive-updates-via-mqtt": ("receive-updates",),
}  # fmt: skip


def requirements() -> list[dict[str, Any]]:
    """What the file lists."""
    listed = tomllib.loads((FOLDER / "conformance.toml").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = listed["requirement"]
    return found


def test_every_requirement_is_listed_once() -> None:
    """All of part 1, and the classes of part 2."""
    data = [f"datamodel/{kind}/{what}" for kind in KINDS for what in ("properties", "relations")]
    data.append("datamodel/entity-control-information/common-control-information")
    rest = [f"{name}/{one}" for name, several in CLASSES.items() for one in several]
    listed = [one["id"] for one in requirements()]
    assert sorted(id_ for id_ in listed if not id_.startswith(TASKING)) == sorted(
        SENSING + id_ for id_ in data + rest
    )
    assert len(listed) == len(set(listed))


def test_every_state_is_explained() -> None:
    """What is done names its test, what is not names the reason; tasking is never."""
    for one in requirements():
        assert one["state"] in ("done", "notyet", "never")
        assert "test" in one if one["state"] == "done" else one["reason"].endswith("."), one["id"]
        assert (one["state"] == "never") == one["id"].startswith(TASKING)


def test_every_named_test_exists() -> None:
    """The tests stand where the file says."""
    for one in requirements():
        path, _, name = one.get("test", "").partition("::")
        if path:
            tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
            assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}, one


def test_the_service_says_what_is_done() -> None:
    """The landing document lists exactly what is done."""
    assert sorted(kept()) == sorted(one["id"] for one in requirements() if one["state"] == "done")
