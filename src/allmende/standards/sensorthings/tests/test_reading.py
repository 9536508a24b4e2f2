"""What a client gets: lists, single ones, parts of them, expansions, pages, formats and errors."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar
from litestar.testing import TestClient

from allmende.model.access import Access
from allmende.model.observation import Observation, Quality
from allmende.share.web import create_app
from allmende.standards.sensorthings import plan, shape
from allmende.standards.sensorthings.columns import PLAIN, Columns
from allmende.standards.sensorthings.mapping import SETS
from allmende.testing.every_class import make_tiny
from allmende.testing.trees import NOON, plant

ROOT = "http://testserver.local/sta/v1.1"
Get = Callable[[str], Any]
_TIMES = st.integers(-(10**15), 4 * 10**15) | st.integers(-(10**9), 10**9).map(lambda second: second * 10**6)
ROWS = st.builds(
    Observation,
    datastream_id=st.just(1),
    phenomenon_time=_TIMES,
    id=st.integers(1, 2**60),
    phenomenon_end=st.none() | _TIMES,
    result_time=st.none() | _TIMES,
    number=st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.integers(-5, 5).map(float),
    value=st.none() | st.sampled_from(['"wet"', "true", "[1,2]", '{"a":null}']),
    flags=st.sampled_from([0, 0, 1, 64]),
    feature_id=st.none() | st.just(4),
    extra=st.none() | st.just('{"parameters":{"n":1},"other":2}'),
)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient[Litestar]]:
    """A service with three trees, open to all."""
    tiny = make_tiny(tmp_path_factory.mktemp("sta"))
    plant(tiny.store, Access.OPEN)
    with TestClient(create_app(tiny), raise_server_exceptions=False) as found:
        yield found


@pytest.fixture
def get(client: TestClient[Litestar]) -> Get:
    """The JSON at an address below the root, which has to be there."""

    def at(path: str) -> Any:
        answer = client.get("/sta/v1.1" + path.removeprefix(ROOT))
        assert answer.status_code == 200, answer.text
        return answer.json()

    return at


def names(answer: Any) -> list[str]:
    """The names in a list."""
    return [one["name"] for one in answer["value"]]


def ids(answer: Any) -> list[int]:
    """The ids in a list."""
    return [one["@iot.id"] for one in answer["value"]]


def all_pages(get: Get, path: str) -> list[Any]:
    """Everything on all pages, walking along the links."""
    found, page = [], get(path)
    for _ in range(50):
        found += page["value"]
        if "@iot.nextLink" not in page:
            return found
        page = get(page["@iot.nextLink"])
    raise AssertionError("the pages have no end")


# --- the service ---


def test_landing(get: Get) -> None:
    """The root names every set with its address, and what of the standard is kept."""
    landing = get("")
    assert {one["name"]: one["url"] for one in landing["value"]} == {
        name: f"{ROOT}/{name}"
        for name in (
            "Things", "Locations", "HistoricalLocations", "Datastreams", "MultiDatastreams", "Sensors",
            "ObservedProperties", "Observations", "FeaturesOfInterest",
        )
    }  # fmt: skip
    assert isinstance(landing["serverSettings"]["conformance"], list)


@pytest.mark.parametrize(
    ("path", "names_of_links"),
    [
        ("Things(1)", {"Datastreams", "MultiDatastreams", "Locations", "HistoricalLocations"}),
        ("Locations(1)", {"Things", "HistoricalLocations"}),
        ("HistoricalLocations(1)", {"Thing", "Locations"}),
        ("Sensors(1)", {"Datastreams", "MultiDatastreams"}),
        ("ObservedProperties(1)", {"Datastreams", "MultiDatastreams"}),
        ("Datastreams(1)", {"Thing", "Sensor", "ObservedProperty", "Observations"}),
        ("MultiDatastreams(3)", {"Thing", "Sensor", "ObservedProperties", "Observations"}),
        ("FeaturesOfInterest(1)", {"Observations"}),
        ("Observations(9)", {"Datastream", "FeatureOfInterest"}),
        ("Observations(12)", {"MultiDatastream"}),
    ],
)
def test_every_link_leads_somewhere(get: Get, path: str, names_of_links: set[str]) -> None:
    """Every kind has its id, its own link, and links to all that the standard relates it to."""
    one = get(f"/{path}")
    assert one["@iot.selfLink"] == f"{ROOT}/{path}"
    assert path.endswith(f"({one['@iot.id']})")
    links = {name: link for name, link in one.items() if name.endswith("@iot.navigationLink")}
    assert {name.partition("@")[0] for name in links} == names_of_links
    for link in links.values():
        found = get(link)
        assert "@iot.id" in found or isinstance(found["value"], list)


def test_properties_of_each_kind(get: Get) -> None:
    """The properties of the standard under its names, with their values."""
    stream = get("/Datastreams(1)")
    assert stream["unitOfMeasurement"] == {
        "name": "percent", "symbol": "%", "definition": "https://example.org/percent", "ucumCode": "%",
    }  # fmt: skip
    assert stream["observationType"].endswith("OM_Measurement")
    assert stream["phenomenonTime"] == "2026-06-01T12:00:00Z/2026-06-01T12:07:00Z"
    assert stream["observedArea"]["type"] == "Polygon"
    multi = get("/MultiDatastreams(3)")
    assert [unit["symbol"] for unit in multi["unitOfMeasurements"]] == ["%", "°C"]
    assert get("/Locations(1)")["location"] == {"type": "Point", "coordinates": [11.5, 50.9]}
    assert get("/HistoricalLocations(1)")["time"] == "2026-01-01T00:00:00Z"
    assert get("/Sensors(1)")["metadata"] == "https://example.org/probe"
    assert get("/ObservedProperties(1)")["definition"] == "https://example.org/soil"
    seen = get("/Observations(9)")
    assert (seen["result"], seen["phenomenonTime"], seen["resultTime"]) == (
        -7.5,
        "2026-06-01T12:00:00Z",
        None,
    )
    assert seen["parameters"] == {"by": "hand", "n": 3}
    assert get("/Observations(10)")["phenomenonTime"] == "2026-06-01T12:00:00.500Z/2026-06-01T13:00:00Z"
    assert get("/Observations(11)")["result"] is True
    assert get("/Observations(12)")["result"] == [5, {"deep": "x"}, 2.5]


def test_doubts_are_told() -> None:
    """A value that our rules doubt says so, alone and in a page; what the producer said stays."""
    row = Observation(
        1, NOON, 7, number=3.5, flags=Quality.RANGE | Quality.STUCK, extra='{"doubts":[{"rule":"range"}]}'
    )
    told = {"flags": ["range", "stuck"], "doubts": [{"rule": "range"}]}
    assert shape.observation(shape.row_of(row))["resultQuality"] == told
    text = json.loads(Columns([shape.row_of(row)]).json(ROOT, "Datastream"))
    assert text[0]["resultQuality"] == told
    own = replace(row, extra='{"resultQuality":"poor"}')
    assert shape.observation(shape.row_of(own))["resultQuality"] == "poor"


@given(st.lists(ROWS, min_size=1, max_size=6))
def test_pages_are_written_as_single_ones(rows: list[Observation]) -> None:
    """The fast way of writing a page gives the same as the slow way for each."""
    lines = [shape.row_of(row) for row in rows]
    page = json.loads(Columns(lines).json(ROOT, "Datastream"))
    of = SETS["Observations"]
    single = [shape.entity(ROOT, of, row[shape.ID], shape.observation(row)) for row in lines]
    for one, row in zip(single, rows, strict=True):
        del one["MultiDatastream@iot.navigationLink"]
        if row.feature_id is None:
            del one["FeatureOfInterest@iot.navigationLink"]
    assert page == single
    plain = [{name: one[name] for name in PLAIN} for one in single]
    assert json.loads(Columns(lines).chosen(PLAIN)) == plain
    assert json.loads(Columns(lines).arrays(PLAIN)) == [list(one.values()) for one in plain]


# --- addresses ---


def test_paths_through_relations(get: Get) -> None:
    """From one to the next, as deep as the relations go."""
    assert names(get("/Things(1)/Datastreams")) == ["Series of Linde"]
    assert get("/Things(1)/Datastreams(1)/Observations(3)/Datastream/Thing")["name"] == "Linde"
    assert get("/Observations(9)/FeatureOfInterest")["name"] == "Square"
    assert ids(get("/FeaturesOfInterest(1)/Observations")) == [9]
    assert names(get("/ObservedProperties(2)/MultiDatastreams")) == ["Series of O'Hara's Ahorn ß"]
    assert names(get("/ObservedProperties(2)/Datastreams")) == []
    assert names(get("/HistoricalLocations(2)/Locations")) == ["At Eiche"]
    assert get("/Locations(1)/HistoricalLocations")["value"][0]["@iot.id"] == 1


def test_parts(get: Get, client: TestClient[Litestar]) -> None:
    """A property as JSON, its bare value, parts of JSON; nothing for null."""
    assert get("/Things(1)/name") == {"name": "Linde"}
    assert get("/Things(1)/properties/park") == {"park": {"name": "Park 0"}}
    assert get("/Observations(12)/result/1/deep") == {"deep": "x"}
    assert client.get("/sta/v1.1/Things(1)/name/$value").text == "Linde"
    assert client.get("/sta/v1.1/Observations(1)/result/$value").text == "0"
    assert client.get("/sta/v1.1/Things(1)/properties/$value").json()["height"] == 10.5
    assert client.get("/sta/v1.1/Observations(9)/resultTime").status_code == 204
    assert client.get("/sta/v1.1/Observations(9)/resultQuality").status_code == 204


def test_references(get: Get) -> None:
    """`$ref` gives links only, page by page."""
    page = get("/Things/$ref?$top=2")
    assert page["value"] == [{"@iot.selfLink": f"{ROOT}/Things({number})"} for number in (1, 2)]
    assert get(page["@iot.nextLink"])["value"] == [{"@iot.selfLink": f"{ROOT}/Things(3)"}]
    assert get("/Datastreams(1)/Thing/$ref") == {"@iot.selfLink": f"{ROOT}/Things(1)"}
    assert get("/Things(1)/Datastreams/$ref")["value"] == [{"@iot.selfLink": f"{ROOT}/Datastreams(1)"}]


# --- options ---


def test_options_together(get: Get) -> None:
    """First the condition, then the count, the order, the part to pass over, the page; last what is shown."""
    query = "$select=result&$expand=Datastream($select=name)&$top=2&$skip=1&$orderby=result&$count=true&$filter=result ge 1"
    page = get(f"/Observations?{query}")
    assert page["@iot.count"] == 6
    assert page["value"] == [
        {"result": result, "Datastream": {"name": "Series of Linde"}} for result in (1.5, 2)
    ]


def test_select(get: Get) -> None:
    """Only what is named; of JSON only the named part."""
    assert get("/Things(1)?$select=id,name") == {"@iot.id": 1, "name": "Linde"}
    assert get("/Things(1)?$select=properties/height") == {"properties": {"height": 10.5}}
    assert get("/Observations?$select=result&$top=1")["value"] == [{"result": 3.5}]
    assert "Datastreams@iot.navigationLink" in get("/Things(1)?$select=Datastreams")


def test_expand(get: Get) -> None:
    """Several levels, each with its own options, and the rest of a long list behind a link."""
    text = "Datastreams($select=name;$expand=Observations($top=2;$orderby=result desc;$filter=result lt 3;$count=true))"
    one = get(f"/Things(1)?$expand={quote(text)},Locations($select=name)")
    assert one["Locations"] == [{"name": "At Linde"}]
    (stream,) = one["Datastreams"]
    assert [seen["result"] for seen in stream["Observations"]] == [2.5, 2]
    assert stream["Observations@iot.count"] == 6
    rest = get(stream["Observations@iot.nextLink"])
    assert [seen["result"] for seen in rest["value"]] == [1.5, 1]
    assert rest["@iot.count"] == 6
    assert set(stream) == {"name", "Observations", "Observations@iot.count", "Observations@iot.nextLink"}


def test_expand_of_one(get: Get) -> None:
    """To-one relations are an object, also of observations; a relation to nothing stays away."""
    seen = get(
        "/Observations?$filter=id le 9 or id eq 12&$expand=Datastream/Thing,MultiDatastream,FeatureOfInterest"
    )
    by_id = {one["@iot.id"]: one for one in seen["value"]}
    assert by_id[9]["Datastream"]["Thing"]["name"] == "Eiche"
    assert by_id[9]["FeatureOfInterest"]["name"] == "Square"
    assert "FeatureOfInterest" not in by_id[1]
    assert by_id[12]["MultiDatastream"]["name"] == "Series of O'Hara's Ahorn ß"
    assert "Datastream" not in by_id[12]
    assert get("/HistoricalLocations(1)?$expand=Thing,Locations")["Thing"]["name"] == "Linde"


def test_expand_newest(get: Get) -> None:
    """The newest value of every series at once, the usual wish of a map."""
    streams = get("/Datastreams?$expand=Observations($top=1;$orderby=phenomenonTime desc;$select=id)")[
        "value"
    ]
    assert [[seen["@iot.id"] for seen in one["Observations"]] for one in streams] == [[8], [11]]
    rest = get(streams[0]["Observations@iot.nextLink"].replace("$top=1", "$top=100"))
    assert ids(rest) == [7, 6, 5, 4, 3, 2, 1]


def test_expand_reads_each_level_once(get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three trees ask no more of the store than one."""
    from allmende.store.querying import SqlQuerying

    calls: list[str] = []
    for name in ("read", "related", "ids"):
        real = getattr(SqlQuerying, name)

        def counted(self: Any, *args: Any, real: Any = real) -> Any:
            calls.append(real.__name__)
            return real(self, *args)

        monkeypatch.setattr(SqlQuerying, name, counted)
    text = "?$expand=Datastreams/Observations($top=1),Locations/HistoricalLocations&$top="
    get(f"/Things{text}1")
    of_one, calls[:] = list(calls), []
    get(f"/Things{text}3")
    assert len(calls) == len(of_one) > 3


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("/Datastreams?$filter=Observations/result gt 3", [1]),
        ("/Datastreams?$filter=Observations/result eq 'wet' or Observations/result eq 0", [1, 2]),
        ("/Things?$filter=Datastreams/Observations/result gt 3 and name eq 'Linde'", [1]),
        ("/Things?$filter=not Datastreams/Observations/result gt 3", [2, 3]),
        ("/Things?$filter=Datastreams/Observations/FeatureOfInterest/name eq 'Square'", [2]),
        ("/Things?$filter=MultiDatastreams/Observations/result/0 eq 5", [3]),
        ("/FeaturesOfInterest?$filter=Observations/phenomenonTime ge 2026-06-01T12:00:00Z", [1]),
        ("/FeaturesOfInterest?$filter=Observations/result gt 3", []),
        ("/Things(1)/Datastreams?$count=true&$filter=Observations/result gt 3", [1]),
    ],
)
def test_conditions_on_observations(get: Get, path: str, wanted: list[int]) -> None:
    """Things and series are found by their values."""
    found = get(path)
    assert ids(found) == wanted
    assert found.get("@iot.count", len(wanted)) == len(wanted)


