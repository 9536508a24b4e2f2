"""The page of foreign catalogues, and one Allmende that harvests another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from allmende.collect.harvest.kinds import READERS
from allmende.flow.harvesting import harvest
from allmende.model.access import ANONYMOUS, Access
from allmende.model.harvest import ForeignCatalogue, ForeignDataset, ForeignDistribution, Harvest
from allmende.model.text import Text
from allmende.share.reads import Reads
from allmende.share.web import create_app, reads_of
from allmende.testing.clock import START
from allmende.testing.http import FakeHttp
from allmende.testing.small import small_city
from allmende.testing.small_work import small_workspace

NEAR = ForeignCatalogue(
    "near", Text("Nachbarn", "Neighbours"), "allmende", "https://near.example", access=Access.OPEN
)


def test_a_second_allmende_shows_what_the_first_publishes(
    client: TestClient[Litestar], reads: Reads, tmp_path: Path
) -> None:
    """Each open dataset of the first, with title and licence, and no other."""
    catalogue = client.get("/catalogue.ttl").content
    city = replace(small_city(), catalogues={"near": NEAR})
    workspace = small_workspace(city, tmp_path, [["a"], [1]])
    assert isinstance(workspace.http, FakeHttp)
    workspace.http.answers[READERS["allmende"].first(NEAR)] = catalogue
    assert harvest(workspace, NEAR).outcome == "new"
    found, count = reads_of(workspace).foreign(ANONYMOUS)
    first = {view.dataset.title.de for view in reads.datasets(ANONYMOUS) if view.version}
    assert {one.dataset.title for one in found} == first
    assert count == len(first) > 0
    assert all(one.dataset.licence != "unknown" and one.dataset.distributions for one in found)
    page = TestClient(create_app(workspace)).get("/kataloge").text
    assert all(title in page for title in first)


@pytest.fixture
def page(tmp_path: Path) -> TestClient[Litestar]:
    """An app whose neighbours list 120 datasets, the first of them hostile and gone."""
    city = replace(small_city(), catalogues={"near": NEAR})
    workspace = small_workspace(city, tmp_path, [["a"], [1]])
    evil = ForeignDataset(
        "0", "<script>alert(1)</script>", licence_given='"><img src=x>', distributions=(ForeignDistribution("", "https://x.example/a", "<b>"),)
    )  # fmt: skip
    many = [ForeignDataset(f"{n}", f"Liste {n:03}") for n in range(1, 120)]
    store = workspace.store.harvests
    store.replace(Harvest("near", START, "1"), [evil, *many], {})
    store.replace(Harvest("near", START, "2"), many, {})
    return TestClient(create_app(workspace))


def test_pages_of_entries(page: TestClient[Litestar]) -> None:
    """Fifty at once, those that are gone last and marked; strangers' words are only words."""
    first, third = page.get("/kataloge").text, page.get("/kataloge?seite=3").text
    assert "120 Einträge" in first
    assert "Liste 050" in first
    assert "Liste 051" not in first
    assert 'href="/kataloge?seite=2"' in first
    assert "Dort nicht mehr gelistet seit" in third
    assert "<script>alert" not in third
    assert "<img src=x" not in third
    assert "<b>" not in third.partition("alert(1)")[2].partition("</li>")[0]


@pytest.mark.parametrize("asked", ["seite=0", "seite=x", "seite=99999999999", f"q={'x' * 300}"])
def test_odd_questions(page: TestClient[Litestar], asked: str) -> None:
    """They are refused, not a fault."""
    assert page.get(f"/kataloge?{asked}").status_code == 400


def test_search_and_filter(page: TestClient[Litestar]) -> None:
    """The city's search leads on to what others have; an unknown catalogue has nothing."""
    found = page.get("/suche?q=liste").text
    assert "Bei anderen gefunden" in found
    assert 'href="/kataloge?q=liste"' in found
    assert "0 Einträge" in page.get("/kataloge?katalog=none").text
    assert "1 entries" in page.get("/en/kataloge?q=liste+007").text
