"""A series says the same by SensorThings, in files of every format, and in our own interface."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from litestar import Litestar
from litestar.testing import TestClient

from allmende.share.web import create_app
from allmende.testing.clock import START
from allmende.testing.every_class import Tiny, make_tiny
from allmende.testing.watching import measure, watch

Value = tuple[datetime, Any]
_numbers = count()
_words = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
RESULTS = st.lists(
    st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-(2**53), 2**53)
    | st.booleans()
    | _words
    | st.dictionaries(_words, st.integers(-9, 9) | _words | st.none(), max_size=3)
    | st.lists(st.floats(-1, 1), max_size=3),
    min_size=1,
    max_size=9,
)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """A city of its own, since tests measure in it."""
    return make_tiny(tmp_path_factory.mktemp("series"))


@pytest.fixture(scope="module")
def client(tiny: Tiny) -> Iterator[TestClient[Litestar]]:
    """Its readers."""
    with TestClient(create_app(tiny)) as found:
        yield found


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _of_sensorthings(client: TestClient[Litestar], stream: int) -> list[Value]:
    """Along the links, some at once."""
    address: str | None = (
        f"/sta/v1.1/Datastreams({stream})/Observations?$orderby=phenomenonTime asc&$top=4&$count=true"
    )
    found: list[Value] = []
    while address:
        page = client.get(address).json()
        found += [(_moment(one["phenomenonTime"]), one["result"]) for one in page["value"]]
        address = page.get("@iot.nextLink")
    assert page["@iot.count"] == len(found)
    return found


def _of_json(body: bytes) -> list[Value]:
    return [(_moment(row["time"]), _result(row["value"], row["other"])) for row in json.loads(body)["rows"]]


def _of_csv(body: bytes) -> list[Value]:
    """Read by Arrow; a quoted empty text is one."""
    kinds = pa.csv.ConvertOptions(
        column_types=dict.fromkeys(("time", "value", "other"), pa.string()), strings_can_be_null=True,
        null_values=[""], quoted_strings_can_be_null=False,
    )  # fmt: skip
    quoted = pa.csv.ParseOptions(newlines_in_values=True)
    table = pa.csv.read_csv(io.BytesIO(body), convert_options=kinds, parse_options=quoted)
    return [
        (_moment(row["time"]), _result(row["value"] and float(row["value"]), _loaded(row["other"])))
        for row in table.to_pylist()
    ]


def _of_parquet(body: bytes) -> list[Value]:
    table = pa.parquet.read_table(io.BytesIO(body))
    return [(row["time"], _result(row["value"], _loaded(row["other"]))) for row in table.to_pylist()]


def _loaded(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def _result(number: float | None, other: Any) -> Any:
    return other if number is None else number


FILES = {"json": _of_json, "csv": _of_csv, "parquet": _of_parquet}


@settings(
    max_examples=10,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)
@example(results=[0, -0.0, 5e-324, 1.7976931348623157e308, 2**53, 0.1])
@example(results=["", "null", "NaN", '"', "a\r\nb", "\x00", True, False, {}, [], [None], {"": ""}, "21.5"])
@given(results=RESULTS)
def test_every_way_gives_the_same_values(
    tiny: Tiny, client: TestClient[Litestar], results: list[Any]
) -> None:
    """All values with their moments, in order; a text is a text and no number, a truth no text."""
    key = f"probe-{next(_numbers)}"
    stream = watch(tiny.store, key, position=(11.5833333, 50.9277778))
    begin = START - timedelta(hours=3, microseconds=1)
    measure(tiny.store, stream, begin, results)
    truth = [(begin + number * timedelta(minutes=10), one) for number, one in enumerate(results)]
    assert _typed(_of_sensorthings(client, stream.id)) == _typed(truth)
    for ending, read in FILES.items():
        body = client.get(f"/t/{key}/{stream.key}.{ending}").content
        assert _typed(read(body)) == _typed(truth), ending


def _typed(values: list[Value]) -> list[tuple[datetime, str, Any]]:
    """So that true is not 1."""
    return [(at, "number" if type(one) in (int, float) else type(one).__name__, one) for at, one in values]


def test_the_newest_value_and_the_place_are_the_same(tiny: Tiny, client: TestClient[Litestar]) -> None:
    """SensorThings, the list for maps and the page say one value, one moment, one place."""
    stream = watch(tiny.store, "newest", position=(11.5833333, 50.9277778))
    measure(tiny.store, stream, START - timedelta(minutes=30), [20.5, 21.25], minutes=10)
    (newest,) = client.get(
        f"/sta/v1.1/Datastreams({stream.id})/Observations?$orderby=phenomenonTime desc&$top=1"
    ).json()["value"]
    place = client.get(f"/sta/v1.1/Things({stream.thing_id})/Locations").json()["value"][0]["location"]
    features = client.get("/api/v1/things").json()["features"]
    (feature,) = [one for one in features if "newest" in json.dumps(one)]
    assert feature["geometry"] == place == {"type": "Point", "coordinates": [11.5833333, 50.9277778]}
    told = feature["properties"]
    assert told["value"] == newest["result"] == told["observation"]["result"] == 21.25
    assert (
        _moment(told["observation"]["phenomenon_time"])
        == _moment(newest["phenomenonTime"])
        == START - timedelta(minutes=20)
    )
    assert "21,25" in client.get("/t/newest").text
