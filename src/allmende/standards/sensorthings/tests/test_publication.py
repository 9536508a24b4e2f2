"""What is published is what the service answers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from litestar.testing import TestClient

from allmende.share.web import create_app
from allmende.standards.sensorthings.publication import messages_of
from allmende.testing.every_class import make_tiny
from allmende.testing.subscriptions_contract import append, make_streams, measured


def test_the_payload_is_the_entity(tmp_path: Path) -> None:
    """The same properties and links as a GET, relative to this server; on the two topics of its collections."""
    tiny = make_tiny(tmp_path)
    water, heat = make_streams(tiny.store)
    ids = append(tiny.store, measured(water, 0, 20.5), measured(heat, 1, None, 0, '{"a": "Ä"}'))
    rows = tiny.store.observations.since(0)
    messages = messages_of(rows, {heat})
    assert [topic for topic, _ in messages] == [
        f"v1.1/Datastreams({water})/Observations",
        "v1.1/Observations",
        f"v1.1/MultiDatastreams({heat})/Observations",
        "v1.1/Observations",
    ]
    corrected = replace(rows[0], revision=2, feature_id=7)
    assert [topic for topic, _ in messages_of([corrected], set())][2:] == [
        "v1.1/FeaturesOfInterest(7)/Observations",
        f"v1.1/Observations({ids[0]})",
    ]
    with TestClient(create_app(tiny)) as client:
        asked = client.get(f"/sta/v1.1/Observations({ids[0]})").json()
    published = json.loads(messages[0][1])
    root = asked["@iot.selfLink"].partition("/sta/")[0]
    assert published == {name: _relative(value, root) for name, value in asked.items() if name in published}
    assert published["result"] == 20.5
    assert json.loads(messages[2][1])["result"] == {"a": "Ä"}


def _relative(value: object, root: str) -> object:
    return value.removeprefix(root) if isinstance(value, str) else value