def test_count(get: Get) -> None:
    """The count is over all pages and under the filter, whatever page is asked for."""
    assert get("/Things?$count=true&$top=1")["@iot.count"] == 3
    assert get("/Observations?$count=true&$top=0") == {"@iot.count": 12, "value": []}
    assert get("/Observations?$count=true&$filter=result gt 1&$skip=3")["@iot.count"] == 5
    page = get("/Things?$count=true&$top=1")
    assert get(page["@iot.nextLink"])["@iot.count"] == 3
    assert "@iot.count" not in get("/Things?$count=false")


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("/Things?$top=1", [1, 2, 3]),
        ("/Things?$top=2&$orderby=name desc", [3, 1, 2]),
        ("/Observations?$top=5", [8, 7, 6, 5, 4, 3, 11, 2, 10, 12, 9, 1]),
        ("/Observations?$top=5&$orderby=phenomenonTime desc", [8, 7, 6, 5, 4, 3, 11, 2, 10, 12, 9, 1]),
        ("/Observations?$top=1&$orderby=phenomenonTime asc", [1, 9, 12, 10, 2, 11, 3, 4, 5, 6, 7, 8]),
        ("/Observations?$top=7&$orderby=phenomenonTime,id", [1, 9, 12, 10, 2, 11, 3, 4, 5, 6, 7, 8]),
        ("/Observations?$top=2&$orderby=result&$filter=result gt 1", [4, 5, 6, 7, 8]),
        ("/Observations?$top=4&$skip=3", [5, 4, 3, 11, 2, 10, 12, 9, 1]),
        ("/Observations?$top=5&$orderby=Datastream/id,result desc", [8, 7, 6, 5, 4, 3, 2, 1, 9, 10, 11, 12]),
        ("/Datastreams(1)/Observations?$top=3&$orderby=phenomenonTime", [1, 2, 3, 4, 5, 6, 7, 8]),
        ("/FeaturesOfInterest(1)/Observations?$top=1", [9]),
    ],
)
def test_pages(get: Get, path: str, wanted: list[int]) -> None:
    """Walking along the links gives everything once, in order, and then ends."""
    assert [one["@iot.id"] for one in all_pages(get, path)] == wanted


