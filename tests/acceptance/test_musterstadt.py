"""Musterstadt works with no network: from its folder to pages whose every number has a passport."""

from __future__ import annotations

import re
from html import unescape

import pytest

from allmende.catalogue.figures import Figures
from allmende.flow.recompute import Recomputer
from allmende.flow.run import run_city
from allmende.model.way import WayState
from allmende.testing.musterstadt import Truth
from tests.acceptance.conftest import Served

PAGES = (
    "/",
    "/wissen",
    "/w/more-cycling",
    "/w/playgrounds-missing",
    "/w/dry-soil",
    "/w/growing-districts",
    "/w/services-on-the-phone",
    "/ziele",
    "/ziele/people",
    "/stadtteil/altstadt",
    "/daten",
    "/d/trees",
    "/karte",
    "/suche?q=Spielplatz",
    "/stand",
)
_PASSPORT = re.compile(r'href="((?:/en)?/f/[^"]+)"')


def test_nothing_fails(musterstadt: Served) -> None:
    """Every step of the first run ends well, and every dataset has its first version, save what people give."""
    failed = [f"{run.step}: {run.message}" for run in musterstadt.runs if run.outcome == "failed"]
    assert failed == []
    published = musterstadt.workspace.store.latest_versions()
    given = {one.id for one in musterstadt.workspace.city.datasets.values() if one.contributions is not None}
    assert set(published) == set(musterstadt.workspace.city.datasets) - given
    assert {version.number for version in published.values()} == {1}


def test_no_row_is_lost(musterstadt: Served) -> None:
    """The generator makes clean tables: nothing is rejected, and counts are those of the truth."""
    published = musterstadt.workspace.store.latest_versions()
    assert {name: v.rejected for name, v in published.items() if v.rejected} == {}
    assert published["trees"].rows == 2_400
    assert published["districts"].rows == 12


def test_a_second_run_publishes_nothing(musterstadt: Served) -> None:
    """The same data make no new version: the second run finds nothing to do."""
    before = musterstadt.workspace.store.latest_versions()
    again = run_city(musterstadt.workspace, lambda run: None)
    assert [str(run.step) for run in again if run.outcome in ("new", "failed")] == []
    assert musterstadt.workspace.store.latest_versions() == before


def test_indicators_tell_the_planted_truth(musterstadt: Served) -> None:
    """The number of people in the city is the sum that was planted."""
    workspace, truth = musterstadt.workspace, Truth()
    figures = Figures(workspace.city, workspace.store, workspace.engine, workspace.clock)
    people = figures.latest("people")
    assert people is not None
    year = int(str(people.period))
    assert people.value == sum(truth.people(d, year) for d in truth.districts)


def test_every_page_answers_in_both_languages_and_says_invented(musterstadt: Served) -> None:
    """All page types answer in German and English, and each says that its data are invented."""
    for page in PAGES:
        for prefix, word in (("", "erfunden"), ("/en", "invented")):
            answer = musterstadt.client.get((prefix + page).rstrip("/") or "/")
            assert answer.status_code == 200, (prefix + page, answer.text[:300])
            assert word in answer.text, prefix + page


def test_every_number_opens_its_passport(musterstadt: Served) -> None:
    """Each link to a passport on each page leads to a page that names a dataset version and a hash."""
    links = {
        unescape(link) for page in PAGES for link in _PASSPORT.findall(musterstadt.client.get(page).text)
    }
    assert len(links) > 100
    for link in sorted(links):
        answer = musterstadt.client.get(link)
        assert answer.status_code == 200, link
        assert re.search(r"/d/[a-z0-9-]+@\d+", answer.text), link
        assert re.search(r"[0-9a-f]{64}", answer.text), link


def test_computing_again_gives_the_same(musterstadt: Served) -> None:
    """Every published version, parsed or computed again from its pinned inputs, is equal."""
    recompute = Recomputer(musterstadt.workspace)
    versions = musterstadt.workspace.store.latest_versions().values()
    unequal = {str(v.pin): made.reason for v in versions if not (made := recompute(v.pin)).equal}
    assert unequal == {}


def test_a_live_way_that_lost_its_connection_is_no_good_state(
    musterstadt: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page says how many there are, and not that all is well."""
    (way,) = musterstadt.workspace.city.ways
    intake = musterstadt.client.app.state.intake
    assert "Nicht verbunden" not in musterstadt.client.get("/stand").text
    monkeypatch.setattr(intake, "states", lambda: {way: WayState(way, connected=False)})
    text = musterstadt.client.get("/stand").text
    assert "Nicht verbunden: 1 Live-Wege." in text
    assert "Alles in Ordnung" not in text
    assert "Not connected: 1 live ways." in musterstadt.client.get("/en/stand").text
