"""Writing SensorThings: create, change, delete, many at once, batches; faults change nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from allmende.share.principals import make_key
from allmende.share.web import create_app
from allmende.testing.clock import FixedClock
from allmende.testing.every_class import Tiny, make_tiny

Json = dict[str, Any]
ROOT = "/sta/v1.1"
UNIT = {"name": "Grad Celsius", "symbol": "°C", "definition": "ucum:Cel"}
MEASUREMENT = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"
PLACE = {
    "name": "Park",
    "description": "",
    "encodingType": "application/geo+json",
    "location": {"type": "Point", "coordinates": [11.59, 50.93]},
}
SENSOR = {
    "name": "LSE01",
    "description": "",
    "encodingType": "text/html",
    "metadata": "https://maker.example",
}
SEEN = {"name": "Bodentemperatur", "definition": "https://city.example/t", "description": ""}
STREAM = {
    "name": "Temperatur",
    "description": "",
    "unitOfMeasurement": UNIT,
    "observationType": MEASUREMENT,
    "Sensor": SENSOR,
    "ObservedProperty": SEEN,
}
TREE = {"name": "Linde", "description": "am Tor", "Locations": [PLACE], "Datastreams": [STREAM]}


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    """A city without content."""
    return make_tiny(tmp_path)


@pytest.fixture
def client(tiny: Tiny) -> Iterator[TestClient[Litestar]]:
    """A client that may write without a key."""
    with TestClient(create_app(tiny, anonymous_writes=True), raise_server_exceptions=False) as found:
        yield found


class Sta:
    """Speaks to the service."""

    def __init__(self, client: TestClient[Litestar]) -> None:
        self.client = client

    def __call__(self, method: str, path: str, body: Any = None, status: int = 200, **headers: str) -> Any:
        answer = self.client.request(method, f"{ROOT}/{path}", json=body, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def get(self, path: str) -> Any:
        """What stands at an address."""
        return self("GET", path)

    def make(self, path: str, body: Json) -> int:
        """Make something; its id."""
        return int(self("POST", path, body, 201)["@iot.id"])


@pytest.fixture
def sta(client: TestClient[Litestar]) -> Sta:
    """The service."""
    return Sta(client)


def test_everything_inside_is_made(sta: Sta) -> None:
    """A thing comes with its place, its history of places, its datastream and what describes it."""
    answer = sta.client.post(f"{ROOT}/Things", json=TREE)
    assert answer.headers["location"].endswith("/Things(1)")
    found = sta.get(
        "Things(1)?$expand=Locations,HistoricalLocations/Locations,Datastreams($expand=Sensor,ObservedProperty)"
    )
    assert found["Locations"][0]["location"] == PLACE["location"]
    assert found["HistoricalLocations"][0]["Locations"][0]["name"] == "Park"
    stream = found["Datastreams"][0]
    assert (stream["Sensor"]["name"], stream["ObservedProperty"]["name"]) == ("LSE01", "Bodentemperatur")
    assert stream["unitOfMeasurement"] == UNIT | {"ucumCode": "Cel"}


def test_an_observation_is_about_the_place_of_its_thing(sta: Sta) -> None:
    """Without a feature of its own the thing's place becomes one, once."""
    sta.make("Things", TREE)
    for path in ("Observations", "Datastreams(1)/Observations"):
        body = {"result": 20.5, "phenomenonTime": "2026-06-01T12:00:00+02:00"}
        sta.make(path, body | ({"Datastream": {"@iot.id": 1}} if path == "Observations" else {}))
    features = sta.get("FeaturesOfInterest?$expand=Observations")["value"]
    assert [feature["feature"] for feature in features] == [PLACE["location"]]
    assert [one["phenomenonTime"] for one in features[0]["Observations"]] == ["2026-06-01T10:00:00Z"] * 2


def test_links_and_navigation_make_the_same(sta: Sta) -> None:
    """Linked by id or made below its owner, a datastream is one of the thing."""
    sta.make("Things", TREE)
    linked = {k: v for k, v in STREAM.items() if k not in ("Sensor", "ObservedProperty")}
    linked |= {"Sensor": {"@iot.id": 1}, "ObservedProperty": {"@iot.id": 1}}
    sta.make("Things(1)/Datastreams", linked)
    sta.make("Datastreams", linked | {"Thing": {"@iot.id": 1}})
    assert len(sta.get("Things(1)/Datastreams")["value"]) == 3
    assert len(sta.get("Sensors")["value"]) == 1


