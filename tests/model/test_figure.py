"""A figure's address says everything and can be read back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.model.figure import FigureId

_TEXT = st.text(min_size=1, max_size=20).filter(lambda t: not any(0xD800 <= ord(c) <= 0xDFFF for c in t))


@given(
    operation=st.sampled_from(["value", "change", "difference", "cell", "rows"]),
    subject=st.from_regex(r"[a-z][a-z0-9-]{0,15}", fullmatch=True),
    version=st.integers(1, 999_999),
    definition=st.sampled_from(["", "3fa9c1", "0123456789ab"]),
    cell=st.dictionaries(_TEXT, _TEXT, max_size=4),
)
def test_address_reads_back(operation, subject, version, definition, cell):  # type: ignore[no-untyped-def]
    """Whatever the names and values in the cell, the address reads back to the same figure."""
    made = FigureId.of(operation, subject, version, definition=definition, cell=cell)
    assert FigureId.parse(str(made)) == made


@given(_TEXT)
def test_any_text_is_read_or_refused(text: str) -> None:
    """Text from an address bar gives a figure or a ValueError, nothing else."""
    try:
        read = FigureId.parse(text)
    except ValueError:
        return
    assert FigureId.parse(str(read)) == read


@pytest.mark.parametrize(
    "text", ["", "value", "value~x", "eat~x@1", "value~X@1", "value~x@1;a", "value~x@1;=b"]
)
def test_wrong_addresses_are_refused(text: str) -> None:
    """Addresses that only look like one are refused with a reason."""
    with pytest.raises(ValueError, match="is not"):
        FigureId.parse(text)
