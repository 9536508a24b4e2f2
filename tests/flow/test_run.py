"""The flow does what is stale, in order, and nothing else; faults stay where they are."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from allmende.errors import RecipeInvalid, SourceRefused, SourceUnreachable, StoreFault
from allmende.flow.graph import graph
from allmende.flow.lock import only_run
from allmende.flow.run import run_city
from allmende.flow.schedule import seconds_until_due
from allmende.flow.stale import stale_steps
from allmende.model.dataset import Pin
from allmende.model.knowledge import Recipe
from allmende.model.run import Run, Step
from tests.flow.conftest import ROWS, Work

ALL = [
    "fetch:benches", "publish:benches", "recipe:benches-by-year",
    "story:sitting.de", "story:front.de", "story:front.en", "index:search",
]  # fmt: skip
MORE = [*ROWS, [4, 2021, 0.5]]


def test_first_run_does_everything_in_order(work: Work) -> None:
    """From address to story and search, each step after those it waits for."""
    told: list[Run] = []
    runs = run_city(work.workspace, told.append)
    assert [str(run.step) for run in runs] == ALL
    assert {run.outcome for run in runs} == {"new"}, runs
    assert tuple(told) == runs
    assert work.workspace.store.latest_runs() == {run.step: run for run in runs}
    assert work.workspace.store.story("sitting", "de").number == 1


def test_second_run_does_nothing(work: Work) -> None:
    """Right after a run nothing is stale, and the plan is empty."""
    work.run()
    assert stale_steps(work.workspace) == ()
    assert work.run() == {}


def test_plan_names_steps_with_reasons_and_does_nothing(work: Work) -> None:
    """Before the first run all steps are due."""
    due = stale_steps(work.workspace)
    assert [str(step) for step, _ in due] == ALL
    assert all(reason for _, reason in due)
    assert work.workspace.store.latest_runs() == {}


def test_same_answer_reaches_no_further(work: Work) -> None:
    """An hour later the source is asked, says the same, and only that happens."""
    work.run()
    work.wait(hours=1, minutes=1)
    assert work.run() == {"fetch:benches": "unchanged"}


def test_new_rows_travel_to_the_story(work: Work) -> None:
    """One more bench: a version, a result, a story."""
    work.run()
    work.answer(MORE)
    work.wait(hours=2)
    assert set(work.run()) == set(ALL)
    assert work.workspace.store.latest_versions()["benches-by-year"].number == 2
    assert work.workspace.store.story("sitting", "de").number == 2


def test_other_bytes_with_the_same_rows_stop_at_publishing(work: Work) -> None:
    """A file saved anew with the same rows makes no version and is not parsed a third time."""
    work.run()
    work.answer(json.dumps(ROWS, indent=1).encode())
    work.wait(hours=2)
    assert work.run() == {"fetch:benches": "new", "publish:benches": "unchanged"}
    assert work.run() == {}


@pytest.mark.parametrize(
    "fault", [SourceUnreachable("no answer"), SourceRefused("gone", hint="Look."), b"<!doctype html><html>"]
)
def test_a_fault_keeps_the_last_versions(work: Work, fault: bytes | Exception) -> None:
    """The source fails: what was published stays, and the fault goes away by itself afterwards."""
    work.run()
    work.answer(fault)
    work.wait(hours=2)
    assert work.run()["fetch:benches"] == "failed"
    assert work.workspace.store.latest_versions()["benches"].number == 1
    assert stale_steps(work.workspace)[0] == (Step("fetch", "benches"), "it failed last time")
    work.answer(ROWS)
    assert work.run()["fetch:benches"] == "unchanged"
    assert "failed" not in {run.outcome for run in work.workspace.store.latest_runs().values()}


def test_unreadable_bytes_fail_publishing_until_good_ones_come(work: Work) -> None:
    """The fault is at the dataset; when the old rows come again it is forgotten."""
    work.run()
    work.answer(b'{"error": 1}')
    work.wait(hours=2)
    runs = work.run()
    assert (runs["fetch:benches"], runs["publish:benches"]) == ("new", "failed")
    work.answer(ROWS)
    work.wait(hours=2)
    assert work.run()["publish:benches"] == "unchanged"
    assert work.workspace.store.latest_versions()["benches"].number == 1


def test_nothing_reachable_at_first(work: Work) -> None:
    """Without any data the source has failed and everything else waits or says what it lacks."""
    work.answer(SourceUnreachable("no answer"))
    runs = work.run()
    assert runs["fetch:benches"] == "failed"
    assert "publish:benches" not in runs
    assert runs["recipe:benches-by-year"] == "skipped"
    assert work.workspace.store.latest_versions() == {}
    work.answer(ROWS)
    assert work.run()["recipe:benches-by-year"] == "new"


def test_a_changed_recipe_is_run_again(work: Work) -> None:
    """A definition is part of what decides whether something is stale."""
    work.run()
    sql = "select year, count(*) + 1 as benches from benches group by year order by year nulls last"
    work.become(lambda c: replace(c, recipes={"benches-by-year": Recipe("benches-by-year", sql)}))
    assert (Step("recipe", "benches-by-year"), "its definition changed") in stale_steps(work.workspace)
    runs = work.run()
    assert runs["recipe:benches-by-year"] == "new"
    assert "publish:benches" not in runs


def test_a_recipe_with_the_same_result_is_not_run_for_ever(work: Work) -> None:
    """Other SQL, same rows: tried once, remembered."""
    work.run()
    sql = "select year, count(*) + 0 as benches from benches group by year order by year nulls last"
    work.become(lambda c: replace(c, recipes={"benches-by-year": Recipe("benches-by-year", sql)}))
    work.run()
    assert "recipe:benches-by-year" not in work.run()


def test_a_broken_recipe_hurts_only_itself(work: Work) -> None:
    """SQL that does not run: the old result stays, the source is published all the same."""
    work.run()
    work.become(
        lambda c: replace(
            c, recipes={"benches-by-year": Recipe("benches-by-year", "select nothing from benches")}
        )
    )
    work.answer(MORE)
    work.wait(hours=2)
    runs = work.run()
    assert (runs["publish:benches"], runs["recipe:benches-by-year"]) == ("new", "failed")
    assert work.workspace.store.latest_versions()["benches-by-year"].number == 1


def test_a_fault_of_ours_ends_only_its_step(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any exception in a step becomes a failed run."""

    def explode(*_: object) -> Run:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr("allmende.flow.held.run_recipe", explode)
    runs = {str(run.step): run for run in work.runs()}
    assert runs["recipe:benches-by-year"].message == "ZeroDivisionError: ours"
    assert runs["publish:benches"].outcome == "new"


