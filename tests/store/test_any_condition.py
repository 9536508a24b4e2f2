"""Whatever is asked in the words of the language, each database answers the same, or we refuse it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from allmende.engine.series import SeriesReader
from allmende.errors import RecipeInvalid
from allmende.flow.mover import Mover
from allmende.lake.history import History
from allmende.model.observation import moment
from allmende.model.query import Query, both
from allmende.model.series import Wanted
from allmende.standards.sensorthings.expressions import FUNCTIONS, parse_filter
from allmende.standards.sensorthings.faults import BadRequest
from allmende.standards.sensorthings.mapping import SETS, our_expression
from allmende.standards.sensorthings.tokens import Tokens
from allmende.store.moves import Moves
from allmende.store.sql import SqlStore
from allmende.testing.clock import FixedClock
from allmende.testing.trees import MINUTE, NOON, plant
from tests.postgres import Postgres

ALL = ("open", "commercial", "protected", "internal")
STREAMS = frozenset({1, 2, 3})
NAMES = {
    "Observations": ["result", "result/0", "result/1/deep", "phenomenonTime", "resultTime", "id", "validTime", "parameters/n", "parameters/by", "Datastream/name", "Datastream/Thing/id", "FeatureOfInterest/name"],
    "Things": ["id", "name", "description", "properties", "properties/height", "properties/wet", "properties/park/name", "Datastreams/name", "Datastreams/id", "Datastreams/phenomenonTime", "Locations/name", "Locations/location", "HistoricalLocations/time", "MultiDatastreams/unitOfMeasurements/1/name"],
}  # fmt: skip
VALUES = [
    "0", "1", "-2.5", "1e300", "9007199254740993", "9223372036854775807", "''", "'Linde'", "'%'", "'wet'", "true", "false", "null",
    "2026-06-01T12:03:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-06-01", "duration'PT1M'",
    "duration'-P99999D'", "2026-06-01T12:00:00Z/2026-06-01T12:05:00Z", "geography'POINT (11.5 50.9)'",
    "geography'POLYGON ((11 50, 12 50, 12 51, 11 51, 11 50))'",
]  # fmt: skip
OPERATORS = ["eq", "ne", "gt", "ge", "lt", "le", "add", "sub", "mul", "div", "mod", "and", "or"]


def conditions(name: str) -> st.SearchStrategy[str]:
    """Texts of the language about one set, sensible or not."""
    leaves = st.sampled_from([*NAMES[name], *VALUES])

    def made(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        pairs = st.tuples(inner, st.sampled_from(OPERATORS), inner).map(
            lambda part: "(" + " ".join(part) + ")"
        )
        calls = st.sampled_from(sorted(FUNCTIONS.items())).flatmap(
            lambda found: st.lists(inner, min_size=found[1][0], max_size=found[1][1]).map(
                lambda operands: f"{found[0]}({','.join(operands)})"
            )
        )
        return st.one_of(pairs, calls, inner.map(lambda part: f"not ({part})"))

    return st.recursive(leaves, made, max_leaves=6)


@dataclass(frozen=True)
class Places:
    """The same trees on SQLite, on PostgreSQL, and with their values in the history."""

    stores: dict[str, SqlStore]
    series: dict[str, SeriesReader]


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> Iterator[Places]:
    """One of each for all examples."""
    folder = tmp_path_factory.mktemp("any")
    addresses = {
        "sqlite": f"sqlite:///{folder / 'store.sqlite'}",
        "postgresql": postgres.database(),
        "history": f"sqlite:///{folder / 'moved.sqlite'}",
    }
    stores = {name: SqlStore.open(address) for name, address in addresses.items()}
    for store in stores.values():
        plant(store)
    history = History(folder / "history")
    until = FixedClock(moment(NOON + 60 * MINUTE))
    Mover(Moves(stores["history"].engine), history, until, timedelta(0)).run()
    series = {name: SeriesReader(store) for name, store in stores.items()}
    series["history"] = SeriesReader(stores["history"], history)
    yield Places(stores, series)
    series["history"].close()
    for store in stores.values():
        store.close()


def asked(places: Places, where: str, name: str, text: str) -> Any:
    """The ids of what fulfils a text, or how it was refused."""
    of, store = SETS[name], places.stores[where]
    try:
        condition = both(of.narrowing, our_expression(parse_filter(Tokens(text)), of))
        if name == "Observations":
            local = store.querying.localise(condition, ALL)
            return sorted(row[2] for row in places.series[where].read(Wanted(STREAMS, local)))
        return [one.id for one in store.querying.read(Query(of.kind, condition), ALL)]
    except (RecipeInvalid, BadRequest) as error:
        return error.message


@pytest.mark.parametrize("name", sorted(NAMES))
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_the_same_answer_everywhere(places: Places, name: str, data: st.DataObject) -> None:
    """SQLite, PostgreSQL and DuckDB agree on every condition, or it is refused before they see it."""
    text = data.draw(conditions(name))
    found = asked(places, "sqlite", name, text)
    assert asked(places, "postgresql", name, text) == found
    if name == "Observations":
        assert asked(places, "history", name, text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("name eq substring(name,1e300)", 0),
        ("name eq substring(name,-2.5)", 3),
        ("name eq substring(name,0.9,1e300)", 3),
        ("name eq substring(name,0,-1)", 0),
        ("id eq ceiling(1e300)", 0),
        ("floor(-1e300) lt id", 3),
        ("round(id) eq id", 3),
    ],
)
def test_numbers_that_no_text_has(places: Places, text: str, found: int) -> None:
    """Places before, between and far behind the signs of a text, and numbers too large to be broken."""
    answers = [asked(places, where, "Things", text) for where in ("sqlite", "postgresql")]
    assert answers[0] == answers[1]
    assert len(answers[0]) == found
