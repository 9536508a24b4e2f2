"""Foreign catalogues are harvested when they are due; a fault leaves the last good state."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from allmende.errors import SourceUnreachable
from allmende.flow.harvesting import harvest
from allmende.model.access import Access
from allmende.model.harvest import ForeignCatalogue, ForeignEntry
from allmende.model.text import Text
from allmende.testing.http import FakeHttp
from tests.flow.conftest import Work

ADDRESS = "https://dkan.example/data.json"
CATALOGUE = ForeignCatalogue("dkan", Text("Nachbarstadt"), "dkan", "https://dkan.example", access=Access.OPEN)


def entry(name: str, title: str = "Bänke") -> dict[str, Any]:
    """A dataset of the neighbour."""
    return {"identifier": name, "title": title, "keyword": ["Park_100%"], "publisher": {"name": "Nachbar"}}


def answer(work: Work, *entries: dict[str, Any] | Exception, address: str = ADDRESS) -> None:
    """What the neighbour lists from now on."""
    assert isinstance(work.workspace.http, FakeHttp)
    fault = next((one for one in entries if isinstance(one, Exception)), None)
    work.workspace.http.answers[address] = fault or json.dumps({"dataset": entries}).encode()


def listed(work: Work, words: str = "") -> dict[str, ForeignEntry]:
    """What is in the store, by identifier."""
    found, count = work.workspace.store.harvests.entries(["dkan", "other"], words)
    assert count == len(found)
    return {one.dataset.identifier: one for one in found}


@pytest.fixture
def harvested(work: Work) -> Work:
    """Kleinstadt after it harvested two datasets of its neighbour."""
    answer(work, entry("a"), entry("b", "Bäume"))
    work.become(lambda city: replace(city, catalogues={"dkan": CATALOGUE}))
    assert work.run()["harvest:dkan"] == "new"
    return work


def test_new_changed_gone_and_back(harvested: Work) -> None:
    """What is listed no longer stays, marked; what comes back is the same entry."""
    before = listed(harvested)["b"]
    assert "harvest:dkan" not in harvested.run()
    harvested.wait(days=1)
    assert harvested.run()["harvest:dkan"] == "unchanged"
    answer(harvested, entry("a", "Sitzbänke"))
    harvested.wait(days=1)
    (run,) = [one for one in harvested.runs() if one.step.kind == "harvest"]
    assert run.message == "0 new, 1 changed, 1 gone, 0 as before"
    assert listed(harvested)["a"].dataset.title == "Sitzbänke"
    assert listed(harvested)["b"].gone == harvested.workspace.clock.now()
    answer(harvested, entry("b", "Bäume"))
    harvest(harvested.workspace, CATALOGUE)
    assert listed(harvested)["b"] == before
    assert listed(harvested)["a"].gone is not None


@pytest.mark.parametrize("fault", ["unreachable", "empty", "broken"])
def test_the_last_good_state_stays(harvested: Work, fault: str) -> None:
    """After no answer, an empty list and a page of maintenance; it is tried again soon."""
    before = listed(harvested)
    if fault == "unreachable":
        answer(harvested, SourceUnreachable("it sleeps", where=ADDRESS))
    elif fault == "empty":
        answer(harvested)
    else:
        assert isinstance(harvested.workspace.http, FakeHttp)
        harvested.workspace.http.answers[ADDRESS] = b"<html>Wartung"
    harvested.wait(days=1)
    assert harvested.run()["harvest:dkan"] == "failed"
    assert listed(harvested) == before
    answer(harvested, entry("a"), entry("b", "Bäume"))
    harvested.wait(minutes=16)
    assert harvested.run()["harvest:dkan"] == "unchanged"


def test_a_fault_while_writing_changes_nothing(harvested: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    """The harvest is one transaction: new rows are not there without the mark of the harvest."""
    before = listed(harvested)
    answer(harvested, entry("c"))
    monkeypatch.setattr(type(harvested.workspace.store.harvests), "_mark", lambda *_: 1 / 0)
    assert harvest(harvested.workspace, CATALOGUE).outcome == "failed"
    assert listed(harvested) == before


def test_words_are_looked_for_as_they_are(harvested: Work) -> None:
    """All words count; signs of patterns are signs."""
    assert set(listed(harvested, "bäume nachbar")) == {"b"}
    assert set(listed(harvested, "100%")) == {"a", "b"}
    assert set(listed(harvested, "%b%")) == set()


def test_the_same_in_another_catalogue_is_linked(harvested: Work) -> None:
    """A second catalogue that lists the same dataset points to the first."""
    other = replace(CATALOGUE, id="other", address="https://other.example")
    answer(harvested, entry("z"), address="https://other.example/data.json")
    assert harvest(harvested.workspace, other).outcome == "new"
    assert listed(harvested)["z"].same_as == ("dkan", "a")