def test_server_driven_paging(get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody gets everything at once, whatever is asked for."""
    monkeypatch.setattr(plan, "LARGEST_PAGE", 2)
    page = get("/Things?$top=999999")
    assert ids(page) == [1, 2]
    assert ids(get(page["@iot.nextLink"])) == [3]


def test_a_hostile_host(client: TestClient[Litestar]) -> None:
    """A name of a host with quotation marks stays inside of its text."""
    found = client.get("/sta/v1.1/Datastreams(1)/Observations?$top=1", headers={"host": 'a","result":"b'})
    assert found.status_code == 400 or found.json()["value"][0]["result"] == 3.5


# --- formats ---


def test_data_array(get: Get) -> None:
    """Columns once, then the values of each series."""
    answer = get("/Observations?$resultFormat=dataArray&$filter=id le 2 or id eq 12&$count=true")
    assert answer["@iot.count"] == 3
    first, second = answer["value"]
    assert first["Datastream@iot.navigationLink"] == f"{ROOT}/Datastreams(1)"
    assert first["components"] == ["id", "phenomenonTime", "resultTime", "result"]
    assert first["dataArray"][1] == [1, "2026-06-01T12:00:00Z", "2026-06-01T12:00:00Z", 0]
    assert first["dataArray@iot.count"] == 2
    assert second["MultiDatastream@iot.navigationLink"] == f"{ROOT}/MultiDatastreams(3)"
    chosen = get("/Datastreams(1)/Observations?$resultFormat=dataArray&$select=result&$top=1")["value"]
    assert (chosen[0]["components"], chosen[0]["dataArray"]) == (["result"], [[3.5]])


def test_geojson(client: TestClient[Litestar], get: Get) -> None:
    """Things where they stand, with flat properties for a map."""
    address = (
        "/sta/v1.1/Things?$expand=Datastreams($select=name),Locations($select=location)&$resultFormat=GeoJSON"
    )
    answer = client.get(address)
    assert answer.headers["content-type"] == "application/geo+json"
    collection = answer.json()
    assert collection["type"] == "FeatureCollection"
    first = collection["features"][0]
    assert first["geometry"] == {"type": "Point", "coordinates": [11.5, 50.9]}
    assert first["properties"]["Datastreams/0/name"] == "Series of Linde"
    assert first["properties"]["properties/park/name"] == "Park 0"
    assert not any("location" in name or "Link" in name for name in first["properties"])
    assert get("/Datastreams?$resultFormat=GeoJSON")["features"][1]["geometry"] is None
    assert get("/FeaturesOfInterest(1)?$resultFormat=GeoJSON")["geometry"]["type"] == "Polygon"
    seen = get("/Observations?$resultFormat=GeoJSON&$expand=Datastream/Thing/Locations&$top=1")
    assert seen["features"][0]["geometry"]["coordinates"] == [11.5, 50.9]


def test_csv(client: TestClient[Litestar]) -> None:
    """A table; the next page stands in the header."""
    answer = client.get(
        "/sta/v1.1/Observations?$resultFormat=CSV&$filter=id ge 9&$top=2&$expand=Datastream($select=name)"
    )
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.text.splitlines() == [
        "id,phenomenonTime,resultTime,result,Datastream/name",
        "11,2026-06-01T12:01:00Z,,true,Series of Eiche",
        "10,2026-06-01T12:00:00.500Z/2026-06-01T13:00:00Z,,wet,Series of Eiche",
    ]
    link = answer.headers["link"]
    assert link.startswith(f"<{ROOT}/Observations?")
    assert link.endswith('>; rel="next"')
    one = client.get("/sta/v1.1/Things(3)?$resultFormat=CSV&$select=name").text
    assert one.splitlines() == ["name", "O'Hara's Ahorn ß"]


# --- errors ---


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/Trees", 404, "no set 'Trees'"),
        ("/Things(99)", 404, "no Thing 99"),
        ("/Things('a')", 404, "Ids are whole numbers"),
        ("/Things(1)/Datastreams(2)", 404, "no Datastream 2"),
        ("/Things(1)/Colour", 404, "no 'Colour'"),
        ("/Things/Datastreams", 404, "does not follow a list"),
        ("/Things/$value", 404, "no $value"),
        ("/Datastreams(3)", 404, "no Datastream 3"),
        ("/MultiDatastreams(1)", 404, "no MultiDatastream 1"),
        ("/Observations(12)/Datastream", 404, "nothing at this address"),
        ("/Datastreams(2)/Observations(1)", 404, "nothing at this address"),
        ("/Things(1)/properties/nothing", 404, "there is no 'properties/nothing'"),
        ("/Things?$filter=nam eq 'a'", 400, "'nam' (character 1)"),
        ("/Things?$filter=name eq", 400, "character 8"),
        ("/Things?$filter=name gt 5", 400, "cannot be compared"),
        ("/Things?$orderby=Datastreams", 400, "is a relation"),
        ("/Things?$select=colour", 400, "'colour'"),
        ("/Things?$expand=Observations", 400, "'Observations' (character 1)"),
        ("/Things?$top=-1", 400, "whole number"),
        ("/Things?$resultFormat=dataArray", 400, "observations only"),
        ("/Things?$resultFormat=XML", 400, "no format"),
        ("/Things?$top=1&$top=2", 400, "twice"),
        ("/Things?sort=name", 400, "no query option"),
        ("/Things?$skiptoken=abc", 400, "no mark of ours"),
        ("/Things?$skiptoken=1.2", 400, "no mark of ours"),
        ("/Things?$filter=%FF", 400, "cannot be read"),
        ("/Things?knownOn=2026-06-01T00:00:00Z", 400, "as they were known"),
        ("/Things(1)?$filter=true", 400, "$filter is for lists"),
        ("/Things(1)/name?$select=name", 400, "$select is for lists"),
        ("/Observations?$orderby=Datastream/name", 400, "sorted by their own fields"),
        ("/Observations?$filter=Datastream/id eq id", 400, "cannot be compared"),
        ("/Observations?knownOn=yesterday", 400, "knownOn"),
        ("/Datastreams?$filter=Observations/result gt id", 400, "with values only"),
        ("/Observations?$filter=Datastream/Observations/result gt 1", 400, "other observations"),
    ],
)
def test_errors(client: TestClient[Litestar], path: str, status: int, words: str) -> None:
    """Every mistake is the reader's, with what is wrong and where; in the shape of the standard's service."""
    answer = client.get("/sta/v1.1" + path)
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert (body["code"], body["type"]) == (status, "error")
    assert words in body["message"]
