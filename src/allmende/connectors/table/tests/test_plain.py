"""The fast way for plainly written columns gives what looking at every value gives."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allmende.connectors.table import casting, plain
from allmende.connectors.table.casting import Style, cast
from allmende.model.dataset import ColumnType

TEXTS = st.one_of(
    st.from_regex(r"\A-?[0-9]{1,6}\Z"),
    st.from_regex(r"\A-?[0-9]{1,4}[.,][0-9]{1,4}\Z"),
    st.from_regex(r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}\Z"),
    st.sampled_from(["-", "+5", "1e3", "0x1F", "007", "1.234.567", "2024-02-30", " 1", "", "nan"]),
)
KINDS: tuple[ColumnType, ...] = ("integer", "number", "date")


@settings(deadline=None)
@given(st.lists(TEXTS | st.none(), max_size=6), st.sampled_from(KINDS), st.sampled_from(["", ",", "."]))
def test_both_ways_agree(values: list[str | None], kind: ColumnType, decimal: str) -> None:
    """Whatever is written: the same values, and the same ones are refused."""
    style = Style(decimal=decimal)
    column = casting.clean(pa.array(values, pa.string()), style)
    fast = cast(column, kind, style)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(casting, "_cast_plain", lambda *_: None)
        slow = cast(column, kind, style)
    assert fast.values.to_pylist() == slow.values.to_pylist()
    assert fast.bad.tolist() == slow.bad.tolist()


@pytest.mark.parametrize(
    ("values", "made"),
    [(["1", None, "-20"], [1, None, -20]), (["1", "x"], None), (["1-2"], None), (["9" * 19], None), ([], [])],
)
def test_integers(values: list[Any], made: list[Any] | None) -> None:
    """Digits and signs are cast at once; anything else is not decided here."""
    found = plain.integers(pa.array(values, pa.string()))
    assert (found if found is None else found.to_pylist()) == made


def test_slices_are_looked_at_alone() -> None:
    """What lies beside a slice in memory does not matter."""
    column = pa.array(["a", "1", "2", " b"])
    assert plain.holds_only(column.slice(1, 2), b"12")
    assert plain.needs_no_trim(column.slice(0, 3))
    assert not plain.needs_no_trim(column)


_ENDS = st.sampled_from(
    ["", " ", "\u00a0", "\u2003", "\u3000", "\u0085", "\t", "ä", "à", "ß", "€", "\x7f", "x"]
)


@settings(deadline=None)
@given(st.lists(st.none() | st.tuples(_ENDS, st.text(max_size=3), _ENDS).map("".join), max_size=5))
def test_what_needs_no_trim_would_not_be_changed(values: list[str | None]) -> None:
    """Only columns that trimming leaves as they are, and that have no empty value, are left alone."""
    values = [None if value is None else value.encode("utf-8", "ignore").decode() for value in values]
    column = pa.array(values, pa.string())
    if plain.needs_no_trim(column):
        assert plain.pc.utf8_trim_whitespace(column).to_pylist() == values
        assert "" not in values


def test_letters_of_german_need_no_trim() -> None:
    """Umlauts and spaces inside take the fast way; white space beyond ASCII at an end does not."""
    assert plain.needs_no_trim(pa.array(["Ärger am Fluß", "Straße 5", None]))
    assert not plain.needs_no_trim(pa.array(["a\u00a0"]))
    assert not plain.needs_no_trim(pa.array([""]))


@pytest.mark.parametrize("text", ["0001-01-01", "0000-00-00", "0024-05-06", "01.01.0001"])
def test_placeholders_are_no_days(text: str) -> None:
    """Years before 1000 stand for nothing known: they are refused, never taken for 2001."""
    found = cast(casting.clean(pa.array([text]), Style()), "date", Style())
    assert (found.values.to_pylist(), found.bad.tolist()) == ([None], [True])
