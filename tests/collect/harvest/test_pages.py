"""A foreign catalogue is read whole or not at all."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from allmende.collect.harvest import pages
from allmende.collect.harvest.duplicates import find_same
from allmende.collect.harvest.pages import read_catalogue
from allmende.errors import AllmendeError, SourceRefused, SourceUnreachable, Unreadable
from allmende.model.harvest import ForeignCatalogue, ForeignDataset
from allmende.model.text import Text
from allmende.testing.http import FakeHttp

NOW = datetime(2026, 7, 1, tzinfo=UTC)
CATALOGUE = ForeignCatalogue("u", Text("U"), "udata", "https://u.example")
FIRST = "https://u.example/api/1/datasets/?page_size=100"


def page(ids: str, following: str = "", total: int | None = None) -> bytes:
    """An answer of uData."""
    data = [{"id": id_, "title": f"T{id_}"} for id_ in ids]
    return json.dumps({"data": data, "next_page": following or None, "total": total}).encode()


def test_all_pages_each_dataset_once() -> None:
    """Pages may overlap when something was added meanwhile."""
    second = "https://u.example/2"
    read = read_catalogue(CATALOGUE, FakeHttp({FIRST: page("ab", second, 4), second: page("bc")}), None, NOW)
    assert read is not None
    assert [one.identifier for one in read.datasets] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ({FIRST: page("a", "https://u.example/2")}, SourceUnreachable),
        ({FIRST: page("a", "https://u.example/2"), "https://u.example/2": b"<html>"}, Unreadable),
        ({FIRST: page("a", "https://u.example/2"), "https://u.example/2": page("b", FIRST)}, Unreadable),
        ({FIRST: page("a", "https://evil.example/2")}, SourceRefused),
        ({FIRST: page("ab", total=3)}, SourceUnreachable),
    ],
)
def test_half_a_catalogue_is_none(answers: dict[str, bytes | Exception], error: type[AllmendeError]) -> None:
    """A page that is missing, broken, in a circle or elsewhere, and fewer than announced."""
    with pytest.raises(error):
        read_catalogue(CATALOGUE, FakeHttp(answers), None, NOW)


def test_a_document_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused before it is in memory."""
    monkeypatch.setattr(pages, "LARGEST", 1000)
    with pytest.raises(SourceRefused, match="larger"):
        read_catalogue(CATALOGUE, FakeHttp({FIRST: b" " * 1001}), None, NOW)


def test_unchanged() -> None:
    """One page with its ETag is not read again, unless the catalogue's file says something else now."""
    http = FakeHttp({FIRST: page("a"), f"{FIRST}&q=x": page("a")}, {FIRST: '"1"', f"{FIRST}&q=x": '"1"'})
    read = read_catalogue(CATALOGUE, http, None, NOW)
    assert read is not None
    assert read_catalogue(CATALOGUE, http, read.harvest, NOW) is None
    assert read_catalogue(replace(CATALOGUE, filter="x"), http, read.harvest, NOW) is not None


def test_the_same_dataset_in_two_catalogues() -> None:
    """By its page, by a long identifier, by title and publisher; other years are other datasets."""
    mine = ForeignDataset("1", "Straßenbäume der Stadt Jena 2024", publisher="Stadt Jena")
    near = replace(mine, identifier="9", title="Strassenbäume der Stadt Jena 2024")
    year = replace(mine, identifier="8", title="Straßenbäume der Stadt Jena 2025")
    assert find_same([mine], [("o", near)]) == {"1": ("o", "9")}
    assert find_same([mine], [("o", year)]) == {}
    assert find_same([mine], [("o", replace(near, publisher="Stadt Gera"))]) == {}
    paged = replace(mine, landing_page="https://x.example/d/1")
    assert find_same([paged], [("o", replace(paged, identifier="7", title="?"))]) == {"1": ("o", "7")}
    assert find_same([replace(mine, title="Z")], [("o", replace(mine, publisher="X", title="Y"))]) == {}