BAD: list[tuple[str, Json, str]] = [
    ("Things", {"name": "x"}, "description must be there"),
    ("Things", {"name": 5, "description": ""}, "name is a text"),
    ("Things", TREE | {"colour": "green"}, "has no 'colour'"),
    ("Things", TREE | {"properties": []}, "properties is a JSON object"),
    ("Things", TREE | {"Locations": [{"@iot.id": 99}]}, "there is no Location 99"),
    ("Datastreams", STREAM, "Thing must be there"),
    ("Datastreams", STREAM | {"Thing": {"@iot.id": "1"}}, "whole number"),
    ("Observations", {"result": 1}, "Datastream must be there"),
    ("Observations", {"Datastream": {"@iot.id": 1}}, "result must be there"),
    ("Observations", {"result": 1, "Datastream": {"@iot.id": 1}, "phenomenonTime": "gestern"}, "is not a time"),
    ("Observations", {"result": 1, "Datastream": {"@iot.id": 1}, "resultTime": "2026-06-01T12:00:00"}, "no zone"),
    (
        "Observations",
        {"result": 1, "Datastream": {"@iot.id": 1}, "phenomenonTime": "2026-06-02T00:00:00Z/2026-06-01T00:00:00Z"},
        "ends before it begins",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("path", "body", "reason"), BAD)
def test_bad_bodies_are_named_and_change_nothing(sta: Sta, path: str, body: Json, reason: str) -> None:
    """400 with the field; nothing of a deep insert stays."""
    sta.make("Things", TREE)
    before = [
        sta.get(f"{name}?$count=true")["@iot.count"] for name in ("Things", "Locations", "Observations")
    ]
    answer = sta("POST", path, body, 400)
    assert reason in answer["message"]
    after = [sta.get(f"{name}?$count=true")["@iot.count"] for name in ("Things", "Locations", "Observations")]
    assert after == before


def test_a_change_changes_what_it_names(sta: Sta) -> None:
    """PATCH keeps the rest; PUT replaces it; a JSON Patch does what its operations say."""
    sta.make("Things", TREE | {"properties": {"a": 1}})
    assert sta("PATCH", "Things(1)", {"name": "Eiche"})["properties"] == {"a": 1}
    patched = [
        {"op": "test", "path": "/name", "value": "Eiche"},
        {"op": "add", "path": "/properties/b", "value": 2},
    ]
    answer = sta.client.patch(
        f"{ROOT}/Things(1)", json=patched, headers={"content-type": "application/json-patch+json"}
    )
    assert answer.json()["properties"] == {"a": 1, "b": 2}
    wrong = [{"op": "test", "path": "/name", "value": "Buche"}]
    refused = sta.client.patch(
        f"{ROOT}/Things(1)", json=wrong, headers={"content-type": "application/json-patch+json"}
    )
    assert refused.status_code == 400
    assert "operation 1" in refused.json()["message"]
    assert sta("PUT", "Things(1)", {"name": "Ulme", "description": "neu"})["name"] == "Ulme"
    sta("PUT", "Things(1)", {"name": "Ulme"}, 400)


def test_a_thing_moves_and_its_past_stays(sta: Sta) -> None:
    """New locations end the old ones; both are in the history."""
    sta.make("Things", TREE)
    sta("PATCH", "Things(1)", {"Locations": [PLACE | {"name": "Hof"}]})
    assert [place["name"] for place in sta.get("Things(1)/Locations")["value"]] == ["Hof"]
    past = sta.get("Things(1)/HistoricalLocations?$expand=Locations")["value"]
    assert sorted(one["Locations"][0]["name"] for one in past) == ["Hof", "Park"]


def test_a_place_of_the_past_is_added_by_hand(sta: Sta) -> None:
    """Where a thing was before is told later; where it is now stays."""
    thing = sta.make("Things", TREE)
    place = sta.make("Locations", PLACE | {"name": "Gärtnerei"})
    past = {
        "time": "2020-03-01T08:00:00+01:00",
        "Thing": {"@iot.id": thing},
        "Locations": [{"@iot.id": place}],
    }
    made = sta.make("HistoricalLocations", past)
    assert sta.get(f"HistoricalLocations({made})/Locations")["value"][0]["name"] == "Gärtnerei"
    assert sta.get(f"HistoricalLocations({made})")["time"] == "2020-03-01T07:00:00Z"
    assert [found["name"] for found in sta.get("Things(1)/Locations")["value"]] == ["Park"]


def test_an_observation_is_corrected_and_deleted(sta: Sta) -> None:
    """Its id stays; what was known before can be asked for; deleted it is gone."""
    sta.make("Things", TREE)
    id_ = sta.make("Datastreams(1)/Observations", {"result": 1, "phenomenonTime": "2026-06-01T12:00:00Z"})
    assert sta("PATCH", f"Observations({id_})", {"result": 2})["result"] == 2
    assert sta.get("Datastreams(1)/Observations?$count=true")["@iot.count"] == 1
    corrected = quote(datetime.now(UTC).isoformat())
    sta("DELETE", f"Observations({id_})")
    sta("GET", f"Observations({id_})", status=404)
    sta("DELETE", f"Observations({id_})", status=404)
    assert sta.get("Datastreams(1)/Observations?$count=true")["@iot.count"] == 0
    then = sta.get(f"Datastreams(1)/Observations?$count=true&knownOn={corrected}")
    assert (then["@iot.count"], then["value"][0]["result"]) == (1, 2)
    assert sta.get("Datastreams(1)/Observations?knownOn=2026-01-01T00:00:00Z")["value"] == []


@pytest.mark.parametrize(
    ("path", "left"),
    [
        ("Things(1)", {"Things": 0, "Datastreams": 0, "Observations": 0, "Locations": 1, "HistoricalLocations": 0, "Sensors": 1}),
        ("Datastreams(1)", {"Things": 1, "Datastreams": 0, "Observations": 0}),
        ("Sensors(1)", {"Sensors": 0, "Datastreams": 0, "Observations": 0, "Things": 1}),
        ("ObservedProperties(1)", {"ObservedProperties": 0, "Datastreams": 0, "Observations": 0}),
        ("Locations(1)", {"Locations": 0, "HistoricalLocations": 0, "Things": 1, "Observations": 1}),
        ("HistoricalLocations(1)", {"HistoricalLocations": 0, "Locations": 1, "Things": 1}),
        ("FeaturesOfInterest(1)", {"FeaturesOfInterest": 0, "Observations": 0, "Datastreams": 1}),
    ],
)  # fmt: skip
def test_what_goes_takes_along_what_cannot_be_without_it(sta: Sta, path: str, left: dict[str, int]) -> None:
    """The integrity constraints of 18-088, table 24."""
    sta.make("Things", TREE)
    sta.make("Datastreams(1)/Observations", {"result": 1})
    sta("DELETE", path)
    assert {name: sta.get(f"{name}?$count=true")["@iot.count"] for name in left} == left


def test_many_values_at_once(sta: Sta) -> None:
    """A data array gives a link for every value, or the reason why it was not taken."""
    sta.make("Things", TREE)
    body = [
        {
            "Datastream": {"@iot.id": 1},
            "components": ["phenomenonTime", "result"],
            "dataArray@iot.count": 3,
            "dataArray": [
                ["2026-06-01T12:00:00Z", 1],
                ["2026-06-01T13:00:00", 2],
                ["2026-06-01T14:00:00Z", 3.5],
            ],
        }
    ]
    links = sta("POST", "CreateObservations", body, 201)
    assert [link.startswith("error") for link in links] == [False, True, False]
    assert "no zone" in links[1]
    assert [one["result"] for one in sta.get("Observations?$orderby=result")["value"]] == [1, 3.5]
    sta(
        "POST",
        "CreateObservations",
        [{"Datastream": {"@iot.id": 1}, "components": ["x"], "dataArray": []}],
        400,
    )


def test_several_properties_measured_together(sta: Sta) -> None:
    """A MultiDatastream takes a list of as many values as it has properties."""
    thing = sta.make("Things", {"name": "Station", "description": "", "Locations": [PLACE]})
    body = {
        "name": "Wetter",
        "description": "",
        "unitOfMeasurements": [UNIT, {"name": "Prozent", "symbol": "%", "definition": "ucum:%"}],
        "multiObservationDataTypes": [MEASUREMENT, MEASUREMENT],
        "Sensor": SENSOR,
        "ObservedProperties": [SEEN, SEEN | {"name": "Feuchte"}],
    }
    id_ = sta.make(f"Things({thing})/MultiDatastreams", body)
    sta.make(f"MultiDatastreams({id_})/Observations", {"result": [20.5, 61]})
    assert "2 values" in sta("POST", f"MultiDatastreams({id_})/Observations", {"result": [1]}, 400)["message"]
    assert sta.get(f"MultiDatastreams({id_})/Observations")["value"][0]["result"] == [20.5, 61]
    assert sta.get("Datastreams")["value"] == []


def test_a_batch_does_what_its_requests_say(sta: Sta) -> None:
    """Each request has its answer; a later one uses what an earlier one made."""
    body = {
        "requests": [
            {"id": "a", "method": "post", "url": "Things", "body": TREE},
            {"id": "b", "method": "get", "url": "$a/Datastreams?$select=name"},
            {"id": "c", "method": "get", "url": "Nothing"},
        ]
    }
    answers = sta("POST", "$batch", body)["responses"]
    assert [answer["status"] for answer in answers] == [201, 200, 404]
    assert answers[1]["body"]["value"][0]["name"] == "Temperatur"


def test_a_change_set_is_done_whole_or_not_at_all(sta: Sta) -> None:
    """One bad request undoes the others; references work within, observations too."""
    good = [
        {"id": "t", "atomicityGroup": "g", "method": "post", "url": "Things", "body": {"name": "A", "description": ""}},
        {"id": "d", "atomicityGroup": "g", "method": "post", "url": "$t/Datastreams", "body": STREAM},
        {"id": "o", "atomicityGroup": "g", "method": "post", "url": "$d/Observations", "body": {"result": 7}},
    ]  # fmt: skip
    bad = [
        *good,
        {"id": "x", "atomicityGroup": "g", "method": "post", "url": "Things", "body": {"name": "B"}},
    ]
    refused = sta("POST", "$batch", {"requests": bad})["responses"]
    assert [answer["status"] for answer in refused] == [400] * 4
    assert [
        sta.get(f"{name}?$count=true")["@iot.count"] for name in ("Things", "Datastreams", "Observations")
    ] == [0, 0, 0]
    done = sta("POST", "$batch", {"requests": good})["responses"]
    assert [answer["status"] for answer in done] == [201] * 3
    assert sta.get(done[2]["location"].partition("/v1.1/")[2])["result"] == 7


def test_a_multipart_batch(sta: Sta) -> None:
    """The older form of the standard: HTTP in MIME parts, a change set inside."""
    body = (
        "--b\r\nContent-Type: application/http\r\n\r\nGET /sta/v1.1/Things HTTP/1.1\r\n\r\n\r\n"
        "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n"
        "--c\r\nContent-Type: application/http\r\nContent-ID: 1\r\n\r\n"
        'POST /sta/v1.1/Things HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{"name":"A","description":""}\r\n'
        "--c--\r\n--b--\r\n"
    )
    answer = sta.client.post(
        f"{ROOT}/$batch", content=body.encode(), headers={"content-type": "multipart/mixed; boundary=b"}
    )
    assert answer.status_code == 200
    assert "HTTP/1.1 200" in answer.text
    assert "HTTP/1.1 201" in answer.text
    assert [one["name"] for one in sta.get("Things")["value"]] == ["A"]


def test_writing_needs_the_right_key(tiny: Tiny) -> None:
    """Nobody writes without a key; a key for observations makes no things, not even inside."""
    made = make_key("logger", ["write:observations"], FixedClock().now())
    tiny.store.add_key(made.key)
    with TestClient(create_app(tiny), raise_server_exceptions=False) as client:
        assert client.post(f"{ROOT}/Things", json=TREE).status_code == 401
        headers = {"authorization": f"Bearer {made.secret}"}
        assert client.post(f"{ROOT}/Things", json=TREE, headers=headers).status_code == 401
        nested = {"result": 1, "Datastream": STREAM | {"Thing": TREE}}
        assert client.post(f"{ROOT}/Observations", json=nested, headers=headers).status_code == 401
    assert tiny.store.things.several("thing") == ()


def test_what_is_made_with_a_key_is_closed_until_it_is_opened(tiny: Tiny) -> None:
    """Default closed: readers without a key see nothing of it; `properties.access` says otherwise."""
    made = make_key("steward", ["write:things", "read:internal"], FixedClock().now())
    tiny.store.add_key(made.key)
    headers = {"authorization": f"Bearer {made.secret}"}
    with TestClient(create_app(tiny), raise_server_exceptions=False) as client:
        assert client.post(f"{ROOT}/Things", json=TREE, headers=headers).status_code == 201
        assert client.get(f"{ROOT}/Things").json()["value"] == []
        assert len(client.get(f"{ROOT}/Things", headers=headers).json()["value"]) == 1
        opened = TREE | {"properties": {"access": "open"}}
        assert client.post(f"{ROOT}/Things", json=opened, headers=headers).status_code == 201
        assert len(client.get(f"{ROOT}/Datastreams").json()["value"]) == 1
