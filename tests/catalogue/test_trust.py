"""Trust travels: what an input lacks, everything made from it lacks too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.catalogue.trust import Trusts, older_than, worst
from allmende.model.access import Access
from allmende.model.dataset import Check, DatasetVersion, Pin
from allmende.model.knowledge import Trust
from allmende.model.run import Run, Step
from allmende.store.sql import SqlStore
from allmende.testing.clock import START, FixedClock
from allmende.testing.small import small_city

STATES: list[Trust] = ["ok", "incomplete", "stale", "suspect", "unknown"]


@pytest.fixture
def store(tmp_path: Path) -> SqlStore:
    """An empty store."""
    return SqlStore.open(f"sqlite:///{tmp_path / 'store.sqlite'}")


def _add(
    store: SqlStore, dataset: str, inputs: tuple[Pin, ...] = (), rejected: int = 0, ok: bool = True
) -> Pin:
    version = DatasetVersion(
        dataset, 1, 0, "c", "m", 95, rejected, (), START, inputs=inputs, access=Access.OPEN,
        checks=(Check("key", ok),),
    )  # fmt: skip
    store.add_version(version)
    return version.pin


def _trust(store: SqlStore, pin: Pin) -> Trust:
    trusts = Trusts(small_city(), store, FixedClock())
    trusts.refresh()
    return trusts.of(pin)


@given(st.lists(st.sampled_from(STATES)), st.sampled_from(STATES))
def test_another_input_never_makes_a_number_more_trustworthy(states: list[Trust], more: Trust) -> None:
    """The worst of several states is one of them, and only gets worse with another one."""
    assert worst(states) in [*states, "ok"]
    assert STATES.index(worst([*states, more])) == max(STATES.index(worst(states)), STATES.index(more))


@pytest.mark.parametrize(
    ("rejected", "ok", "wanted"),
    [(0, True, "ok"), (5, True, "ok"), (6, True, "incomplete"), (0, False, "suspect"), (6, False, "suspect")],
)
def test_faults_of_an_input_reach_what_is_made_from_it(
    store: SqlStore, rejected: int, ok: bool, wanted: Trust
) -> None:
    """More than one rejected row in twenty, or a failed check: two recipes further it is still known."""
    pin = _add(store, "benches", rejected=rejected, ok=ok)
    far = _add(store, "far", (_add(store, "near", (pin,)),))
    assert [_trust(store, one) for one in (pin, far)] == [wanted, wanted]


def test_a_source_that_fails_makes_its_data_stale(store: SqlStore) -> None:
    """After a failed fetch the newest version and what is made from it are stale; after a good one they are ok."""
    pin = _add(store, "benches")
    near = _add(store, "near", (pin,))
    store.add_run(Run(Step("fetch", "benches"), START, START, "failed"))
    assert [_trust(store, pin), _trust(store, near)] == ["stale", "stale"]
    later = START + timedelta(hours=1)
    store.add_run(Run(Step("fetch", "benches"), later, later, "new"))
    assert [_trust(store, pin), _trust(store, near)] == ["ok", "ok"]


def test_a_version_nobody_knows_is_unknown(store: SqlStore) -> None:
    """A number made from a version that is gone says so."""
    assert _trust(store, Pin("gone", 1)) == "unknown"
    assert _trust(store, _add(store, "near", (Pin("gone", 1),))) == "unknown"


@pytest.mark.parametrize(
    ("period", "days", "wanted"),
    [
        ("2025", 325, True), ("2025", 326, False), ("2026-11-21", 0, True), ("2026-11-22", 0, False),
        ("winter", 1, False), ("1999", None, False),
    ],
)  # fmt: skip
def test_a_period_is_old_after_its_end(period: str, days: int | None, wanted: bool) -> None:
    """Days count from the end of the period; what is no date is not called old."""
    assert older_than(period, days, datetime(2026, 11, 22, 12, tzinfo=UTC)) is wanted
