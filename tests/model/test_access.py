"""Default closed: what a reader may see, and how access travels to results."""

from __future__ import annotations

import pytest

from allmende.model.access import ANONYMOUS, Access, Principal, Scope, strictest


def test_anonymous_reads_only_open_data() -> None:
    """Without a key, open data and nothing else."""
    assert [a for a in Access if ANONYMOUS.may_read(a, "trees")] == [Access.OPEN]


def test_a_scope_covers_milder_classes_of_its_dataset_only() -> None:
    """`read:protected:trees` opens protected and commercial trees, no other dataset, nothing internal."""
    reader = Principal("key", "crew", (Scope.parse("read:protected:trees"),))
    assert [a for a in Access if reader.may_read(a, "trees")] == [
        Access.OPEN,
        Access.COMMERCIAL,
        Access.PROTECTED,
    ]
    assert [a for a in Access if reader.may_read(a, "people")] == [Access.OPEN]


def test_a_result_is_as_closed_as_its_strictest_input() -> None:
    """Access travels; a result of nothing is internal."""
    assert strictest([Access.OPEN, Access.PROTECTED]) is Access.PROTECTED
    assert strictest([]) is Access.INTERNAL


@pytest.mark.parametrize("text", ["write:open", "read:secret", "", "read:"])
def test_wrong_scopes_are_refused(text: str) -> None:
    """A scope that is not one is an error, never a silent nothing."""
    with pytest.raises(ValueError):  # noqa: PT011
        Scope.parse(text)


def test_scope_reads_back() -> None:
    """A scope is written as it is read."""
    assert str(Scope.parse("read:internal:trees")) == "read:internal:trees"
