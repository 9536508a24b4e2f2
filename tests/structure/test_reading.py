"""Names, types and casts that all connectors share."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.errors import Unreadable
from allmende.model.dataset import Column, ColumnType
from allmende.structure.reading.jsontext import JsonText
from allmende.structure.reading.names import column_name, column_names
from allmende.structure.reading.shape import FoundColumn, shape
from allmende.structure.reading.values import cast, detect, to_datetime
from allmende.testing.connector_contract import check_law

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
TYPES: tuple[ColumnType, ...] = (
    "text",
    "integer",
    "number",
    "boolean",
    "date",
    "datetime",
    "json",
    "geometry",
)


@pytest.mark.parametrize(
    ("found", "ours"),
    [
        ("Größe (m²)", "groesse_m2"),
        ("addr:housenumber", "addr_housenumber"),
        ("STT_NAME", "stt_name"),
        ("createdAt", "created_at"),
        ("ÄußereMaße", "aeussere_masse"),
        ("31.12.2006", "c_31_12_2006"),
        ("Straße", "strasse"),
        ("naïve café", "naive_cafe"),
        ("地区", "column"),
        ("", "column"),
        ("@id", "id"),
    ],
)
def test_names_are_lower_snake(found: str, ours: str) -> None:
    """Umlauts are written out, accents dropped, everything else is an underscore."""
    assert column_name(found) == ours


@given(st.lists(st.text(), max_size=20))
def test_names_are_unique_and_safe_in_sql(found: list[str]) -> None:
    """Whatever a source calls its columns."""
    names = column_names(found)
    assert len(set(names)) == len(found)
    assert all(name.isascii() and name.isidentifier() and name == name.lower() for name in names)


@pytest.mark.parametrize(
    ("values", "name", "type_"),
    [
        ([], "a", "text"),
        ([None, ""], "a", "text"),
        ([1, 2, None], "a", "integer"),
        ([1, 2.5], "a", "number"),
        ([True, None], "a", "boolean"),
        ([True, 1], "a", "text"),
        (["1", "-2", ""], "a", "integer"),
        (["07743", "07745"], "a", "text"),
        (["50667"], "plz", "text"),
        (["16053000"], "gemeindeschluessel", "text"),
        (["1.5", "2"], "a", "number"),
        (["1,5", "1.012,25"], "a", "number"),
        (["1.234.567", "12"], "a", "integer"),
        (["1,5", "2.5"], "a", "text"),
        (["1,5,6"], "a", "text"),
        (["true", "FALSE"], "a", "boolean"),
        (["WAHR", "FALSCH"], "a", "boolean"),
        (["yes", "no"], "a", "text"),
        (["2026-01-01", "31.02.2026"], "a", "date"),
        (["2026-01-01T10:00:00Z", "2026-01-01 10:00"], "a", "datetime"),
        (["24.12.2026 10:00"], "a", "datetime"),
        (["2026-01-01", "soon"], "a", "text"),
        ([{"a": 1}, "x"], "a", "json"),
        ([10**30], "a", "text"),
        ([7, "8"], "a", "integer"),
        ([7, "A8"], "a", "text"),
        ([b"\x00"], "a", "geometry"),
        (["nan", "inf"], "a", "text"),
        (["1_000"], "a", "text"),
        (["١٢"], "a", "text"),
    ],
)
def test_types_are_detected_over_all_values(values: list[Any], name: str, type_: str) -> None:
    """The narrowest type that fits every value, and no number that is a code."""
    assert detect(values, name) == type_


@pytest.mark.parametrize(
    ("value", "type_", "made"),
    [
        ("1.012,25", "number", 1012.25),
        ("1.234.567", "integer", 1234567),
        ("12,0", "integer", 12),
        (12.0, "integer", 12),
        ("ja", "boolean", True),
        (0, "boolean", False),
        ("24.12.2026", "date", date(2026, 12, 24)),
        ("2026-12-24T00:00:00", "date", date(2026, 12, 24)),
        ("2026-07-01 12:00", "datetime", datetime(2026, 7, 1, 10, tzinfo=UTC)),
        ("1.7.2026 9:05", "datetime", datetime(2026, 7, 1, 7, 5, tzinfo=UTC)),
        ("2026-01-01T12:00:00+02:00", "datetime", datetime(2026, 1, 1, 10, tzinfo=UTC)),
        (1700000000, "datetime", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        (1700000000000, "datetime", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        ("0000-00-00", "date", None),
        ("  ", "text", None),
        (7, "text", "7"),
        (True, "text", "true"),
        ({"a": "ä"}, "json", '{"a": "ä"}'),
        ('{"a": 1}', "json", '{"a": 1}'),
        ("word", "json", '"word"'),
    ],
)
def test_values_are_cast(value: Any, type_: ColumnType, made: Any) -> None:
    """German and international notation; what says nothing is unknown."""
    assert cast([value], type_, "a") == ([made], [])


@pytest.mark.parametrize(
    ("value", "type_", "words"),
    [
        ("viele", "integer", "not a whole number"),
        (1.5, "integer", "not a whole number"),
        (True, "number", "not a number"),
        (2**63, "integer", "too large"),
        (float("inf"), "number", "not a finite number"),
        ("31.02.2026", "date", "not a date"),
        ("2026-01-01T10:00:00", "date", "a time, not a date"),
        ("vielleicht", "boolean", "neither true nor false"),
        ("25:00", "datetime", "not a time"),
        (1e300, "datetime", "not a time"),
        ("POINT (1 2)", "geometry", "not a geometry"),
    ],
)
def test_what_cannot_be_cast_is_a_fault_with_the_value(value: Any, type_: ColumnType, words: str) -> None:
    """The reason names the value, so that it can be found in the source."""
    made, faults = cast([None, value], type_, "a")
    assert made == [None, None]
    assert [(f.index, f.column) for f in faults] == [(1, "a")]
    assert words in faults[0].reason


@given(st.lists(JSON, max_size=6), st.sampled_from(TYPES))
def test_every_value_is_cast_or_a_fault(values: list[Any], type_: ColumnType) -> None:
    """No value of any kind raises, and none disappears."""
    made, faults = cast(values, type_, "a")
    bad = {fault.index for fault in faults}
    assert len(made) == len(values)
    for index, (value, result) in enumerate(zip(values, made, strict=True)):
        unknown = value is None or (
            isinstance(value, str) and (not value.strip() or value.startswith("0000-00-00"))
        )
        assert (result is None) == (unknown or index in bad)


@given(st.lists(JSON, max_size=6))
def test_the_detected_type_fits_every_value(values: list[Any]) -> None:
    """Only impossible dates and infinite numbers can be wrong in a column whose type was detected."""
    type_ = detect(values, "a")
    _, faults = cast(values, type_, "a")
    assert not faults or type_ in {"date", "datetime", "number"}


@given(st.datetimes(min_value=datetime(1950, 1, 1), max_value=datetime(2100, 1, 1)))
def test_moments_survive_being_written(moment: datetime) -> None:
    """ISO 8601 with a zone comes back as the same moment."""
    aware = moment.replace(tzinfo=UTC)
    assert to_datetime(aware.isoformat()) == aware


@given(st.lists(st.lists(JSON, min_size=3, max_size=3), min_size=1, max_size=4), st.sampled_from(TYPES))
def test_rows_in_are_rows_accepted_and_rejected(columns: list[list[Any]], type_: ColumnType) -> None:
    """The law, with a declared column that hardly anything fits."""
    found = [FoundColumn(f"c{i}", values) for i, values in enumerate(columns)]
    parsed = shape(found, 3, [Column("c0", type_)], raw_of=str)
    check_law(parsed)
    assert parsed.rows_in == 3


@given(st.binary(max_size=200))
def test_json_text_is_read_or_unreadable(content: bytes) -> None:
    """Nothing else is raised, whatever the bytes."""
    reader = JsonText()
    try:
        reader.parse(reader.decode(content))
    except Unreadable:
        return


@given(JSON)
def test_json_comes_back(value: Any) -> None:
    """What Python writes as JSON is what we read, not-a-number aside."""
    import json

    text = json.dumps(value)
    read = JsonText().parse(text)
    if "NaN" not in text and "Infinity" not in text and "\\ud" not in text:
        assert read == value


def test_rows_without_columns_are_refused() -> None:
    """Three values are no records; a table without columns would lose their number."""
    with pytest.raises(Unreadable, match="3 rows"):
        shape([], 3, (), raw_of=str)


def test_a_long_raw_text_is_cut() -> None:
    """A rejected row of a megabyte is not kept twice; the raw file has it whole."""
    parsed = shape([FoundColumn("a", ["x"])], 1, [Column("a", "integer")], raw_of=lambda _: "y" * 10_000)
    assert len(parsed.rejected[0].raw) == 2001
