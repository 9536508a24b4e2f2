"""Findings: nobody reads a new conclusion before somebody confirmed it; its numbers have passports."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from allmende.city.decode import decode
from allmende.city.instruments import check_application
from allmende.city.write import dataset_text
from allmende.errors import NotFound
from allmende.flow.recompute import OTHER_FINDINGS, SAME, Recomputer
from allmende.flow.releasing import Releasing
from allmende.model.access import Access
from allmende.model.city import City
from allmende.model.dataset import Dataset, Pin
from allmende.model.disclosure import Disclosure
from allmende.model.figure import FigureId
from allmende.model.finding import Application, Confirmation
from allmende.model.knowledge import Recipe
from allmende.model.text import Text
from tests.flow.conftest import Work
from tests.flow.test_held import BEN, know

CONFIRMED = (Confirmation("withheld", "Team Daten", date(2026, 11, 24)),)
STEP = "recipe:benches-ahead"


def daily(weeks: int) -> list[list[Any]]:
    """Benches in use by day (as seconds since 1970), the same every week: nothing to gain over last week."""
    start = datetime(2026, 1, 5, tzinfo=UTC)
    days = [start + timedelta(days=n) for n in range(weeks * 7)]
    rows = [[int(day.timestamp()), 2020, float(1 + day.weekday())] for day in days]
    return [["number", "year", "height"], *rows]


def owned(city: City) -> City:
    """The green department owns the forecast."""
    found = replace(city.datasets["benches-ahead"], department="green")
    return replace(city, datasets={**city.datasets, found.id: found})


def looking_ahead(
    city: City, confirmed: tuple[Confirmation, ...] = (), settings: Mapping[str, Any] | None = None
) -> City:
    """The city with a forecast made from its benches."""
    sql = "select cast(timestamp '1970-01-01 00:00:00' + number * interval '1' second as date) as day, height from benches"
    application = Application("forecast", {"time": "day", "value": "height"}, settings or {}, confirmed)
    ahead = Dataset(
        "benches-ahead", Text("Bänke voraus", "Benches ahead"), recipe="benches-ahead", access=Access.OPEN,
        key=(), instrument=application,
    )  # fmt: skip
    datasets = {**city.datasets, ahead.id: ahead}
    return replace(city, datasets=datasets, recipes={**city.recipes, ahead.id: Recipe(ahead.id, sql)})


def test_a_conclusion_nobody_confirmed_is_held_back(work: Work) -> None:
    """No version is published; a release waits at the desk and says why."""
    work.answer(daily(20))
    work.become(looking_ahead)
    assert work.run()[STEP] == "held"
    assert "benches-ahead" not in work.workspace.store.latest_versions()
    waiting = [
        one for one in work.workspace.store.releases.of_dataset("benches-ahead") if one.state == "held"
    ]
    assert [one.held_for for one in waiting] == [("finding",)]


def test_who_confirms_sees_it_and_others_do_not(work: Work) -> None:
    """The release holds the sentence; what becomes public of the run does not; approved, it is published."""
    know(work, BEN)
    work.answer(daily(20))
    work.become(lambda city: owned(looking_ahead(city)))
    (held,) = [run for run in work.runs() if str(run.step) == STEP]
    assert "withheld" not in held.message + held.hint
    desk = Releasing(work.workspace)
    (release,) = desk.seen_by(BEN)
    assert [one.verdict for one in release.conclusions] == ["withheld"]
    assert release.conclusions[0].quantity("naive") is not None
    desk.approve(BEN, release.id, release.revision, "it is so")
    assert work.run()[STEP] == "new"
    version = work.workspace.store.latest_versions()["benches-ahead"]
    assert version.findings == release.conclusions
    assert desk.get(BEN, release.id).state == "published"
    work.answer(daily(21))
    work.wait(hours=2)
    assert work.run()[STEP] == "new", "the verdict stands"


def test_a_refused_conclusion_stays_unpublished(work: Work) -> None:
    """Refused once, the same conclusion on the same rows is not asked for again."""
    know(work, BEN)
    work.answer(daily(20))
    work.become(lambda city: owned(looking_ahead(city)))
    work.run()
    desk = Releasing(work.workspace)
    (release,) = desk.seen_by(BEN)
    desk.refuse(BEN, release.id, release.revision, "the counter was broken")
    assert work.run()[STEP] == "unchanged"
    assert [one.state for one in desk.seen_by(BEN)] == ["refused"]
    assert "benches-ahead" not in work.workspace.store.latest_versions()


def test_the_same_verdict_on_another_question_is_asked_for(work: Work) -> None:
    """With another setting it is another conclusion, and the old one stays meanwhile."""
    work.answer(daily(20))
    work.become(lambda city: looking_ahead(city, CONFIRMED))
    work.run()
    work.become(lambda city: looking_ahead(city, settings={"horizon": 3}))
    assert work.run()[STEP] == "held"
    assert work.workspace.store.latest_versions()["benches-ahead"].number == 1


def test_a_confirmed_conclusion_is_published_and_made_again(work: Work) -> None:
    """The city's files confirm the verdict; new rows under it need nobody; both can be computed again."""
    work.answer(daily(20))
    work.become(lambda city: looking_ahead(city, CONFIRMED))
    assert work.run()[STEP] == "new"
    work.answer(daily(21))
    work.wait(hours=2)
    assert work.run()[STEP] == "new"
    again = Recomputer(work.workspace)
    for number in (1, 2):
        made = again(Pin("benches-ahead", number))
        assert (made.equal, made.reason) == (True, SAME)


