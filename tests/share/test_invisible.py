"""Internal data of one office are not there for another: not in lists, answers, texts of errors, nor in time."""

from __future__ import annotations

import re
import statistics
import time
from pathlib import Path

import pytest
from litestar import Litestar

from allmende.model.access import Access
from allmende.share.people.signing_in import SigningIn
from allmende.share.web import create_app
from tests.flow.desk_city import ADAM, ANNA, BEN, EMIL, DeskCity, open_desk
from tests.share.portal.test_workshop import PASSWORD, Browser

ROWS = "Nummer;Ort;Menge\n1;Xanadu Keller;3\n2;Xanadu Dach;4\n3;Xanadu Hof;5\n"
ID, NOWHERE = "geheimliste", "gibtesnicht"
ONE = ("/d/{}", "/en/d/{}", "/d/{}@1", "/d/{}.csv", "/d/{}@1.parquet", "/d/{}.csv-metadata.json",
       "/api/v1/datasets/{}", "/api/v1/datasets/{}/rows", "/api/v1/datasets/{}/use", "/api/v1/datasets/{}@1/rejected",
       "/f/rows~{}@1", "/werkstatt/d/{}")  # fmt: skip
LISTS = ("/", "/daten", "/en/daten", "/suche?q=Xanadu", "/suche?q=Geheimliste", "/stand", "/sitemap.xml", "/robots.txt",
         "/nicht-offen", "/werkstatt", "/api/v1/datasets", "/api/v1/search?q=Geheimliste", "/karte", "/wissen")  # fmt: skip


@pytest.fixture
def city(tmp_path: Path) -> DeskCity:
    """A city with an internal dataset of the green spaces office."""
    made = open_desk(tmp_path / "data")
    door = SigningIn(made.workspace.store, made.workspace.clock)
    for one in (ANNA, BEN, EMIL, ADAM):
        door.set_password(door.make_link(one, "test"), PASSWORD)
    checked = made.describe(
        made.bring(ROWS, f"{ID}.csv"), title="Geheimliste", access=Access.INTERNAL, licence="unknown"
    )
    made.desk.approve(BEN, checked.id, checked.revision)
    assert made.numbers(ID) == [1]
    made.workspace.current_city()
    return made


@pytest.fixture
def app(city: DeskCity) -> Litestar:
    """The app of the city."""
    return create_app(city.workspace, desk=city.desk)


def test_the_own_office_sees_it(app: Litestar) -> None:
    """So that not seeing it means something."""
    anna = Browser(app, "anna")
    assert "Xanadu Keller" in anna.get(f"/d/{ID}")
    assert "Geheimliste" in anna.get("/daten")
    assert "Geheimliste" in anna.get("/werkstatt")


@pytest.mark.parametrize("name", ["", "emil", "adam"])
def test_for_others_it_is_as_if_it_were_not_there(app: Litestar, name: str) -> None:
    """Readers, another office, the administrator: the same status and the same bytes as for what never was."""
    other = Browser(app, name)
    for address in ONE:
        answers = []
        for id_ in (ID, NOWHERE):
            text = other.get(address.format(id_)).replace(id_, "ID")
            answers.append((other.status, re.sub(r'name="csrf" value="\w+"', "", text)))
        assert answers[0] == answers[1], address
        assert "Xanadu" not in answers[0][1]


@pytest.mark.parametrize("name", ["", "emil", "adam"])
def test_it_is_in_no_list_and_no_count(app: Litestar, name: str) -> None:
    """Lists, search, map, sitemap and state say nothing of it, and count one less than for its own office."""
    other, anna = Browser(app, name), Browser(app, "anna")
    for address in LISTS:
        text = other.get(address)
        if "/suche" not in address and "search" not in address:  # what was asked for stands in its answer
            assert "geheimliste" not in text.lower(), address
        assert "Xanadu" not in text.replace("q=Xanadu", "").replace('value="Xanadu"', ""), address
        assert f"/d/{ID}" not in text, address
    seen = other.client.get("/api/v1/datasets").json()["datasets"]
    assert len(anna.client.get("/api/v1/datasets").json()["datasets"]) == len(seen) + 1


def test_time_says_nothing(app: Litestar) -> None:
    """Asking for it takes as long as asking for what never was; medians of turns, with a wide margin."""
    emil = Browser(app, "emil")
    taken: dict[str, list[float]] = {ID: [], NOWHERE: []}
    for turn in range(120):
        for id_ in (ID, NOWHERE) if turn % 2 else (NOWHERE, ID):
            began = time.perf_counter()
            emil.client.get(f"/api/v1/datasets/{id_}")
            taken[id_].append(time.perf_counter() - began)
    closed, missing = (statistics.median(taken[id_]) for id_ in (ID, NOWHERE))
    assert 0.6 < closed / missing < 1.7
