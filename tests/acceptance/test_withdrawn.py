"""A withdrawn dataset is gone from everything that answers, with the next request."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar.testing import TestClient

from allmende.app import create_app, open_workspace
from allmende.flow.releasing import Releasing
from allmende.model.access import Access
from allmende.model.person import Grant, Person
from allmende.share.principals import make_key
from tests.acceptance.conftest import ROOT, Served

CLARA = Person("p3", "clara", "Clara", grants=(Grant("privacy_officer", "*"), Grant("steward", "*")))
WITHDRAWN = "playgrounds"
_LINK = re.compile(r'(?:href|src)="(/[^"#]*)"')


@pytest.fixture
def own(musterstadt: Served, tmp_path: Path) -> Iterator[Served]:
    """A copy of Musterstadt, for a test that changes it."""
    data = tmp_path / "data"
    shutil.copytree(musterstadt.workspace.data, data)
    workspace = open_workspace(ROOT / "cities" / "musterstadt", data=data)
    with TestClient(create_app(workspace)) as client:
        yield Served(workspace, musterstadt.runs, client)


CATALOGUES = (
    "/catalogue.ttl", "/catalogue.jsonld", "/catalogue.xml", "/ogc/collections", "/ogc/api", "/api/3/action/package_list",
    "/api/3/action/package_search?rows=1000", "/api/3/action/current_package_list_with_resources", "/sitemap.xml",
    "/api/v1/datasets",
)  # fmt: skip
ONE = (
    "/catalogue/{}.ttl", "/ogc/collections/{}", "/ogc/collections/{}/items", "/ogc/collections/{}/items/1",
    "/ogc/collections/{}/schema", "/ogc/collections/{}/queryables", "/api/3/action/package_show?id={}",
    "/api/v1/datasets/{}", "/api/v1/datasets/{}/rows", "/api/v1/datasets/{}@1/rows", "/d/{}.csv", "/d/{}.geojson",
    "/d/{}.parquet", "/d/{}@1.csv", "/d/{}",
)  # fmt: skip


def addresses(own: Served, headers: dict[str, str]) -> dict[str, str]:
    """Everything that links lead to from the portal, with what it says; a few hundred pages."""
    waiting = ["/", "/daten", "/stand", "/wissen", "/ziele", "/sitemap.xml", "/api/v1/datasets", f"/d/{WITHDRAWN}",
               f"/suche?q={WITHDRAWN}", "/suche?q=Spielplatz", "/karte", "/en/daten"]  # fmt: skip
    said: dict[str, str] = {}
    while waiting and len(said) < 400:
        address = waiting.pop(0).replace("&amp;", "&")
        if address in said or address.startswith("/static"):
            continue
        answer = own.client.get(address, headers=headers)
        said[address] = f"{answer.status_code} {answer.text}"
        if "html" in answer.headers.get("content-type", ""):
            waiting += _LINK.findall(answer.text)
    return said


@pytest.mark.parametrize("with_key", [False, True])
def test_it_is_gone_everywhere_with_the_next_request(own: Served, with_key: bool) -> None:
    """For everybody, also with a key for internal data: its pages, files, figures, and what was made of it."""
    headers = {}
    if with_key:
        new = make_key("all", ["read:internal"], own.workspace.clock.now())
        own.workspace.store.add_key(new.key)
        headers = {"authorization": f"Bearer {new.secret}"}
    before = addresses(own, headers)
    told = own.workspace.city.datasets[WITHDRAWN].description.de
    assert told
    spoke = {address for address, text in before.items() if WITHDRAWN in text and text.startswith("200")}
    assert len(spoke) > 20
    Releasing(own.workspace).withdraw(CLARA, WITHDRAWN, "a name was in it")
    own.workspace._current._until = 0.0
    derived = [
        name for name, found in own.workspace.city.datasets.items() if found.recipe and WITHDRAWN in name
    ]
    for address in (*before, *(f"/api/v1/datasets/{name}" for name in (WITHDRAWN, *derived))):
        answer = own.client.get(address, headers=headers)
        if "?" in address and WITHDRAWN in address:  # what the reader asked for is said again
            assert f'href="/d/{WITHDRAWN}' not in answer.text, address
        elif answer.status_code == 200:
            assert f"/d/{WITHDRAWN}" not in answer.text, address
            assert told not in answer.text, address
        else:
            assert answer.status_code in (301, 302, 303, 307, 308, 400, 404, 406), address
    assert own.client.get("/w/playgrounds-missing", headers=headers).status_code == 404
    for name in (WITHDRAWN, *derived):
        assert own.client.get(f"/d/{name}", headers=headers).status_code == 404
        assert own.client.get(f"/d/{name}.csv", headers=headers).status_code == 404
    assert own.workspace.city.datasets[WITHDRAWN].access is Access.WITHDRAWN


def test_it_is_gone_from_every_interface_at_once(own: Served) -> None:
    """Catalogues and rows of all standards had it; with the next request none has, and its files' rows neither."""
    ask = own.client.get
    package = ask(f"/api/3/action/package_show?id={WITHDRAWN}").json()["result"]
    source = next(one["id"] for one in package["resources"] if one["datastore_active"])
    every = (
        *(path.format(WITHDRAWN) for path in ONE),
        f"/api/3/action/datastore_search?resource_id={source}",
    )
    assert {path: ask(path).status_code for path in every} == dict.fromkeys(every, 200)
    assert [path for path in CATALOGUES if WITHDRAWN not in ask(path).text] == []
    Releasing(own.workspace).withdraw(CLARA, WITHDRAWN, "a name was in it")
    own.workspace._current._until = 0.0
    assert {path: ask(path).status_code for path in every} == dict.fromkeys(every, 404)
    assert [path for path in CATALOGUES if WITHDRAWN in ask(path).text] == []
