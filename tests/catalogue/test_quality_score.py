"""The score of a description: the European points, each criterion by itself, never less for saying more."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.catalogue.quality_score import (
    ACTIONS,
    CRITERIA,
    MOST,
    Criterion,
    Described,
    Dimension,
    Judged,
    Score,
    score,
)
from allmende.model.city import City, Contact, Theme
from allmende.model.dataset import Column, Dataset, DatasetVersion
from allmende.model.licence import LICENCES
from allmende.model.text import Text

CITY = City(
    "s", Text("Stadt"), Contact("Stadt", email="data@city.example"), key="1",
    themes={"green": Theme("green", Text("Grün"))},
)  # fmt: skip
VERSION = DatasetVersion(
    "d", 1, 0, "", "", 1, 0, (Column("a", "date"),), datetime(2026, 1, 1, tzinfo=UTC), attributions=("Stadt",)
)
WHOLE = Dataset(
    "d",
    Text("Bänke"),
    Text("Alle Bänke."),
    theme="green",
    time_column="a",
    publisher="Stadt",
    keywords=("Bank",),
    columns=VERSION.columns,
)
LICENCE = (LICENCES["dl-de/by-2-0"],)
FULL = Described(WHOLE, VERSION, LICENCE, CITY)
LESS: dict[str, Any] = {
    "keywords": (),
    "theme": "city",
    "time_column": "",
    "description": Text(),
}


def test_the_points_are_those_of_the_assessment() -> None:
    """405 in all: 100, 100, 110, 75 and 20 in its five dimensions."""
    full = score(FULL)
    assert full.points == MOST == sum(one.points for one in CRITERIA)
    assert full.rating == "excellent"
    assert full.next_step is None
    names: tuple[Dimension, ...] = (
        "findability",
        "accessibility",
        "interoperability",
        "reusability",
        "contextuality",
    )
    assert [full.of(name) for name in names] == [100, 100, 110, 75, 20]
    assert len({one.id for one in CRITERIA}) == len(CRITERIA)


@pytest.mark.parametrize(
    ("change", "lost"),
    [
        ({"keywords": ()}, {"keywords"}),
        ({"theme": "city"}, {"categories"}),
        ({"time_column": ""}, {"temporal"}),
        ({"keywords": ("", " ")}, {"keywords"}),
        ({"time_column": "gone"}, {"temporal"}),
        ({"description": Text()}, {"dcat_ap"}),
    ],
)
def test_each_gap_costs_its_own_points(change: dict[str, Any], lost: set[str]) -> None:
    """And the next step names the gap that brings most for its effort."""
    found = score(replace(FULL, dataset=replace(WHOLE, **change)))
    assert {one.criterion.id for one in found.judged if not one.held} == lost
    assert found.next_step is not None
    assert found.next_step.gain == MOST - found.points


@given(st.sets(st.sampled_from(sorted(LESS))), st.sampled_from(sorted(LESS)), st.booleans(), st.booleans())
def test_saying_more_never_costs_points(
    missing: set[str], name: str, published: bool, licensed: bool
) -> None:
    """Monotone in every field, published or not, with a licence or without."""

    def points(fields: set[str]) -> int:
        dataset = replace(WHOLE, **{field: LESS[field] for field in fields})
        version = VERSION if published else None
        return score(Described(dataset, version, LICENCE if licensed else (), CITY)).points

    assert points(missing | {name}) <= points(missing - {name})


def test_nothing_known_is_bad() -> None:
    """An unpublished dataset without words, and the borders of the ratings."""
    empty = City("s", Text("Stadt"), Contact("Stadt"))
    assert score(Described(Dataset("d", Text()), None, (), empty)).rating == "bad"
    assert Score(()).points == 0


@pytest.mark.parametrize(
    ("gap", "step"),
    [
        ({"licences": ()}, "licence"),
        ({"version": None}, "publish"),
        ({"city": replace(CITY, contact=Contact("Stadt"))}, "contact"),
        ({"city": replace(CITY, key="")}, "place"),
    ],
)
def test_the_next_step_is_what_brings_most(gap: dict[str, Any], step: str) -> None:
    """Not the name of a criterion but of what to do, with the points that doing it brings."""
    found = score(replace(FULL, **gap))
    assert found.next_step is not None
    assert found.next_step.id == step


@given(st.sets(st.sampled_from(sorted(LESS))), st.booleans(), st.booleans())
def test_following_the_steps_leads_to_the_end(missing: set[str], published: bool, licensed: bool) -> None:
    """Each step brings exactly what it says, and after the last nothing can be gained."""
    dataset = replace(WHOLE, **{field: LESS[field] for field in missing})
    here = Described(dataset, VERSION if published else None, LICENCE if licensed else (), CITY)
    known = {one.id: one for one in ACTIONS}
    for _ in range(len(ACTIONS) + 1):
        found = score(here)
        if found.next_step is None:
            break
        here = known[found.next_step.id].done(here)
        assert score(here).points == found.points + found.next_step.gain
    assert score(here).points == MOST


@pytest.mark.parametrize(("points", "rating"), [(351, "excellent"), (350, "good"), (221, "good"), (220, "sufficient"), (121, "sufficient"), (120, "bad")])  # fmt: skip
def test_borders_of_the_ratings(points: int, rating: str) -> None:
    """Those of the European assessment."""
    one = Criterion("x", "findability", points, lambda found: True)
    assert Score((Judged(one, True),)).rating == rating
