"""Agreements in the workshop: made by a steward, signed by a releaser, seen by nobody else; nothing typed is lost."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from allmende.model.access import Access
from allmende.share.people.signing_in import SigningIn
from allmende.share.web import create_app
from tests.flow.desk_city import ANNA, BEN, EMIL, DeskCity, open_desk
from tests.share.portal.test_workshop import BENCHES, HOSTILE, PASSWORD, Browser

WISHED = {
    "party": f"Beispiel GmbH {HOSTILE}", "datasets": "sitzbaenke", "purposes": "product", "begins": "2026-01-01",
    "ends": "2099-12-31", "amount0": "2.000", "counted0": "rows", "span0": "month", "price": "119,90",
    "kind0": "fixes", "gift0": "Falsche Orte", "due0": "2026-02-01", "credited": "yes",
}  # fmt: skip


@dataclass
class Office:
    """The city with a commercial dataset, and its app."""

    city: DeskCity
    app: Litestar

    def browser(self, name: str) -> Browser:
        """Somebody who signed in."""
        return Browser(self.app, name)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """Anna is its steward, Ben its releaser, Emil of another department."""
    city = open_desk(tmp_path / "data")
    door = SigningIn(city.workspace.store, city.workspace.clock)
    for one in (ANNA, BEN, EMIL):
        door.set_password(door.make_link(one, "test"), PASSWORD)
    checked = city.describe(city.bring(BENCHES, "Sitzbänke.csv"), access=Access.COMMERCIAL)
    city.desk.approve(BEN, checked.id, checked.revision)
    return Office(city, create_app(city.workspace, desk=city.desk))


def made(browser: Browser) -> str:
    """The address of a new draft."""
    browser.get("/werkstatt/vertraege/neu")
    browser.post("/werkstatt/vertraege/neu", WISHED)
    assert browser.status == 200, browser.text()
    return browser.path


def test_from_the_draft_to_the_data_and_to_the_end(office: Office) -> None:
    """A steward makes it, a releaser signs it, the key reads what was agreed, and stops with the end."""
    anna, ben = office.browser("anna"), office.browser("ben")
    address = made(anna)
    assert all(
        words in anna.text()
        for words in ("Entwurf", "2.000 Zeilen in jedem Monat", "119,90 Euro", "Falsche Orte")
    )
    assert HOSTILE not in anna.page
    anna.post(f"{address}/unterschreiben", {})
    assert anna.status == 403
    ben.get(address)
    ben.post(f"{address}/unterschreiben", {})
    assert "Unterschrieben am" in ben.text()
    anna.get(address)
    anna.post(f"{address}/schluessel", {"name": "Import"})
    secret = re.findall(r"allmende_[\w-]+", anna.page)[0]
    assert secret not in anna.get(address)
    client, key = TestClient(office.app), {"authorization": f"Bearer {secret}"}
    rows = "/api/v1/datasets/sitzbaenke/rows"
    assert [client.get(rows, headers=key).status_code, client.get(rows).status_code] == [200, 404]
    assert "Bisher 3" in re.sub(r"\s+", " ", anna.get(address))
    anna.post(f"{address}/beenden", {"reason": " "})
    assert anna.status == 422
    anna.post(f"{address}/beenden", {"reason": "Weitergegeben"})
    assert "Weitergegeben" in anna.text()
    assert client.get(rows, headers=key).status_code == 401


def test_what_came_back_is_noted_and_told(office: Office) -> None:
    """Late promises are marked; on the dataset's page the party is named, because it agreed."""
    anna = office.browser("anna")
    address = made(anna)
    assert "es kam noch nichts" in anna.text()
    anna.post(f"{address}/gegengabe", {"gift": "1", "text": "31 Orte berichtigt"})
    assert "31 Orte berichtigt" in anna.text()
    assert "es kam noch nichts" not in anna.text()
    anna.post(f"{address}/gegengabe", {"gift": "9", "text": "x"})
    assert anna.status == 422
    anna.get("/d/sitzbaenke")
    assert "31 Orte berichtigt" in anna.text()
    assert HOSTILE not in anna.page


def test_other_departments_see_nothing_of_it(office: Office) -> None:
    """Neither the agreement nor that there is one; nor can they make one on data that are not theirs."""
    anna, emil = office.browser("anna"), office.browser("emil")
    address = made(anna)
    assert "Beispiel GmbH" in anna.get("/werkstatt/vertraege")
    assert "Beispiel GmbH" not in emil.get("/werkstatt/vertraege")
    emil.get(address)
    assert emil.status == 404
    emil.get("/werkstatt")
    for action in ("unterschreiben", "beenden", "schluessel", "gegengabe"):
        emil.post(f"{address}/{action}", {"reason": "x", "gift": "1", "text": "x"})
        assert emil.status == 404
        emil.get("/werkstatt")
    emil.post("/werkstatt/vertraege/neu", WISHED)
    assert emil.status == 403
    assert len(office.city.workspace.store.agreements.all()) == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"party": ""}, "Mit wem"),
        ({"purposes": ""}, "wählen Sie"),
        ({"datasets": ""}, "kommerziell"),
        ({"ends": "2025-01-01"}, "vor dem ersten"),
        ({"ends": "morgen"}, "2027"),
        ({"amount0": "viele"}, "ganze Zahl"),
        ({"price": "teuer"}, "119,90"),
        ({"amount1": "5", "counted1": "rows", "span1": "month"}, "zweimal"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    office: Office, changes: dict[str, str], words: str
) -> None:
    """In a sentence, with everything else still in the form."""
    anna = office.browser("anna")
    anna.get("/werkstatt/vertraege/neu")
    anna.post("/werkstatt/vertraege/neu", WISHED | changes)
    assert anna.status in (403, 422)
    assert words in anna.text()
    assert 'value="Falsche Orte"' in anna.page
    assert office.city.workspace.store.agreements.all() == ()


@pytest.mark.parametrize("path", ["/vereinbarung", "/en/vereinbarung"])
def test_everybody_can_read_what_an_agreement_looks_like(office: Office, path: str) -> None:
    """Before anything is signed."""
    answer = TestClient(office.app).get(path)
    assert answer.status_code == 200
    assert "5.000" in answer.text or "5,000" in answer.text