def test_a_conclusion_that_stands_goes_on_without_the_file(work: Work) -> None:
    """Once public, the same verdict on newer rows is not asked for again, even when the file forgets it."""
    work.answer(daily(20))
    work.become(lambda city: looking_ahead(city, CONFIRMED))
    work.run()
    work.become(looking_ahead)
    work.answer(daily(21))
    work.wait(hours=2)
    assert work.run()[STEP] == "new"


def test_another_conclusion_is_held_back_again(work: Work) -> None:
    """The series becomes constant: that is news, and the last good version stays."""
    work.answer(daily(20))
    work.become(lambda city: looking_ahead(city, CONFIRMED))
    work.run()
    header, *rows = daily(21)
    work.answer([header, *([row[0], row[1], 3.0] for row in rows)])
    work.wait(hours=2)
    assert work.run()[STEP] == "held"
    assert work.workspace.store.latest_versions()["benches-ahead"].number == 1


def test_each_number_of_a_finding_is_a_figure(work: Work) -> None:
    """It is resolved from its address alone; a number that was never said is not found."""
    work.answer(daily(20))
    work.become(lambda city: looking_ahead(city, CONFIRMED))
    work.run()
    version = work.workspace.store.latest_versions()["benches-ahead"]
    for quantity in version.findings[0].quantities:
        address = str(
            FigureId.of("finding", version.dataset, 1, cell={"key": "forecast", "number": quantity.name})
        )
        figure = work.workspace.figures.resolve(FigureId.parse(address))
        assert (figure.value, figure.pin) == (quantity.value, version.pin)
    with pytest.raises(NotFound):
        work.workspace.figures.resolve(
            FigureId.of("finding", version.dataset, 1, cell={"key": "x", "number": "y"})
        )


def test_changed_findings_are_told_from_equal_rows(work: Work) -> None:
    """A version whose sentence is no longer what its rows say is not called the same."""
    work.answer(daily(20))
    work.become(lambda city: looking_ahead(city, CONFIRMED))
    work.run()
    store = work.workspace.store
    version = store.latest_versions()["benches-ahead"]
    finding = version.findings[0]
    lied = replace(finding, quantities=(replace(finding.quantities[0], value=1e6), *finding.quantities[1:]))
    store.add_version(replace(version, number=2, findings=(lied,)))
    made = Recomputer(work.workspace)(Pin("benches-ahead", 2))
    assert (made.equal, made.reason, made.content_hash) == (False, OTHER_FINDINGS, version.content_hash)


def test_faults_of_an_application_are_all_told() -> None:
    """A wrong role, setting, verdict or instrument is named with its place and the nearest right word."""
    application = Application(
        "forecast", {"tme": "day", "value": "n"}, {"horizon": "x", "folsd": 3, "level": 7.0},
        (Confirmation("forcast", "T", date(2026, 1, 1)),),
    )  # fmt: skip
    told = Dataset("ahead", Text("A", "A"), recipe="ahead", instrument=application)
    found = {one.path: one.message + one.hint for one in check_application(told, "datasets/ahead.toml")}
    assert "time" in found["$.instrument.columns.tme"]
    assert "needs the column 'time'" in found["$.instrument.columns"]
    assert "whole number" in found["$.instrument.parameters.horizon"]
    assert "folds" in found["$.instrument.parameters.folsd"]
    assert "outside" in found["$.instrument.parameters.level"]
    assert "forecast" in found["$.instrument.confirmed"]
    hidden = replace(told, disclosure=Disclosure("suppression", "people", ("a",), ("b",)))
    assert any("[disclosure]" in one.message for one in check_application(hidden, "x"))
    unknown = replace(told, recipe="", instrument=Application("forcast"))
    assert [one.path for one in check_application(unknown, "x")] == ["$.instrument", "$.instrument.id"]


def test_an_application_survives_its_file(tmp_path: Path) -> None:
    """What the desk writes back as a file is what the city reads from it."""
    application = Application(
        "forecast", {"time": "day", "value": "n"}, {"level": 0.9, "zone": "UTC"}, CONFIRMED
    )
    told = Dataset("ahead", Text("A", "A"), recipe="ahead", instrument=application)
    values = tomllib.loads(dataset_text(told))
    assert decode(values, Dataset, "datasets/ahead.toml", {"id": "ahead"}) == told
