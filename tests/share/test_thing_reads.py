"""Who sees what of things and observations: every class, every kind of reader, every way to ask."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from allmende.model.access import CHOICES, Access
from allmende.share.principals import make_key
from allmende.share.web import create_app
from allmende.testing.clock import FixedClock
from allmende.testing.every_class import make_tiny
from allmende.testing.trees import plant

SETS = (
    "Things", "Locations", "HistoricalLocations", "Sensors", "ObservedProperties", "Datastreams",
    "MultiDatastreams", "FeaturesOfInterest", "Observations",
)  # fmt: skip
READERS = ("anonymous", "commercial", "protected", "internal", "one-dataset")
Keys = dict[str, str]


@pytest.fixture(scope="module", params=[access.label for access in CHOICES])
def closed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Access, TestClient[Litestar], Keys]]:
    """Three trees of one class, and a key for every kind of reader."""
    folder: Path = tmp_path_factory.mktemp("closed")
    access = Access.parse(request.param)
    tiny = make_tiny(folder)
    plant(tiny.store, access)
    keys: Keys = {}
    for name in READERS[1:]:
        scope = "read:internal:some-data" if name == "one-dataset" else f"read:{name}"
        made = make_key(name, [scope], FixedClock().now())
        tiny.store.add_key(made.key)
        keys[name] = made.secret
    with TestClient(create_app(tiny), raise_server_exceptions=False) as client:
        yield access, client, keys


def may(reader: str, access: Access) -> bool:
    """The law of the house: open for all, else a scope of that class or a stricter one; of one dataset never."""
    if access is Access.OPEN:
        return True
    return reader in ("commercial", "protected", "internal") and Access.parse(reader) >= access


def asked(client: TestClient[Litestar], keys: Keys, reader: str, path: str) -> Any:
    """The answer for a reader."""
    headers = {"authorization": f"Bearer {keys[reader]}"} if reader in keys else {}
    return client.get(f"/sta/v1.1/{path}", headers=headers)


@pytest.mark.parametrize("reader", READERS)
def test_lists_and_counts(closed: tuple[Access, TestClient[Litestar], Keys], reader: str) -> None:
    """A list, its count and its other forms show everything to those who may, nothing to others."""
    access, client, keys = closed
    for name in SETS:
        found = asked(client, keys, reader, f"{name}?$count=true").json()
        assert (len(found["value"]) > 0) == may(reader, access), name
        assert found["@iot.count"] == len(found["value"]), name
        for text in (f"{name}/$ref", f"{name}?$resultFormat=CSV", f"{name}?$resultFormat=GeoJSON"):
            answer = asked(client, keys, reader, text).text
            assert any(letter.isdigit() for letter in answer) == may(reader, access), text


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    "path",
    [
        "Things(1)", "Things(1)/name", "Things(1)/Datastreams", "Locations(1)/Things/$ref", "Sensors(1)",
        "HistoricalLocations(1)/Thing", "Datastreams(1)/Observations", "Observations(9)/FeatureOfInterest",
        "MultiDatastreams(3)/ObservedProperties", "FeaturesOfInterest(1)/Observations", "Observations(1)/result/$value",
    ],
)  # fmt: skip
def test_one(closed: tuple[Access, TestClient[Litestar], Keys], reader: str, path: str) -> None:
    """What may not be seen is answered exactly like what is not there, however it is asked for."""
    access, client, keys = closed
    answer = asked(client, keys, reader, path)
    assert answer.status_code == (200 if may(reader, access) else 404), answer.text
    if not may(reader, access):
        number = path.partition("(")[2].partition(")")[0]
        absent = asked(client, keys, reader, path.replace(f"({number})", "(77)", 1))
        assert answer.json()["message"].replace(number, "77") == absent.json()["message"]


def test_what_is_closed_inside_of_what_is_open(tmp_path: Path) -> None:
    """An open thing with a closed series: the series is not expanded, counted, sorted by or found by its values."""
    tiny = make_tiny(tmp_path)
    plant(tiny.store, Access.OPEN)
    stream = tiny.store.things.get("datastream", 1)
    tiny.store.things.update(replace(stream, access=Access.PROTECTED))
    with TestClient(create_app(tiny), raise_server_exceptions=False) as client:

        def get(path: str) -> Any:
            answer = client.get(f"/sta/v1.1/{path}")
            assert answer.status_code == 200, answer.text
            return answer.json()

        thing = get("Things(1)?$expand=Datastreams($count=true;$expand=Observations)")
        assert (thing["Datastreams"], thing["Datastreams@iot.count"]) == ([], 0)
        assert get("Observations?$count=true")["@iot.count"] == 4
        assert get("Things?$filter=Datastreams/name eq 'Series of Linde'")["value"] == []
        assert get("Things?$filter=Datastreams/Observations/result ge 0")["value"] == []
        assert get("Observations?$filter=Datastream/id eq 1")["value"] == []
        by_name = get("Things?$orderby=Datastreams/name desc&$select=id")["value"]
        assert [one["@iot.id"] for one in by_name] == [2, 1, 3]
        seen = get("Sensors(1)?$expand=Datastreams")["Datastreams"]
        assert [one["@iot.id"] for one in seen] == [2]
