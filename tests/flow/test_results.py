"""What recipes and observations make passes the guard, too; what was decided at an input stays decided."""

from __future__ import annotations

import random
from dataclasses import replace

from allmende.flow.releasing import Releasing
from allmende.model.access import Access
from allmende.model.city import City
from allmende.model.dataset import Column
from allmende.model.guard import Allowed
from allmende.model.knowledge import Recipe
from allmende.testing.people import iban
from tests.flow.conftest import Work
from tests.flow.test_held import BEN, CLARA, NOTES, green, know, noted, with_notes

ACCOUNT = iban(random.Random(1))
DECIDED = (Allowed("iban", "note", "the city's own account"),)
CARRIED = "select number, note from benches"
RENAMED = "select number, note as account from benches"
STEP = "recipe:benches-by-year"


def with_recipe(city: City, sql: str, *columns: str) -> City:
    """The benches' notes in a result, as the recipe says."""
    made = replace(
        city.datasets["benches-by-year"],
        columns=(Column("number", "integer"), *(Column(name) for name in columns)),
        key=("number",),
        department="green",
    )
    return replace(
        city,
        datasets={**city.datasets, made.id: made},
        recipes={made.recipe: Recipe(made.recipe, sql)},
        indicators={},
        stories={},
        front=replace(
            city.front, indicators=(), stories=(), sentence=replace(city.front.sentence, de="", en="")
        ),
    )


def allowing(city: City) -> City:
    """The city decided on the benches' notes in the dataset's file."""
    return green(with_notes(city), guard_allowed=DECIDED)


def newest(work: Work) -> list[int]:
    """The versions of the result."""
    return [one.number for one in work.workspace.store.versions("benches-by-year")]


def test_a_column_carried_through_needs_no_second_decision(work: Work) -> None:
    """Its values are public already, so the result shows nothing new."""
    work.become(lambda city: with_recipe(allowing(city), CARRIED, "note"))
    work.answer(noted("new", f"an {ACCOUNT}", "blue"))
    runs = work.run()
    assert (runs["publish:benches"], runs[STEP]) == ("new", "new")


def test_the_decision_of_a_release_is_carried_too(work: Work) -> None:
    """What the privacy officer decided on bytes holds for what is made of them."""
    know(work, BEN)
    work.become(lambda city: with_recipe(with_notes(city), CARRIED, "note"))
    work.answer(noted("new", f"an {ACCOUNT}", "blue"))
    assert work.run()["publish:benches"] == "held"
    desk = Releasing(work.workspace)
    (release,) = desk.seen_by(CLARA)
    decided = desk.decide(CLARA, release.id, release.revision, "iban", "note", "ours")
    desk.approve(BEN, release.id, decided.revision)
    runs = work.run()
    assert (runs["publish:benches"], runs[STEP]) == ("new", "new")


def test_a_result_that_shows_something_new_waits_for_people(work: Work) -> None:
    """Under another name nobody decided on it; it is not computed again meanwhile, and goes on when released."""
    know(work, BEN)
    work.become(lambda city: with_recipe(allowing(city), RENAMED, "account"))
    work.answer(noted("new", f"an {ACCOUNT}", "blue"))
    runs = work.run()
    assert (runs["publish:benches"], runs[STEP]) == ("new", "held")
    assert newest(work) == []
    assert STEP not in work.run()
    desk = Releasing(work.workspace)
    (release,) = desk.seen_by(CLARA)
    assert (release.dataset, release.state) == ("benches-by-year", "held")
    assert {(one.kind, one.column) for one in release.findings} == {("iban", "account")}
    decided = desk.decide(CLARA, release.id, release.revision, "iban", "account", "ours")
    desk.approve(BEN, release.id, decided.revision)
    assert work.run()[STEP] == "new"
    assert desk.get(BEN, release.id).state == "published"
    assert newest(work) == [1]
    assert STEP not in work.run()


def test_other_values_under_the_same_name_are_not_carried(work: Work) -> None:
    """The decision was on what the input shows; joined texts say more."""
    sql = "select number, 'Konto: ' || note as note from benches"
    work.become(lambda city: with_recipe(allowing(city), sql, "note"))
    work.answer(noted("new", f"an {ACCOUNT}", "blue"))
    assert work.run()[STEP] == "held"


def test_a_result_that_is_opened_goes_past_the_guard(work: Work) -> None:
    """What was computed for the house is looked at when its file opens it."""

    def within(access: Access) -> None:
        def change(city: City) -> City:
            made = with_recipe(allowing(city), RENAMED, "account")
            closed = replace(made.datasets["benches-by-year"], access=access)
            return replace(made, datasets={**made.datasets, closed.id: closed})

        work.become(change)

    within(Access.INTERNAL)
    work.answer(noted("new", f"an {ACCOUNT}", "blue"))
    assert work.run()[STEP] == "new"
    within(Access.OPEN)
    assert work.run()[STEP] == "held"


def test_notes_without_anybody_are_no_matter(work: Work) -> None:
    """Nothing is held where nothing was found."""
    work.become(
        lambda city: with_recipe(
            green(city, columns=(*city.datasets["benches"].columns, NOTES)), CARRIED, "note"
        )
    )
    work.answer(noted("new", "old", "blue"))
    assert work.run()[STEP] == "new"
