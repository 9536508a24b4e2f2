"""From sensors to sentences: datasets from observations, and a dead sensor that greys out all made of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from allmende.flow.datastreams import Datastreams
from allmende.flow.quality import make_judge
from allmende.flow.recompute import SAME, Recomputer
from allmende.flow.run import run_city
from allmende.model.access import ANONYMOUS, Access
from allmende.model.city import City
from allmende.model.dataset import Column, Dataset
from allmende.model.document import Paragraph, Span
from allmende.model.figure import FigureId
from allmende.model.knowledge import Indicator, Recipe, Story
from allmende.model.message import Arrival, Change, Message
from allmende.model.observation import Observation, microseconds
from allmende.model.observed import TRUSTS, observed_columns
from allmende.model.run import Outcome
from allmende.model.text import Text
from allmende.model.thing import Datastream, Location, ObservedProperty, Sensor, Thing, Unit
from allmende.model.watched import Selection
from allmende.share.web import reads_of
from allmende.store.sql import SqlStore
from allmende.testing.clock import START, FixedClock
from allmende.testing.small import small_city
from allmende.testing.small_work import small_workspace

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LIMITS = {"minimum": 0, "maximum": 60, "stuck_after": 7200, "silence_after": 7200}
MEAN = "select period, avg(value) as moisture from soil where value is not null group by period"


def soil_city(**changes: object) -> City:
    """Soil moisture by day and probe, its mean over the city, and a story about both."""
    soil = Dataset(
        "soil", Text("Bodenfeuchte", "Soil moisture"), observations=Selection(("soil-moisture",), days=30),
        columns=observed_columns("day"), key=("series", "period"), licence="cc0-1.0", access=Access.OPEN,
        publisher="Stadt Kleinstadt",
    )  # fmt: skip
    mean = Dataset(
        "soil-mean", Text("Mittel", "Mean"), recipe="soil-mean", key=("period",), access=Access.OPEN,
        columns=(Column("period", "date"), Column("moisture", "number", unit="%")),
    )  # fmt: skip
    by_probe = Indicator(
        "probe", Text("Feuchte", "Moisture"), Text("Mittel je Tag", "Mean by day"), "soil", "value",
        period_column="period", place_column="series",
    )  # fmt: skip
    in_city = Indicator(
        "city",
        Text("Feuchte", "Moisture"),
        Text("Mittel", "Mean"),
        "soil-mean",
        "moisture",
        period_column="period",
    )
    body = (
        'Sonde 3 sagt {{ value("probe", place="probe-3") }}, Sonde 1 {{ value("probe", place="probe-1") }}.'
    )
    story = Story("dry", "de", "Ist es trocken?", 'Im Mittel {{ value("city") }}.', body, indicator="city")
    return replace(
        small_city(),
        datasets={"soil": replace(soil, **changes), "soil-mean": mean},  # type: ignore[arg-type]
        sources={},
        recipes={"soil-mean": Recipe("soil-mean", MEAN)},
        indicators={"probe": by_probe, "city": in_city},
        stories={("dry", "de"): story},
    )


def _arrival(datastream: int, time: datetime, number: float, received: datetime) -> Arrival:
    row = Observation(datastream, microseconds(time), 0, number=number)
    return Arrival([row], Message("way", b"", received))


class Field:
    """Probes that speak every ten minutes, one after another hour, as the clock goes."""

    def __init__(self, city: City, folder: Path, monkeypatch: pytest.MonkeyPatch, probes: int = 4) -> None:
        self.workspace = small_workspace(city, folder, b"")
        self.clock = self.workspace.clock
        assert isinstance(self.workspace.store, SqlStore)
        self.store = self.workspace.store
        # The store stamps rows by the machine's clock; here time goes as the test says.
        monkeypatch.setattr("allmende.store.observations.now", lambda: microseconds(self.clock.now()))
        self.store.observations.judge = make_judge(self.store, Datastreams(self.store.things))
        self.ids = [self._add(number) for number in range(1, probes + 1)]

    def _add(self, number: int) -> int:
        things = self.store.things
        moisture = things.keep(ObservedProperty(0, "Soil moisture", "urn:x", key="soil-moisture"))
        sensor = things.keep(Sensor(0, "Probe", key="probe"))
        thing = things.add(Thing(0, f"Sonde {number}", key=f"tree-{number}", access=Access.OPEN))
        point = {"type": "Point", "coordinates": [11.58 + number / 1000, 50.92]}
        place = things.add(Location(0, f"Baum {number}", geometry=point, key=f"place-{number}"))
        things.place(thing.id, [place.id], START)
        made = Datastream(
            0, "m", thing.id, sensor.id, (moisture.id,), units=(Unit(ucum="%"),), key=f"probe-{number}",
            properties={"limits": LIMITS}, access=Access.OPEN,
        )  # fmt: skip
        return things.add(made).id

    def live(self, hours: int, value: Callable[[int, int], float | None]) -> None:
        """Let hours pass; `value(probe, hour)` is what it measures around, None when it is silent."""
        for hour in range(hours):
            for ten in range(6):
                assert isinstance(self.clock, FixedClock)
                self.clock.advance(timedelta(minutes=10))
                self._say(hour, ten, value)

    def _say(self, hour: int, ten: int, value: Callable[[int, int], float | None]) -> None:
        """All probes at once, in one commit."""
        now, arrivals = self.clock.now(), []
        for probe, id_ in enumerate(self.ids, 1):
            number = value(probe, hour)
            if number is not None:
                told = number if number == 13.0 else number + math.sin(ten + hour)
                arrivals.append(_arrival(id_, now, told, now))
        self.store.observations.append(arrivals)

    def push(self, datastream: int, time: datetime, number: float) -> int:
        """One value as a message; its observation's number."""
        arrival = _arrival(datastream, time, number, self.clock.now())
        return self.store.observations.append([arrival])[0].observation_ids[0]

    def run(self) -> dict[str, Outcome]:
        """Run the city once."""
        runs = run_city(self.workspace, lambda run: None)
        failed = [f"{run.step}: {run.message}" for run in runs if run.outcome == "failed"]
        assert not failed, failed
        return {str(run.step): run.outcome for run in runs}

    def rows(self, series: str) -> list[dict[str, object]]:
        """The newest version's rows of one datastream."""
        version = self.store.latest_versions()["soil"]
        table = self.workspace.lake.read("soil", version.lake_version).read_all()
        return [row for row in table.to_pylist() if row["series"] == series]

    def trusts(self) -> dict[str, str]:
        """How far things can be trusted now: map points, indicators, and the sentences of the story."""
        figures = self.workspace.figures
        shown = {name: figures.latest("probe", name) for name in ("probe-1", "probe-3")}
        story = self.store.story("dry", "de")
        spans = [s for b in story.blocks if isinstance(b, Paragraph) for s in b.spans if s.figure]
        said: list[Span] = [*spans, *(span for span in story.answer if span.figure)]
        points = {name: str(self.rows(name)[-1]["state"]) for name in shown}
        city = figures.latest("city")
        things = {
            thing.key: thing.trust
            for thing in reads_of(self.workspace).things_state(ANONYMOUS, self.clock.now())
        }
        return {
            **{f"thing {key}": trust for key, trust in things.items()},
            **{f"point {name}": state for name, state in points.items()},
            **{name: figure.trust if figure else "none" for name, figure in shown.items()},
            "city": city.trust if city else "none",
            "sentences": " ".join(span.trust or "" for span in said),
            "story": story.trust,
        }


