"""What is held back waits for people while the old version stays, and goes on when they cleared it."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from allmende.errors import Conflict, NotAllowed, NotFound
from allmende.flow.releasing import Releasing
from allmende.model.access import ANONYMOUS, Access
from allmende.model.audit import Entry
from allmende.model.city import City
from allmende.model.dataset import Column
from allmende.model.guard import Allowed
from allmende.model.person import Grant, Person
from allmende.share.web import reads_of
from allmende.testing.clock import START
from allmende.testing.people import iban
from tests.flow.conftest import ROWS, Work

ANNA = Person("p1", "anna", "Anna", grants=(Grant("steward", "green"),))
BEN = Person("p2", "ben", "Ben", grants=(Grant("releaser", "green"),))
CLARA = Person("p3", "clara", "Clara", grants=(Grant("privacy_officer", "*"),))
EMIL = Person("p4", "emil", "Emil", grants=(Grant("releaser", "roads"),))
NOTES = Column("note")


def green(city: City, **changes: Any) -> City:
    """The benches belong to the green department."""
    found = replace(city.datasets["benches"], department="green", **changes)
    return replace(city, datasets={**city.datasets, "benches": found})


def with_notes(city: City) -> City:
    """The benches have notes, which everybody may read."""
    return green(city, columns=(*city.datasets["benches"].columns, NOTES))


def noted(*notes: str) -> list[list[Any]]:
    """The benches with notes."""
    return [[*ROWS[0], "note"], *([*row, note] for row, note in zip(ROWS[1:], notes, strict=True))]


def know(work: Work, *people: Person) -> None:
    """The people are known to the store, as all who approve are."""
    for one in people:
        work.workspace.store.people.add(replace(one, created=START), Entry(0, START, "test", "add", one.id))


def versions(work: Work) -> list[int]:
    """The versions of the benches, newest first."""
    return [one.number for one in work.workspace.store.versions("benches")]


def test_a_planted_account_is_stopped_and_decided_by_the_right_people(work: Work) -> None:
    """The old version stays, the privacy officer decides, another person releases, then it is public."""
    know(work, BEN)
    work.become(with_notes)
    work.answer(noted("new", "old", "blue"))
    work.run()
    account = iban(random.Random(1))
    work.answer(noted("new", f"Spende an {account}", "blue"))
    work.wait(hours=2)
    assert work.run()["publish:benches"] == "held"
    assert versions(work) == [1]
    desk = Releasing(work.workspace)
    (release,) = desk.seen_by(BEN)
    assert (release.state, release.held_for, release.dataset) == ("held", ("personal",), "benches")
    assert [(one.kind, one.column) for one in release.findings] == [("iban", "note")]
    with pytest.raises(NotAllowed, match="nobody has decided"):
        desk.approve(BEN, release.id, release.revision)
    with pytest.raises(NotAllowed, match="privacy officer"):
        desk.decide(ANNA, release.id, release.revision, "iban", "note", "it is ours")
    decided = desk.decide(CLARA, release.id, release.revision, "iban", "note", "the city's own account")
    with pytest.raises(Conflict):
        desk.approve(BEN, release.id, release.revision)
    with pytest.raises(NotAllowed, match="role"):
        desk.approve(CLARA, release.id, decided.revision)
    desk.approve(BEN, release.id, decided.revision, "looked at it")
    assert work.run()["publish:benches"] == "new"
    assert versions(work) == [2, 1]
    assert desk.get(BEN, release.id).state == "published"
    assert desk.get(BEN, release.id).version == 2
    assert [step.action for step in desk.history(ANNA, release.id)] == [
        "hold",
        "decide",
        "approve",
        "publish",
    ]


def test_others_do_not_see_it(work: Work) -> None:
    """A releaser of another department gets the answer for what is not there."""
    work.become(with_notes)
    work.answer(noted("a", "b", "+49 171 2345678"))
    work.run()
    (release,) = Releasing(work.workspace).seen_by(ANNA)
    assert Releasing(work.workspace).seen_by(EMIL) == ()
    with pytest.raises(NotFound):
        Releasing(work.workspace).approve(EMIL, release.id, release.revision)
    assert versions(work) == []


def test_a_closed_column_and_an_allowed_finding_are_no_obstacle(work: Work) -> None:
    """What stays in the city is not held back, nor what the file says may be public."""
    work.answer(noted("a", "b", "+49 171 2345678"))
    work.become(
        lambda city: green(
            city, columns=(*city.datasets["benches"].columns, replace(NOTES, access=Access.INTERNAL))
        )
    )
    assert work.run()["publish:benches"] == "new"
    allowed = (Allowed("phone", "note", "the office's own"),)
    work.become(
        lambda city: with_notes(
            green(city, columns=city.datasets["benches"].columns[:3], guard_allowed=allowed)
        )
    )
    assert work.run()["publish:benches"] == "new"
    assert versions(work) == [2, 1]


def test_opening_a_column_goes_past_the_guard_again(work: Work) -> None:
    """The file's word alone does not show what nobody looked at."""
    closed = replace(NOTES, access=Access.INTERNAL)
    work.become(lambda city: green(city, columns=(*city.datasets["benches"].columns, closed)))
    work.answer(noted("a", "b", "+49 171 2345678"))
    assert work.run()["publish:benches"] == "new"
    work.become(lambda city: with_notes(green(city, columns=city.datasets["benches"].columns[:3])))
    assert work.run()["publish:benches"] == "held"
    assert versions(work) == [1]


