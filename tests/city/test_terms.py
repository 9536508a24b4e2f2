"""`allmende check` refuses what licences do not allow."""

from __future__ import annotations

from dataclasses import replace

import pytest

from allmende.catalogue.access import Accesses
from allmende.city.links import _check_terms
from allmende.model.access import Access
from allmende.model.city import City, Contact
from allmende.model.dataset import Dataset
from allmende.model.guard import Allowed
from allmende.model.knowledge import Recipe
from allmende.model.source import Source
from allmende.model.text import Text

T = Text("x", "x")


def city_of(first: str, second: str, result: str = "", access: Access = Access.OPEN) -> City:
    """A recipe over two sources with these licences."""
    sources = {
        name: Source(name, T, "table", f"https://x.example/{name}", licence=licence)
        for name, licence in (("a", first), ("b", second))
    }
    made = Dataset("both", T, recipe="both", licence=result, access=access)
    datasets = {name: Dataset(name, T, source=name, access=Access.OPEN) for name in sources}
    sql = "select a.x, b.y from a join b on a.x = b.x"
    return City(
        "c",
        T,
        Contact("C"),
        sources=sources,
        datasets={**datasets, "both": made},
        recipes={"both": Recipe("both", sql)},
    )


def test_a_dataset_may_not_drop_its_sources_duties() -> None:
    """CC0 over a source that wants to be named is a fault; a licence that names it is none."""
    city = city_of("dl-de/by-2-0", "cc0-1.0")
    freed, named = (replace(city.datasets["a"], licence=one) for one in ("cc0-1.0", "cc-by-4.0"))
    assert [fault.path for fault in _check_terms(city, freed, "datasets/a.toml")] == ["$.licence"]
    assert list(_check_terms(city, named, "datasets/a.toml")) == []


def test_an_unknown_licence_among_others_is_not_forgotten() -> None:
    """Then nobody knows what may be done with the whole."""
    assert Accesses(city_of("cc0-1.0", "unknown")).licences("both") == ()
    assert len(Accesses(city_of("cc0-1.0", "mit")).licences("both")) == 2


@pytest.mark.parametrize(
    ("city", "path"),
    [
        (city_of("odbl-1.0", "dl-de/by-2-0"), ""),
        (city_of("odbl-1.0", "cc-by-sa-4.0"), "$.recipe"),
        (city_of("odbl-1.0", "cc-by-sa-4.0", access=Access.INTERNAL), ""),
        (city_of("odbl-1.0", "epl-2.0"), "$.recipe"),
        (city_of("cc-by-nc-4.0", "cc0-1.0"), "$.access"),
        (city_of("cc-by-nc-4.0", "cc0-1.0", access=Access.COMMERCIAL), "$.access"),
        (city_of("cc-by-nc-4.0", "cc0-1.0", access=Access.PROTECTED), ""),
        (city_of("cc-by-nd-4.0", "cc0-1.0"), "$.recipe"),
        (city_of("cc-by-nd-4.0", "cc0-1.0", access=Access.INTERNAL), ""),
        (city_of("dl-de/by-2-0", "cc0-1.0", "cc0-1.0"), "$.licence"),
        (city_of("dl-de/by-2-0", "cc0-1.0", "cc-by-4.0"), ""),
    ],
)
def test_conflicts_and_lost_duties_are_faults(city: City, path: str) -> None:
    """With what to do; inside the city everything may be joined."""
    faults = list(_check_terms(city, city.datasets["both"], "datasets/both.toml"))
    assert [fault.path for fault in faults] == ([path] if path else [])
    assert all(fault.hint for fault in faults)


@pytest.mark.parametrize(
    ("licence", "own", "made"),
    [
        ("cc0-1.0", Access.OPEN, Access.OPEN),
        ("cc-by-nc-4.0", Access.PROTECTED, Access.PROTECTED),
        ("cc-by-nd-4.0", Access.PROTECTED, Access.INTERNAL),
        ("unknown", Access.INTERNAL, Access.INTERNAL),
    ],
)
def test_a_licence_closes_what_it_does_not_allow(licence: str, own: Access, made: Access) -> None:
    """Whatever the files say: the dataset itself, and what is made of it."""
    accesses = Accesses(city_of(licence, "cc0-1.0"))
    assert (accesses.dataset("a"), accesses.dataset("both")) == (own, made)


def test_a_permission_of_the_owner_is_written_into_the_file() -> None:
    """With a reason; without one it counts for nothing, and for one kind it allows no other."""
    city = city_of("dl-de/by-2-0", "cc0-1.0", "cc0-1.0")

    def faults(kind: str, reason: str) -> int:
        allowed = (Allowed(kind, "", reason),)
        return len(list(_check_terms(city, replace(city.datasets["both"], guard_allowed=allowed), "x.toml")))

    assert faults("licence_drops", "Letter of 3 May") == 0
    assert (faults("licence_drops", " "), faults("licence_conflict", "Letter of 3 May")) == (1, 1)
