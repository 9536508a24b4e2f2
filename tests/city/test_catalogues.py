"""Files of foreign catalogues: what they may say, and what is told of faults."""

from __future__ import annotations

from pathlib import Path

import pytest

from allmende.city.load import load_city
from allmende.errors import CityInvalid
from allmende.model.access import Access

CITY = 'name = {de = "X"}\ncontact = {publisher = "X"}\n'
GOOD = 'title = {de = "Land"}\nkind = "ckan"\naddress = "https://land.example"\n'


def written(folder: Path, text: str) -> Path:
    """A city with one catalogue."""
    (folder / "catalogues").mkdir()
    (folder / "city.toml").write_text(CITY, encoding="utf-8")
    (folder / "catalogues/land.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a name that is an id."""
    (tmp_path / "kleinstadt").mkdir()
    return tmp_path / "kleinstadt"


def test_a_catalogue_is_closed_until_somebody_opens_it(folder: Path) -> None:
    """Access is internal by default."""
    found = load_city(written(folder, GOOD)).catalogues["land"]
    assert (found.kind, found.schedule, found.access) == ("ckan", "daily", Access.INTERNAL)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (GOOD.replace("ckan", "ckam"), "$.kind"),
        (GOOD.replace("https://land.example", "land.example"), "$.address"),
        (GOOD.replace("https://", "https://me:secret@"), "$.address"),
        (GOOD.replace("https://land.example", "https://["), "$.address"),
        (GOOD.replace('"ckan"', '"wfs"') + 'filter = "x"\n', "$.filter"),
        (GOOD + 'adress = "x"\n', "$.adress"),
    ],
)
def test_faults(folder: Path, text: str, path: str) -> None:
    """Each is told with its place; a password is not repeated."""
    with pytest.raises(CityInvalid) as caught:
        load_city(written(folder, text))
    assert [problem.path for problem in caught.value.problems] == [path]
    assert "secret" not in str(caught.value.problems)