def test_rejected_rows_are_looked_through_too(work: Work) -> None:
    """Their raw text is shown beside the dataset."""
    work.become(green)
    work.answer([*ROWS, ["DE89 3704 0044 0532 0130 00", 2020, 0.5]])
    assert work.run()["publish:benches"] == "held"
    (release,) = Releasing(work.workspace).seen_by(ANNA)
    assert [(one.kind, one.column) for one in release.findings] == [("iban", "(rejected rows)")]


def test_bytes_that_were_held_back_can_be_read_by_nobody(work: Work) -> None:
    """The receipt's raw file is not there for readers until something was published of it."""
    work.become(with_notes)
    work.answer(noted("x", "y", "z"))
    work.run()
    work.answer(noted("a", "b", "+49 171 2345678"))
    work.wait(hours=2)
    work.run()
    newest, old = work.workspace.store.receipts("benches")
    reads = reads_of(work.workspace)
    with pytest.raises(NotFound):
        reads.raw(ANONYMOUS, newest.sha256)
    assert reads.raw(ANONYMOUS, old.sha256)


@pytest.mark.parametrize("count", [5, 60])
def test_far_fewer_or_more_rows_wait_and_can_be_released_or_refused(work: Work, count: int) -> None:
    """Half as many, or half again as many."""

    def rows(number: int) -> list[list[Any]]:
        return [ROWS[0], *([n, 2020, 0.5] for n in range(number))]

    know(work, BEN)
    work.become(green)
    work.answer(rows(30))
    work.run()
    work.answer(rows(count))
    work.wait(hours=2)
    work.run()
    desk = Releasing(work.workspace)
    (release,) = desk.seen_by(BEN)
    assert (release.held_for, versions(work)) == (("rows",), [1])
    desk.refuse(BEN, release.id, release.revision, "the export was cut off")
    assert work.run()["publish:benches"] == "unchanged"
    work.answer(rows(count + 1))
    work.wait(hours=2)
    work.run()
    newest = desk.seen_by(BEN)[0]
    desk.approve(BEN, newest.id, newest.revision)
    assert work.run()["publish:benches"] == "new"
    assert versions(work) == [2, 1]