@pytest.fixture
def field(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Field:
    """Four probes that have been well for three days."""
    found = Field(soil_city(), tmp_path / "data", monkeypatch)
    found.live(72, lambda probe, hour: 20.0 + probe)
    return found


def test_healthy_sensors_make_trusted_numbers(field: Field) -> None:
    """One row per probe and finished day, with mean, coverage, unit and place; everything made of it is ok."""
    assert field.run()["publish:soil"] == "new"
    rows = field.rows("probe-2")
    assert [str(row["period"]) for row in rows] == ["2026-11-22", "2026-11-23", "2026-11-24"]
    whole = rows[1]
    assert (whole["thing"], whole["credible"], whole["doubted"], whole["coverage"]) == ("tree-2", 144, 0, 1.0)
    assert whole["value"] == pytest.approx(22.0, abs=0.1)
    assert whole["geometry"] is not None
    columns = {column.name: column for column in field.store.latest_versions()["soil"].columns}
    assert (columns["value"].unit, columns["state"].values) == ("%", TRUSTS)
    assert set(field.trusts().values()) <= {"ok", "ok ok ok"}


def test_a_sensor_that_falls_silent_greys_out_all_that_is_made_of_it(field: Field) -> None:
    """Within one run: its point, its indicator, the city's mean and each sentence; other probes' points stay.

    The mean itself has not changed by a digit: it is what it stands on that is doubtful now.
    """
    field.run()
    field.live(5, lambda probe, hour: None if probe == 3 else 20.0 + probe)
    done = field.run()
    assert (done["publish:soil"], done["recipe:soil-mean"], done["story:dry.de"]) == (
        "new",
        "unchanged",
        "new",
    )
    found = field.trusts()
    assert found["thing tree-3"] == found["point probe-3"] == found["probe-3"] == "stale"
    assert found["thing tree-1"] == "ok"
    assert found["city"] == found["story"] == "stale"
    assert found["point probe-1"] == "ok"
    silent = next(c for c in field.store.latest_versions()["soil"].checks if c.name == "silent")
    assert (silent.passed, silent.failed_rows) == (False, 1)
    assert "Sonde 3" in silent.detail


def test_a_single_cell_and_a_recipe_that_keeps_the_state_know_it_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each row has its own state: where a recipe takes it along, one dead probe of many is not lost."""
    city = soil_city()
    sql = "select series, period, value * 2 as twice, state from soil where value is not null"
    columns = (
        Column("series"), Column("period", "date"), Column("twice", "number"), Column("state", values=TRUSTS)
    )  # fmt: skip
    twice = replace(
        city.datasets["soil-mean"], id="twice", recipe="twice", columns=columns, key=("series", "period")
    )
    indicator = replace(city.indicators["probe"], id="twice", dataset="twice", value_column="twice")
    city = replace(
        city,
        datasets={**city.datasets, "twice": twice},
        recipes={**city.recipes, "twice": Recipe("twice", sql)},
        indicators={**city.indicators, "twice": indicator},
    )
    field = Field(city, tmp_path / "data", monkeypatch, probes=20)
    field.live(30, lambda probe, hour: 20.0 + probe)
    field.live(5, lambda probe, hour: None if probe == 3 else 20.0 + probe)
    field.run()
    figures = field.workspace.figures
    found = [figures.latest("twice", name) for name in ("probe-3", "probe-1")]
    assert [figure.trust if figure else "" for figure in found] == ["stale", "ok"]
    pin = field.store.latest_versions()["soil"].pin
    cells = [
        {"column": "value", "key.series": name, "key.period": "2026-11-23"} for name in ("probe-3", "probe-1")
    ]
    ids = [FigureId.of("cell", "soil", pin.version, cell=cell) for cell in cells]
    assert [figures.resolve(id_).trust for id_ in ids] == ["stale", "ok"]


def test_a_sensor_that_hangs_greys_out_all_that_is_made_of_it(field: Field) -> None:
    """It still sends, but one and the same value."""
    field.run()
    field.live(6, lambda probe, hour: 13.0 if probe == 3 else 20.0 + probe)
    field.run()
    found = field.trusts()
    assert found["thing tree-3"] == found["point probe-3"] == found["probe-3"] == "suspect"
    assert found["city"] == found["story"] == "suspect"


def test_trouble_is_seen_within_an_hour_and_not_only_when_the_day_has_ended(field: Field) -> None:
    """Hours are sums: in the one in which a sensor begins to hang it still has credible values."""
    field.run()
    field.live(2, lambda probe, hour: 13.0 if probe == 3 else 20.0 + probe)
    seen = []
    for _ in range(3):
        field.live(1, lambda probe, hour: 13.0 if probe == 3 else 20.0 + probe)
        field.run()
        seen.append(field.trusts()["probe-3"])
    assert seen[-1] == "suspect"


def test_one_of_many_greys_out_only_its_own_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A city with 173 probes always has a dead one; up to one in twenty the rest speaks for the whole."""
    field = Field(soil_city(), tmp_path / "data", monkeypatch, probes=20)
    field.live(30, lambda probe, hour: 20.0 + probe)
    field.live(5, lambda probe, hour: None if probe == 3 else 20.0 + probe)
    field.run()
    found = field.trusts()
    assert (found["probe-3"], found["probe-1"], found["city"]) == ("stale", "ok", "ok")


def test_a_mended_sensor_is_trusted_again(field: Field) -> None:
    """As soon as it speaks, and after its next full day without a trace."""
    field.run()
    field.live(5, lambda probe, hour: None if probe == 3 else 20.0 + probe)
    field.run()
    field.live(48, lambda probe, hour: 20.0 + probe)
    field.run()
    assert set(field.trusts().values()) <= {"ok", "ok ok ok"}


def test_nothing_new_makes_no_version(field: Field) -> None:
    """A second run does nothing; new values within the day do nothing either."""
    field.run()
    assert field.run() == {}
    field.live(1, lambda probe, hour: 20.0 + probe)
    assert "publish:soil" not in field.run()


def test_a_correction_makes_a_new_version_and_the_old_one_can_still_be_made(field: Field) -> None:
    """As known on its day each version gives the same rows again."""
    field.run()
    before = field.store.latest_versions()["soil"].pin
    field.clock.advance(HOUR)  # type: ignore[attr-defined]
    number = field.push(field.ids[0], START + DAY, 59.0)
    field.live(24, lambda probe, hour: 20.0 + probe)
    field.run()
    after = field.store.latest_versions()["soil"].pin
    assert after != before
    field.clock.advance(HOUR)  # type: ignore[attr-defined]
    field.store.observations.change(Change(number, lambda row: None))
    again = Recomputer(field.workspace)
    assert [(again(pin).equal, again(pin).reason) for pin in (before, after)] == [(True, SAME)] * 2


def test_datastreams_that_are_more_closed_than_the_dataset_are_left_out(field: Field) -> None:
    """Access travels: a mean is as closed as what it is made of, so what is closed is not in it."""
    things = field.store.things
    closed = things.get("datastream", field.ids[3])
    things.update(replace(closed, access=Access.PROTECTED))
    field.run()
    assert field.rows("probe-4") == []
    assert field.rows("probe-2") != []


def test_a_city_without_such_sensors_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The dataset waits; nothing fails."""
    field = Field(soil_city(observations=Selection(("bats",))), tmp_path / "data", monkeypatch)
    assert run_city(field.workspace, lambda run: None)[0].outcome == "skipped"