def test_one_run_at_a_time(work: Work) -> None:
    """A second run of the same city is refused while the first one works."""
    with only_run(work.workspace.data), pytest.raises(StoreFault, match="under way"):
        work.run()
    assert work.run()


def test_when_the_next_run_is_due(work: Work) -> None:
    """At once when never fetched, after the hour of an hourly source, sooner after a passing fault."""
    assert seconds_until_due(work.workspace) == 0
    work.run()
    assert seconds_until_due(work.workspace) == 3600
    work.wait(hours=1)
    assert seconds_until_due(work.workspace) == 0
    work.answer(SourceUnreachable("no answer"))
    work.run()
    assert seconds_until_due(work.workspace) == 900


def test_recipes_that_wait_for_each_other_are_refused(work: Work) -> None:
    """A circle is named."""
    sql = "select year, benches from benches_by_year"
    city = replace(work.workspace.city, recipes={"benches-by-year": Recipe("benches-by-year", sql)})
    with pytest.raises(RecipeInvalid, match="benches-by-year"):
        graph(city)


def test_old_versions_outlive_everything(work: Work) -> None:
    """After more rows came, version 1 of dataset, result and story still say what they said."""
    work.run()
    before = work.workspace.store.story("sitting", "de", 1)
    work.answer(MORE)
    work.wait(hours=2)
    work.run()
    store, lake = work.workspace.store, work.workspace.lake
    assert store.story("sitting", "de", 1) == before
    assert lake.read("benches", store.version(Pin("benches", 1)).lake_version).read_all().num_rows == 3