def test_what_is_held_for_two_reasons_needs_both_and_then_goes_out(work: Work) -> None:
    """Far more rows, and an account among them: the second word does not undo the first."""
    know(work, BEN)
    work.become(with_notes)
    plain: list[list[Any]] = [[n, 2020, 0.5, "fine"] for n in range(30)]
    work.answer([noted("", "", "")[0], *plain])
    work.run()
    more = [[n, 2020, 0.5, "fine"] for n in range(30, 90)]
    more[7][3] = f"Spende an {iban(random.Random(1)).strip()}"
    work.answer([noted("", "", "")[0], *plain, *more])
    work.wait(hours=2)
    work.run()
    desk = Releasing(work.workspace)
    first = desk.seen_by(BEN)[0]
    desk.approve(BEN, first.id, first.revision)
    assert work.run()["publish:benches"] == "held"
    states = {one.state: one for one in desk.seen_by(CLARA)}
    assert set(states) == {"held", "refused"}  # what was approved alone is over
    second = states["held"]
    assert second.held_for == ("personal", "rows")
    decided = desk.decide(CLARA, second.id, second.revision, "iban", "note", "the city's own")
    desk.approve(BEN, second.id, decided.revision)
    assert work.run()["publish:benches"] == "new"
    assert versions(work) == [2, 1]


def test_an_approver_who_lost_the_role_releases_nothing(work: Work) -> None:
    """Between the word and the publication."""
    know(work, BEN)
    work.become(with_notes)
    work.answer(noted("a", "b", "+49 171 2345678"))
    work.run()
    desk = Releasing(work.workspace)
    (release,) = desk.seen_by(ANNA)
    decided = desk.decide(ANNA, release.id, release.revision, "phone", "note", "the office's own")
    desk.approve(BEN, release.id, decided.revision)
    work.workspace.store.people.close(BEN.id, START, Entry(0, START, "test", "close", BEN.id))
    assert work.run()["publish:benches"] == "held"
    assert versions(work) == []


def test_a_newer_refresh_takes_the_place_of_one_that_waits(work: Work) -> None:
    """The old one is refused by the system; what is fine goes out by itself."""
    work.become(with_notes)
    work.answer(noted("a", "b", "+49 171 2345678"))
    work.run()
    work.answer(noted("a", "b", "+49 171 2345679"))
    work.wait(hours=2)
    work.run()
    assert sorted(one.state for one in Releasing(work.workspace).seen_by(ANNA)) == ["held", "refused"]
    work.answer(noted("a", "b", "c"))
    work.wait(hours=2)
    assert work.run()["publish:benches"] == "new"


def test_a_changed_file_is_a_persons_word_over_an_old_refusal(work: Work) -> None:
    """The same bytes go out when the column was closed; nothing waits any more."""
    work.become(with_notes)
    work.answer(noted("a", "b", "+49 171 2345678"))
    work.run()
    desk = Releasing(work.workspace)
    (release,) = desk.seen_by(ANNA)
    desk.refuse(BEN, release.id, release.revision, "the note must go")
    assert work.run()["publish:benches"] == "unchanged"
    closed = replace(NOTES, access=Access.INTERNAL)
    work.become(lambda city: green(city, columns=(*city.datasets["benches"].columns[:3], closed)))
    assert work.run()["publish:benches"] == "new"
    assert [one.state for one in desk.seen_by(ANNA)] == ["refused"]


def test_what_went_out_without_a_word_waits_no_more(work: Work) -> None:
    """The file allowed it meanwhile."""
    work.become(with_notes)
    work.answer(noted("a", "b", "+49 171 2345678"))
    work.run()
    allowed = (Allowed("phone", "note", "the office's own"),)
    work.become(lambda city: green(city, guard_allowed=allowed))
    assert work.run()["publish:benches"] == "new"
    assert [one.state for one in Releasing(work.workspace).seen_by(ANNA)] == ["refused"]


