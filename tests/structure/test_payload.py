"""Decoded values become what a property wants, or it is said why not."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allmende.model.sensor_type import ValueKind
from allmende.structure.payload import Scalar, as_kind


@pytest.mark.parametrize(
    ("value", "kind", "wanted"),
    [
        ("13.25", "number", 13.25),
        ("13,25", "number", 13.25),
        (7, "number", 7.0),
        (7.0, "count", 7),
        (True, "number", 1.0),
        ("", "number", None),
        ("NaN", "number", None),
        (None, "truth", None),
        (1, "truth", True),
        ("off", "truth", False),
        (3, "text", "3"),
    ],
)
def test_values_become_the_kind_of_their_property(value: Scalar, kind: ValueKind, wanted: Scalar) -> None:
    """Makers send numbers as text, truths as numbers, and words for none."""
    found = as_kind(value, kind)
    assert (found, type(found)) == (wanted, type(wanted))


@pytest.mark.parametrize(
    ("value", "kind"), [("open", "number"), ("1 2", "count"), (2, "truth"), ("x", "truth")]
)
def test_other_values_are_refused(value: Scalar, kind: ValueKind) -> None:
    """What cannot be is an error, never 0."""
    with pytest.raises(ValueError, match=r"neither|not a number"):
        as_kind(value, kind)


@settings(deadline=None)
@given(st.one_of(st.text(), st.floats(), st.integers(), st.booleans(), st.none()))
def test_any_value_is_a_number_none_or_refused(value: Scalar) -> None:
    """Infinity and NaN stay what they are, for the quality rules."""
    try:
        found = as_kind(value, "number")
    except ValueError:
        return
    assert found is None or isinstance(found, float)
    if isinstance(value, float) and math.isnan(value):
        assert isinstance(found, float)
        assert math.isnan(found)
