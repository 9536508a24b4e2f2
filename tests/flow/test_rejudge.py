"""New limits for old values: judged again as revisions, and what was thought before stays known."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from allmende.catalogue.doubts import doubts_of
from allmende.cli import execute
from allmende.engine.series import SeriesReader
from allmende.flow.datastreams import Datastreams
from allmende.flow.quality import make_judge
from allmende.flow.rejudge import Rejudged, rejudge
from allmende.model.limits import Correction, Doubt, Limits
from allmende.model.message import Arrival
from allmende.model.observation import Observation, Quality, microseconds
from allmende.model.series import Wanted
from allmende.model.thing import Datastream, ObservedProperty, Sensor, Thing
from allmende.store.observations import now
from allmende.store.sql import SqlStore
from allmende.structure.quality.judge import mark_place
from allmende.testing.clock import START

NUMBERS = [20.0, 58.0, 20.5, 40.0, 20.6]


class Old:
    """A store with values that came in under old limits."""

    def __init__(self, store: SqlStore) -> None:
        self.store = store
        thing = store.things.add(Thing(0, "Tree 7", key="tree-7"))
        sensor = store.things.add(Sensor(0, "Probe"))
        moisture = store.things.add(ObservedProperty(0, "Soil moisture", "urn:x", key="soil"))
        made = Datastream(0, "m", thing.id, sensor.id, (moisture.id,), properties={"limits": {"maximum": 50}})
        self.stream: Datastream = store.things.add(made)
        store.observations.judge = make_judge(store, Datastreams(store.things))
        for index, number in enumerate(NUMBERS):
            row = Observation(self.stream.id, self.time(index), 0, number=number)
            if index == 2:
                mark_place([row], [Doubt("gateway", 3.0)])
            store.observations.append([Arrival([row])])

    def time(self, index: int) -> int:
        return microseconds(START + timedelta(minutes=10 * index))

    def change(self, limits: Limits, correction: Correction | None = None) -> None:
        """The city's file has other limits now."""
        properties = {"limits": limits.as_json(), "correction": (correction or Correction()).as_json()}
        self.store.things.update(replace(self.stream, properties=properties))

    def again(self, first: int = 0) -> Rejudged:
        """Judge from the value number `first` on."""
        watched = self.store.things.watched()[0]
        series = SeriesReader(self.store)
        return rejudge(series, watched, self.time(first), self.store.observations.change)

    def rows(self, known_on: int | None = None) -> list[Observation]:
        """All values, oldest first."""
        wanted = Wanted(frozenset({self.stream.id}), known_on=known_on)
        return [Observation(*row) for row in SeriesReader(self.store).read(wanted)][::-1]


@pytest.fixture
def old(tmp_path: Path) -> Old:
    """Five values, the second above 50, the third at the gateway's place."""
    return Old(SqlStore.open(f"sqlite:///{tmp_path / 'store.sqlite'}"))


def test_values_are_judged_by_the_new_limits_and_the_old_judgement_stays_known(old: Old) -> None:
    """58 is fine now, 40 is a jump; what is known of the place is kept."""
    before = now()
    old.change(Limits(maximum=60, max_rate=60.0))
    assert old.again() == Rejudged(old.stream.id, 5, 2)
    flags = [0, Quality.RATE, Quality.POSITION, Quality.RATE, 0]
    assert [row.flags for row in old.rows()] == flags
    assert [d.oddity for d in doubts_of(old.rows()[1].extra)] == ["rate"]
    assert [row.revision for row in old.rows()] == [1, 2, 1, 2, 1]
    assert [row.flags for row in old.rows(before)] == [0, Quality.RANGE, Quality.POSITION, 0, 0]
    assert old.again().changed == 0


def test_a_calibration_that_comes_later_starts_from_the_raw_numbers(old: Old) -> None:
    """Twice changed is not twice applied."""
    old.change(Limits(), Correction((1.0, 1.0)))
    assert old.again().changed == 5
    assert [(row.number, row.raw) for row in old.rows()] == [(n + 1, n) for n in NUMBERS]
    old.change(Limits(), Correction((2.0, 1.0)))
    old.again()
    assert [row.number for row in old.rows()] == [n + 2 for n in NUMBERS]
    old.change(Limits())
    old.again()
    assert [(row.number, row.raw, row.flags & Quality.CORRECTED) for row in old.rows()] == [
        (n, None, 0) for n in NUMBERS
    ]


def test_values_before_the_first_day_are_looked_at_but_left(old: Old) -> None:
    """They are what the first one is compared with."""
    old.change(Limits(maximum=10, max_rate=60.0))
    assert old.again(3) == Rejudged(old.stream.id, 2, 2)
    assert [row.revision for row in old.rows()] == [1, 1, 1, 2, 2]


def test_more_than_a_page_is_judged(old: Old, monkeypatch: pytest.MonkeyPatch) -> None:
    """Page by page, none twice and none left out."""
    monkeypatch.setattr("allmende.flow.rejudge.PAGE", 2)
    old.change(Limits(maximum=10))
    assert old.again() == Rejudged(old.stream.id, 5, 5)
    assert [d.limit for d in doubts_of(old.rows()[1].extra)] == [10.0]


def test_the_command_tells_what_it_changed(tmp_path: Path, capsys: Any) -> None:
    """And a pattern that fits nothing is refused."""
    city = tmp_path / "city"
    city.mkdir()
    (city / "city.toml").write_text('name = "Kleinstadt"\n[contact]\npublisher = "Stadt"\n')
    data = tmp_path / "data"
    data.mkdir()
    old = Old(SqlStore.open(f"sqlite:///{data / 'store.sqlite'}"))
    old.change(Limits(maximum=60))
    old.store.close()
    arguments = ["judge", str(city), "--data", str(data), "--since", "2026-11-22"]
    assert execute(arguments) == 0
    told = capsys.readouterr().out
    assert "Tree 7, Soil moisture: 1 of 5 values" in told
    assert execute([*arguments, "--things", "bush-*"]) == 1