def test_a_withdrawn_dataset_is_gone_with_all_that_is_made_of_it(work: Work) -> None:
    """Nothing is made from it any more; who withdrew it may not show it again alone."""
    work.become(green)
    work.run()
    desk = Releasing(work.workspace)
    with pytest.raises(NotAllowed, match="reason"):
        desk.withdraw(ANNA, "benches", " ")
    with pytest.raises(NotFound):
        desk.withdraw(EMIL, "benches", "not mine")
    incident = desk.withdraw(ANNA, "benches", "names were in it")
    assert (incident.versions, incident.derived[0]) == ((1,), "benches-by-year")
    work.workspace._current._until = 0.0
    assert work.workspace.city.datasets["benches"].access is Access.WITHDRAWN
    work.answer([*ROWS, [4, 2022, 0.5]])
    work.wait(hours=2)
    done = work.run()
    assert "publish:benches" not in done
    assert "recipe:benches-by-year" not in done
    with pytest.raises(NotAllowed, match="withdrawn"):
        desk.withdraw(ANNA, "benches", "again")
    both = replace(ANNA, grants=(*ANNA.grants, Grant("releaser", "green")))
    with pytest.raises(NotAllowed, match="alone"):
        desk.show_again(both, "benches", "fine now")
    desk.show_again(BEN, "benches", "the names are out")
    work.workspace._current._until = 0.0
    assert work.run()["publish:benches"] == "new"
    assert desk.incidents(ANNA) == (incident,)


def freed(city: City) -> City:
    """The benches are given away as CC0, though their source wants to be named."""
    source = replace(city.sources["benches"], licence="dl-de/by-2-0")
    return replace(green(city, licence="cc0-1.0"), sources={**city.sources, "benches": source})


def test_a_licence_that_drops_duties_is_held_until_somebody_says_why_it_may(work: Work) -> None:
    """The city's owner may have given a permission; it is written down with the decision."""
    know(work, BEN)
    work.become(freed)
    assert work.run()["publish:benches"] == "held"
    assert versions(work) == []
    desk = Releasing(work.workspace)
    (release,) = desk.seen_by(BEN)
    assert (release.held_for, release.findings[0].kind) == (("terms",), "licence_drops")
    decided = desk.decide(ANNA, release.id, release.revision, "licence_drops", "", "permission of 3 May")
    desk.approve(BEN, release.id, decided.revision)
    assert work.run()["publish:benches"] == "new"


def test_a_recipe_whose_inputs_exclude_each_other_publishes_nothing(work: Work) -> None:
    """Its last version stays; no version of both is made."""

    def bound(city: City) -> City:
        source = replace(city.sources["benches"], licence="cc-by-nc-4.0")
        return replace(green(city, access=Access.PROTECTED), sources={**city.sources, "benches": source})

    work.become(bound)
    outcomes = work.run()
    assert (outcomes["publish:benches"], outcomes["recipe:benches-by-year"]) == ("new", "failed")


def test_what_is_held_is_not_parsed_again_until_something_changes(work: Work) -> None:
    """The same bytes wait without being read; a word of people, other bytes or another licence wake them."""
    work.become(with_notes)
    work.answer(noted("new", "old", "blue"))
    work.run()
    work.answer(noted("new", iban(random.Random(1)), "blue"))
    work.wait(hours=2)
    assert work.run()["publish:benches"] == "held"
    work.wait(hours=2)
    assert "publish:benches" not in work.run()
    (release,) = Releasing(work.workspace).seen_by(CLARA)
    decided = Releasing(work.workspace).decide(CLARA, release.id, release.revision, "iban", "note", "ours")
    assert "publish:benches" not in work.run()
    know(work, BEN)
    Releasing(work.workspace).approve(BEN, release.id, decided.revision)
    assert work.run()["publish:benches"] == "new"
    assert "publish:benches" not in work.run()


def test_a_closed_column_wakes_what_is_held(work: Work) -> None:
    """When the city closes the column there is nothing to wait for."""
    work.become(with_notes)
    work.answer(noted("new", iban(random.Random(1)), "blue"))
    assert work.run()["publish:benches"] == "held"
    assert "publish:benches" not in work.run()
    closed = replace(NOTES, access=Access.INTERNAL)
    columns = work.workspace.city.datasets["benches"].columns
    work.become(lambda city: green(city, columns=(*columns[:-1], closed)))
    assert work.run()["publish:benches"] == "new"
