"""Hostile and faulty writes: every one is refused with a reason, and nothing is lost or kept by halves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from allmende.share.web import create_app
from allmende.standards.sensorthings.bodies import parse_json
from allmende.standards.sensorthings.faults import BadRequest
from allmende.standards.sensorthings.patch import patched
from allmende.standards.sensorthings.tests.test_writing import PLACE, ROOT, STREAM, TREE, Sta
from allmende.testing.every_class import make_tiny

BIG = 2**70
HERE = "Datastreams(1)/Observations"


@pytest.fixture
def sta(tmp_path: Path) -> Iterator[Sta]:
    """The service with one thing; whoever asks may write."""
    app: Litestar = create_app(make_tiny(tmp_path), anonymous_writes=True)
    with TestClient(app, raise_server_exceptions=False) as client:
        found = Sta(client)
        found.make("Things", TREE)
        yield found


def _deep(levels: int) -> dict[str, Any]:
    found: dict[str, Any] = {"a": 1}
    for _ in range(levels):
        found = {"a": found}
    return found


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "PUT"])
@pytest.mark.parametrize(
    "path", ["Things(1)/Locations(1)/$ref", "Datastreams(1)/Thing/$ref", "Things(1)/$ref"]
)
def test_a_link_is_never_taken_for_what_it_leads_to(sta: Sta, method: str, path: str) -> None:
    """Removing a link ends neither the place nor the thing at its end."""
    sta(method, path, {"name": "weg"}, 501)
    assert sta.get("Locations(1)")["name"] == PLACE["name"]
    assert sta.get("Things(1)")["name"] == TREE["name"]


def test_a_data_array_is_no_part_of_a_change_set(sta: Sta) -> None:
    """What cannot be undone is not begun: nothing of a failed change set stays."""
    many = [{"Datastream": {"@iot.id": 1}, "components": ["result"], "dataArray": [[77]]}]
    one = {"result": 3, "Datastream": {"@iot.id": 1}}
    requests = [
        {"id": "a", "atomicityGroup": "g", "url": "Observations", "method": "POST", "body": one},
        {"id": "b", "atomicityGroup": "g", "url": "CreateObservations", "method": "POST", "body": many},
    ]
    found = sta("POST", "$batch", {"requests": requests})
    assert [answer["status"] for answer in found["responses"]] == [400, 501]
    assert sta.get("Observations")["value"] == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("Things", TREE | {"Datastreams": 5}),
        ("Things", TREE | {"Datastreams": STREAM}),
        ("Things", TREE | {"name": "a\0b"}),
        ("Things", TREE | {"properties": _deep(900)}),
        ("Things", TREE | {"Locations": [{"@iot.id": BIG}]}),
        ("Things", TREE | {"Locations": [PLACE | {"location": 5}]}),
        ("Things(1)/Datastreams", STREAM | {"Observations": 5}),
        ("Observations", {"result": 1, "Datastream": {"@iot.id": BIG}}),
        ("Observations", {"result": 1, "Datastream": {"@iot.id": True}}),
        (HERE, {"result": 1, "FeatureOfInterest": {"@iot.id": BIG}}),
        (HERE, {"result": 1, "validTime": "soon"}),
        (HERE, {"result": 1, "parameters": 5}),
        (HERE, {"result": _deep(400)}),
        ("$batch", {"requests": [{"url": "Things", "method": "GET", "headers": [1]}]}),
        ("$batch", {"requests": [{"url": "http://[bad", "method": "GET"}]}),
        ("$batch", {"requests": [{"url": "Things", "method": "POST", "body": {"x": "$1", "y": _deep(900)}}]}),
    ],
)
def test_what_cannot_be_is_a_fault_of_the_request(sta: Sta, path: str, body: Any) -> None:
    """400 with a reason, never 500; and nothing of it is kept."""
    answer = sta("POST", path, body, 400)
    assert answer["message"]
    assert len(sta.get("Things")["value"]) == len(sta.get("Datastreams")["value"]) == 1
    assert sta.get("Observations")["value"] == []


@pytest.mark.parametrize(
    "raw", [b'{"name":"\xff"}', b'{"name":"\\ud800"}', b"[" * 100_000, b"", b'{"a":NaN}']
)
def test_bytes_that_are_no_json(sta: Sta, raw: bytes) -> None:
    """Broken UTF-8, half characters, endless nesting: 400."""
    headers = {"content-type": "application/json"}
    assert sta.client.post(f"{ROOT}/Things", content=raw, headers=headers).status_code == 400


def test_an_id_beyond_64_bits_leads_nowhere(sta: Sta) -> None:
    """Nineteen digits may still be too many."""
    for path in (f"Things({10**19 - 1})", f"Observations({10**19 - 1})", f"Things(-{10**19 - 1})"):
        sta("GET", path, status=404)
        sta("DELETE", path, status=404)


def test_what_must_be_there_is_not_taken_away(sta: Sta) -> None:
    """A PATCH to nothing, by its body or by a JSON Patch, is refused."""
    sta("PATCH", "Locations(1)", {"location": None}, 400)
    removal = [{"op": "remove", "path": "/location"}]
    sta("PATCH", "Locations(1)", removal, 400, **{"content-type": "application/json-patch+json"})
    assert sta.get("Locations(1)")["location"] == PLACE["location"]


@pytest.mark.parametrize(
    "operations",
    [
        5,
        [5],
        [{"op": "add", "path": 5, "value": 1}],
        [{"op": "remove", "path": "/nope"}],
        [{"op": "replace", "path": "", "value": 5}],
        [{"op": "test", "path": "/name", "value": "other"}],
        [{"op": "move", "from": "/properties", "path": "/properties/b"}],
        [{"op": "add", "path": "/list/9999", "value": 1}],
        [{"op": "copy", "from": "/properties", "path": f"/properties/{number}"} for number in range(40)],
        [{"op": "add", "path": "/properties", "value": _deep(100)}],
    ],
)
def test_a_json_patch_that_cannot_be_done(operations: Any) -> None:
    """Wrong operations, failed tests and copies of copies (which double each time) are refused."""
    shown = {"name": "Linde", "list": [1], "properties": {"text": "x" * 100}}
    with pytest.raises(BadRequest):
        patched(shown, operations)
    assert shown["list"] == [1]


def test_a_json_patch_does_all_six_operations() -> None:
    """RFC 6902, section 4: add, remove, replace, move, copy, test; `-` is the end of a list."""
    shown = {"name": "Linde", "list": [1], "properties": {"a/b": 1, "old": 2}, "@iot.id": 1}
    operations = [
        {"op": "test", "path": "/properties/a~1b", "value": 1},
        {"op": "add", "path": "/list/-", "value": 2},
        {"op": "copy", "from": "/list/0", "path": "/list/0"},
        {"op": "move", "from": "/properties/old", "path": "/properties/new"},
        {"op": "replace", "path": "/name", "value": "Eiche"},
        {"op": "remove", "path": "/properties/a~1b"},
    ]
    expected = {"name": "Eiche", "list": [1, 1, 2], "properties": {"new": 2}}
    assert patched(shown, operations) == expected


def test_the_text_of_an_escape_is_no_nul() -> None:
    """A backslash followed by `u0000` is text; the character NUL is refused."""
    assert parse_json(b'{"a": "\\\\u0000"}') == {"a": "\\u0000"}
    with pytest.raises(BadRequest, match="NUL"):
        parse_json(b'{"a": "\\\\\\u0000"}')
