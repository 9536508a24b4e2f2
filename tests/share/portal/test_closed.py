"""The register of data that are not open: what was written for it, and nothing of the data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from litestar.testing import TestClient

from allmende.model.access import Access
from allmende.model.city import City
from allmende.model.dataset import Closed
from allmende.model.text import Text
from allmende.share.web import create_app
from allmende.testing.small import small_city
from allmende.testing.small_work import small_workspace

ENTRY = Closed(Text("Unfälle", "Accidents"), Text("Menschen wären zu erkennen.", "People."), "Art. 6 DSGVO")


def _listed(city: City, data: Path) -> list[str]:
    """The titles on the page and in the API, which agree."""
    data.mkdir(exist_ok=True)
    client = TestClient(create_app(small_workspace(city, data, [])))
    entries = client.get("/api/v1/closed").json()["closed"]
    page = client.get("/nicht-offen").text
    titles = [one["title"]["de"] for one in entries]
    assert [title for title in titles if f">{title}<" not in page] == []
    return titles


@pytest.mark.parametrize(
    ("access", "entry", "listed"),
    [
        (Access.INTERNAL, ENTRY, ["Unfälle"]),
        (Access.PROTECTED, ENTRY, ["Unfälle"]),
        (Access.WITHDRAWN, ENTRY, []),
        (Access.OPEN, ENTRY, []),
        (Access.INTERNAL, None, []),
    ],
)
def test_only_closed_data_with_an_entry_are_listed(
    access: Access, entry: Closed | None, listed: list[str], tmp_path: Path
) -> None:
    """An open dataset needs none, a closed one without an entry stays unseen, a withdrawn one is gone."""
    assert _listed(small_city(access=access, closed=entry), tmp_path / "data") == listed


def test_what_its_licence_closes_is_listed(tmp_path: Path) -> None:
    """The file says open, nobody knows the licence: it is closed, and the register says why."""
    city = small_city(access=Access.OPEN, closed=ENTRY)
    sources = {name: replace(one, licence="unknown") for name, one in city.sources.items()}
    assert _listed(replace(city, sources=sources), tmp_path / "data") == ["Unfälle"]


def test_the_page_sorts_by_title(tmp_path: Path) -> None:
    """In the reader's language."""
    city = small_city(access=Access.INTERNAL, closed=ENTRY)
    other = replace(city.datasets["benches"], id="b", closed=replace(ENTRY, title=Text("Anzeigen")))
    both = replace(city, datasets={**city.datasets, "b": other})
    client = TestClient(create_app(small_workspace(both, tmp_path, [])))
    page = client.get("/nicht-offen").text
    assert 0 < page.index("Anzeigen") < page.index("Unfälle")
    assert "Art. 6 DSGVO" in page
