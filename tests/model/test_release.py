"""The release of a content: no sequence of steps by anybody leads past a check."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allmende.errors import AllmendeError, Conflict, NotAllowed
from allmende.model.dataset import Check
from allmende.model.guard import Decision, GuardFinding
from allmende.model.person import ROLES, Grant, Person
from allmende.model.release import (
    FOLLOWS,
    Action,
    Release,
    ReleaseRules,
    Step,
    advance,
    checked,
    deadline_of,
    is_overdue,
    may_decide,
)

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
TODAY = date(2026, 7, 1)
IBAN = GuardFinding("iban", "konto", 3, 1.0, ("DE** **** 12",))
ACTIONS: tuple[Action, ...] = (
    "fill", "describe", "check", "decide", "approve", "publish", "refuse", "withdraw", "supersede",
)  # fmt: skip


def person(id_: str, *roles: str, department: str = "trees") -> Person:
    """Somebody with roles in one department."""
    return Person(id_, id_, id_.title(), grants=tuple(Grant(role, department) for role in roles))  # type: ignore[arg-type]


ANNA = person("anna", "contributor", "steward")
BEN = person("ben", "releaser")
CLARA = person("clara", "privacy_officer")
BOTH = person("dora", "steward", "releaser")
OTHER = person("emil", *ROLES, department="roads")


def draft(**changes: object) -> Release:
    """A draft of Anna's."""
    made = Release("r1", "tree-list", "trees", "draft", 1, NOW, NOW, "anna", raw="ab")
    return replace(made, **changes)  # type: ignore[arg-type]


def do(release: Release, action: Action, by: Person | None, reason: str = "because") -> Release:
    """One step, at the revision that is there."""
    return advance(release, Step(action, release.revision, reason), by, NOW, TODAY)


def looked_at(release: Release, by: Person = ANNA, findings: tuple[GuardFinding, ...] = ()) -> Release:
    """Checked, with what the checks found."""
    return checked(do(release, "check", by), (), findings, 10, None)


def test_two_people_bring_a_content_to_the_public() -> None:
    """Draft, described, checked, approved by a second person, published, superseded."""
    release = looked_at(do(draft(), "describe", ANNA))
    release = do(do(release, "approve", BEN), "publish", None)
    assert (release.state, release.approved_by, release.described_by) == ("published", "ben", "anna")
    assert do(release, "supersede", None).state == "superseded"


def test_who_described_may_not_release() -> None:
    """Also with the role, also over a deputy of theirs."""
    release = looked_at(do(draft(begun_by="dora"), "describe", BOTH))
    with pytest.raises(NotAllowed, match="second person"):
        do(release, "approve", BOTH)
    stands_in = Person("fred", "fred", "Fred", grants=(Grant("releaser", "trees", deputy_for="dora"),))
    with pytest.raises(NotAllowed, match="second person"):
        do(release, "approve", stands_in)
    free = replace(stands_in, grants=(Grant("releaser", "trees", deputy_for="ben"),))
    assert do(release, "approve", free).state == "approved"


def test_everybody_who_had_a_hand_in_it_may_not_release() -> None:
    """Also who was overwritten, who filled before, who checked, who decided."""
    filled = do(do(draft(begun_by="anna"), "fill", BOTH), "describe", ANNA)
    overwritten = do(do(draft(), "describe", BOTH), "describe", ANNA)
    for release in (
        looked_at(filled),
        looked_at(overwritten),
        looked_at(do(draft(), "describe", ANNA), BOTH),
    ):
        with pytest.raises(NotAllowed, match="second person"):
            do(release, "approve", BOTH)
        assert do(release, "approve", BEN).state == "approved"
    held = draft(state="held", begun_by="system")
    ready = checked(held, (), (), None, None)
    with pytest.raises(NotAllowed, match="second person"):
        do(do(ready, "decide", BOTH), "approve", BOTH)


def test_describing_again_forgets_decisions() -> None:
    """They were on what was found then, perhaps in another column of that name."""
    release = looked_at(do(draft(), "describe", ANNA), findings=(IBAN,))
    decided = replace(release, decisions=(Decision("iban", "konto", "three of ours", "clara", NOW),))
    again = looked_at(do(decided, "describe", ANNA), findings=(replace(IBAN, count=90_000),))
    with pytest.raises(NotAllowed, match="nobody has decided"):
        do(again, "approve", BEN)


def test_a_grant_that_ended_is_none() -> None:
    """The last day counts, the day after does not."""
    ben = replace(BEN, grants=(Grant("releaser", "trees", until=TODAY),))
    release = looked_at(do(draft(), "describe", ANNA))
    assert do(release, "approve", ben).state == "approved"
    with pytest.raises(NotAllowed, match="role"):
        advance(release, Step("approve", release.revision), ben, NOW, TODAY + timedelta(days=1))
    with pytest.raises(NotAllowed, match="role"):
        do(release, "approve", replace(BEN, closed=NOW))


