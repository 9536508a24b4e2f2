"""The policy that others read says the same as what is enforced here."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from allmende.guard.terms.odrl import permits, policy_of, target_of
from allmende.model.agreement import (
    COUNTED,
    GIFT_KINDS,
    PURPOSES,
    SPANS,
    Agreement,
    Asked,
    Gift,
    Quota,
    refusal,
)

ZONE, ORIGIN = "Europe/Berlin", "https://data.example.org"
DAYS = st.dates(date(2026, 3, 20), date(2026, 4, 10))
MOMENTS = st.datetimes(datetime(2026, 3, 18), datetime(2026, 4, 12), timezones=st.just(UTC))
NAMES = st.sampled_from(["benches", "trees", "roads"])
USED = st.dictionaries(
    st.tuples(st.sampled_from(COUNTED), st.sampled_from(SPANS)), st.integers(0, 12), max_size=6
)
AGREEMENTS = st.builds(
    Agreement,
    id=st.just("a1"),
    party=st.just("Beispiel GmbH"),
    purposes=st.lists(st.sampled_from(PURPOSES), min_size=1, max_size=3, unique=True).map(tuple),
    datasets=st.lists(NAMES, min_size=1, max_size=3, unique=True).map(tuple),
    begins=DAYS,
    ends=DAYS,
    quotas=st.lists(
        st.builds(Quota, st.sampled_from(COUNTED), st.sampled_from(SPANS), st.integers(1, 10)),
        max_size=3,
        unique_by=lambda one: (one.counted, one.span),
    ).map(tuple),
    gifts=st.lists(st.builds(Gift, st.sampled_from(GIFT_KINDS), st.text(), st.none() | DAYS), max_size=2).map(
        tuple
    ),
    price_cents=st.none() | st.integers(0, 10**9),
    credited=st.booleans(),
    signed=st.none() | DAYS,
    revoked=st.none() | MOMENTS,
    revoked_because=st.text(max_size=20),
)
ASKED = st.builds(Asked, MOMENTS, NAMES, st.sampled_from([*PURPOSES, "", "anything"]), USED)


@given(AGREEMENTS, ASKED)
def test_the_policy_permits_exactly_what_we_allow(agreement: Agreement, asked: Asked) -> None:
    """Whoever evaluates it elsewhere, from its JSON alone, comes to our answer."""
    policy = json.loads(json.dumps(policy_of(agreement, "Stadt Test", ORIGIN, ZONE)))
    told = permits(policy, asked.moment, target_of(ORIGIN, asked.dataset), asked.purpose, asked.used)
    assert told == (refusal(agreement, asked, ZONE) is None)


def whole() -> Agreement:
    """An agreement in which everything is said."""
    return Agreement(
        "a1", "Beispiel GmbH", ("product", "research"), ("benches", "trees"), date(2026, 3, 29), date(2026, 10, 25),
        (Quota("rows", "day", 4711),), (Gift("fixes", "Faults we find", date(2026, 9, 30)),), 12_345, True,
        ("key-one", "key-two"), date(2026, 3, 1), datetime(2026, 8, 1, tzinfo=UTC), "Nobody paid",
    )  # fmt: skip


def test_everything_that_was_agreed_is_in_the_policy() -> None:
    """No field of the data is left out."""
    text = json.dumps(policy_of(whole(), "Stadt Test", ORIGIN, ZONE))
    said = {
        "id": "a1", "party": "Beispiel GmbH", "purposes": "allmende:research", "datasets": "/d/trees",
        "begins": "2026-03-28T23:00", "ends": "2026-10-25T23:00", "quotas": '"4711"', "gifts": "Faults we find",
        "price_cents": '"123.45"', "credited": '"allmende:credited": true', "keys": "key-two",
        "signed": "2026-03-01", "revoked": "2026-08-01", "revoked_because": "Nobody paid",
    }  # fmt: skip
    assert said.keys() == {field.name for field in fields(Agreement)}
    assert [name for name, words in said.items() if words not in text] == []
    assert all(one in text for one in ("rowsEachDay", "give_fixes", "2026-09-30"))


def test_days_begin_and_end_in_the_citys_time() -> None:
    """The first day begins at its midnight, the last ends at its midnight, also when the clock changes."""
    agreement = Agreement(
        "a", "P", ("product",), ("benches",), date(2026, 3, 29), date(2026, 10, 25), signed=date(2026, 1, 1)
    )
    first, after = datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC)
    second = timedelta(seconds=1)
    seen = [agreement.holding(one, ZONE) for one in (first - second, first, after - second, after)]
    assert seen == ["not_begun", "holds", "holds", "over"]