def test_a_finding_stops_until_it_is_decided_with_a_reason() -> None:
    """And a private one is decided by the privacy officer only."""
    release = looked_at(do(draft(), "describe", ANNA), findings=(IBAN,))
    with pytest.raises(NotAllowed, match="nobody has decided"):
        do(release, "approve", BEN)
    assert not may_decide(ANNA, "iban", "trees", TODAY)
    assert may_decide(ANNA, "phone", "trees", TODAY)
    assert may_decide(CLARA, "iban", "trees", TODAY)
    decided = replace(
        release, decisions=(Decision("iban", "konto", "the office's own account", "clara", NOW),)
    )
    assert do(decided, "approve", BEN).state == "approved"
    blank = replace(release, decisions=(Decision("iban", "konto", "  ", "clara", NOW),))
    with pytest.raises(NotAllowed, match="nobody has decided"):
        do(blank, "approve", BEN)


def test_what_was_changed_after_the_checks_is_checked_again() -> None:
    """Other bytes or words than those that were checked cannot be released."""
    release = looked_at(do(draft(), "describe", ANNA))
    with pytest.raises(NotAllowed, match="changed since"):
        do(replace(release, raw="cd"), "approve", BEN)
    approved = do(release, "approve", BEN)
    with pytest.raises(NotAllowed, match="changed since"):
        do(replace(approved, raw="cd"), "publish", None)
    assert do(approved, "describe", ANNA).approved_by == ""


def test_a_broken_contract_stops() -> None:
    """Other checks that failed are told and do not."""
    release = do(draft(), "describe", ANNA)
    broken = checked(
        do(release, "check", ANNA), (Check("contract:columns", False, 0, "no column x"),), (), 0, None
    )
    with pytest.raises(NotAllowed, match="check failed"):
        do(broken, "approve", BEN)
    told = checked(do(release, "check", ANNA), (Check("range:height", False, 2),), (), 9, None)
    assert do(told, "approve", BEN).state == "approved"


def test_the_second_of_two_people_gets_a_conflict() -> None:
    """Nothing is overwritten unseen."""
    release = draft()
    first = advance(release, Step("describe", 1), ANNA, NOW, TODAY)
    with pytest.raises(Conflict):
        advance(first, Step("describe", 1), BOTH, NOW, TODAY)


def test_silence_opens_only_what_nothing_was_found_in() -> None:
    """After the city's days, not before, and never over a finding, even a decided one."""
    release = looked_at(do(draft(), "describe", ANNA))
    waiting = replace(release, deadline=deadline_of(ReleaseRules(open_after_days=14), NOW))
    later = NOW + timedelta(days=14)
    with pytest.raises(NotAllowed, match="deadline"):
        advance(waiting, Step("approve", waiting.revision), None, later - timedelta(seconds=1), TODAY)
    assert advance(waiting, Step("approve", waiting.revision), None, later, TODAY).approved_by == "system"
    found = replace(waiting, findings=(IBAN,), decisions=(Decision("iban", "konto", "fine"),))
    assert not is_overdue(found, later)
    assert deadline_of(ReleaseRules(), NOW) is None


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(ACTIONS),
            st.sampled_from([None, ANNA, BEN, CLARA, BOTH, OTHER]),
            st.sampled_from([(), (IBAN,)]),
            st.booleans(),
        ),
        max_size=12,
    ),
    st.sampled_from(["draft", "held"]),
)
def test_no_sequence_of_steps_leads_past_a_check(
    steps: list[tuple[Action, Person | None, tuple[GuardFinding, ...], bool]], first: str
) -> None:
    """Whatever anybody tries in whatever order: what is published was checked as it is, approved by somebody
    who had no part in it, and every finding in it was decided."""
    release = draft(state=first, begun_by="system" if first == "held" else "anna")
    approved: list[str] = []
    acted = {release.begun_by}
    for action, by, findings, wise in steps:
        try:
            after = do(release, action, by)
        except AllmendeError:
            continue
        assert FOLLOWS[release.state, action] == after.state
        assert after.revision == release.revision + 1
        if action == "check":
            after = checked(after, (), findings, 1, None)
        if action == "decide" and wise:
            after = replace(after, decisions=(Decision("iban", "konto", "known"),))
        if action in ("fill", "describe", "check", "decide") and by is not None:
            acted.add(by.id)
        if action == "approve":
            approved.append(after.approved_by)
            assert after.approved_by not in acted
        if after.state == "published" and release.state != "published":
            assert approved
            assert after.approved_by == approved[-1]
            assert after.approved_by not in (after.begun_by, after.described_by)
            assert not after.open_findings
            assert after.checked_for
        assert by is not OTHER
        release = after
