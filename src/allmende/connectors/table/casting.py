"""Text columns to typed columns, all values of a column at once.

Each column is reduced to its different values first; those are matched and converted, then put back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute

from allmende.connectors.table import patterns, plain
from allmende.model.dataset import ColumnType

if TYPE_CHECKING:
    Texts: TypeAlias = pa.Array[pa.StringScalar]
# The stubs know the compute functions only for some types of arrays.
pc: Any = pyarrow.compute
_IS_CODE = re.compile(r"plz|postleit|postcode|postal|zip|schluessel|ags|phone|telefon")
_DATES = (patterns.GERMAN_DATE, patterns.ISO_DATE, patterns.SHORT_GERMAN_DATE)


@dataclass(frozen=True)
class Cast:
    """A column in its type: null where it was empty, a missing-value code, or (`bad`) not of that type."""

    values: pa.Array[Any]
    bad: np.ndarray[tuple[int], np.dtype[np.bool_]]
    note: str = ""


@dataclass(frozen=True)
class Style:
    """How a source writes: what was declared; empty where it is to be found out."""

    decimal: str = ""
    thousands: str = ""
    missing: tuple[str, ...] = ()
    date_format: str = ""
    zone: str = "Europe/Berlin"


def clean(column: Texts, style: Style) -> Texts:
    """Without spaces around values; empty ones and declared missing-value codes are null."""
    if not style.missing and plain.needs_no_trim(column):
        return column
    stripped = pc.utf8_trim_whitespace(column)
    codes = pa.array(["", *style.missing], pa.string())
    cleaned: Texts = pc.if_else(pc.is_in(stripped, value_set=codes), pa.scalar(None, pa.string()), stripped)
    return cleaned


def detect(column: Texts, name: str, style: Style) -> ColumnType:
    """The narrowest type of all (clean) values, codes for missing ones aside; text when in doubt."""
    if _are_plain_integers(column, name):
        return "integer"
    values = pc.unique(column).drop_null()
    known = values.filter(pc.invert(pc.is_in(values, value_set=pa.array(patterns.MISSING))))
    if len(known) == 0:
        return "text"
    folded = pc.utf8_lower(known)
    if _are_booleans(folded) or (len(known) == 2 and _all_in(folded, patterns.YES_OR_NO)):
        return "boolean"
    if _matches(known, r"^[+-]?\d{19,}$|" + patterns.INTEGER) and not _matches(known, patterns.INTEGER):
        return "text"  # longer than any amount: these are keys
    if _matches(known, patterns.INTEGER) and not _is_code(name, known):
        return _time_in_digits(known, name) or "integer"
    if _writes_english(known, style) and _matches(known, patterns.COMMA_GROUPS, patterns.INTEGER):
        return "integer" if not _plain_points(known) else "number"
    if _are_numbers(known, style) and not re.search(patterns.CODE_NAME, name):
        return (
            "integer"
            if _matches(known, patterns.DOT_GROUPS, patterns.INTEGER)
            and not _has_comma(known)
            and style.decimal != "."
            and not _plain_points(known)
            else "number"
        )
    return _detect_time(known, style) or ("json" if _is_json(known) else "text")


def _are_plain_integers(column: Texts, name: str) -> bool:
    """Told without looking for different values: digits only, in a column whose name says nothing else."""
    if re.search(patterns.TIME_NAME, name) or _IS_CODE.search(name) or column.null_count == len(column):
        return False
    return plain.holds_only(column, b"0123456789-") and _matches(column.drop_null(), patterns.INTEGER)


def _detect_time(known: Texts, style: Style) -> ColumnType | None:
    if style.date_format or _matches(known, *_DATES):
        return "date" if not cast_dates(known, style).bad.all() else "text"
    if _matches(known, patterns.GERMAN_TIME, patterns.ISO_TIME, patterns.GERMAN_DATE, patterns.ISO_DATE):
        return "datetime"
    return None


def _time_in_digits(known: Texts, name: str) -> ColumnType | None:
    """Days such as 20240131 and seconds since 1970, where the column's name says that they are."""
    if not re.search(patterns.TIME_NAME, name):
        return None
    if _matches(known, patterns.PLAIN_DATE):
        return None if cast_dates(known, Style()).bad.any() else "date"
    return "datetime" if _matches(known, patterns.EPOCH) else None


def told(columns: Sequence[Texts], style: Style) -> Style:
    """How the whole file writes numbers: `1.234` alone is ambiguous, its neighbours are not."""
    if style.decimal or style.thousands:
        return style
    points = commas = False
    for column in columns:
        values = pc.unique(column.slice(0, 20_000)).drop_null()
        points = points or bool(
            pc.any(pc.match_substring_regex(values, pattern=patterns.PLAIN_POINT)).as_py()
        )
        commas = commas or bool(
            pc.any(pc.match_substring_regex(values, pattern=patterns.PLAIN_COMMA)).as_py()
        )
    return style if points == commas else replace(style, decimal="." if points else ",")


def _all_in(values: Texts, words: Sequence[str]) -> bool:
    return bool(pc.all(pc.is_in(values, value_set=pa.array(words))).as_py())


def _are_booleans(folded: Texts) -> bool:
    """True for words such as WAHR and FALSCH, also with 0 and 1 among them; 0 and 1 alone are numbers."""
    words = pc.is_in(folded, value_set=pa.array(patterns.PLAIN_BOOLEANS))
    return bool(pc.any(words).as_py()) and _all_in(folded, (*patterns.PLAIN_BOOLEANS, "0", "1"))


def _matches(values: Texts, *wanted: str) -> bool:
    """True when every value matches one of the patterns."""
    found = pc.match_substring_regex(values, pattern=wanted[0])
    for pattern in wanted[1:]:
        found = pc.or_(found, pc.match_substring_regex(values, pattern=pattern))
    return bool(pc.all(found).as_py())


def _is_code(name: str, values: Texts) -> bool:
    """Postcodes and keys that look like numbers: same length, or a name that says so, and nothing to add up."""
    if not _IS_CODE.search(name):
        return False
    return bool(pc.min(pc.utf8_length(values)).as_py() >= 4)


def _are_numbers(values: Texts, style: Style) -> bool:
    if style.decimal == ".":
        wanted: tuple[str, ...] = (patterns.DOTTED, patterns.COMMA_GROUPS)
    elif style.decimal == ",":
        wanted = (
            patterns.INTEGER,
            patterns.COMMA,
            patterns.DOT_GROUPS,
            patterns.SPACE_GROUPS,
            patterns.DOTTED,
        )
    else:
        wanted = (
            patterns.DOTTED,
            patterns.COMMA,
            patterns.DOT_GROUPS,
            patterns.COMMA_GROUPS,
            patterns.SPACE_GROUPS,
        )
    if _matches(values, *wanted):
        return True
    return unit_of(values) != ""


def _has_comma(values: Texts) -> bool:
    return bool(pc.any(pc.match_substring(values, ",")).as_py())


def _writes_english(values: Texts, style: Style) -> bool:
    """True when commas are thousands: some value has two of them, and none can be a decimal comma."""
    if style.decimal == ",":
        return False
    twice = pc.any(pc.match_substring_regex(values, pattern=r"^[+-]?[1-9]\d{0,2}(?:,\d{3}){2,}")).as_py()
    return bool(twice) and not bool(
        pc.any(pc.match_substring_regex(values, pattern=patterns.PLAIN_COMMA)).as_py()
    )


def _plain_points(values: Texts) -> bool:
    """True when some dot cannot be a thousands mark."""
    pointed = values.filter(pc.match_substring(values, "."))
    return len(pointed) > 0 and not _matches(pointed, patterns.DOT_GROUPS)


def unit_of(values: Texts) -> str:
    """The unit that stands behind every number of a column (`12 %`, `3,5 m`), or nothing."""
    parts = pc.extract_regex(values, pattern=patterns.UNIT)
    if parts.null_count:
        return ""
    units = pc.unique(pc.struct_field(parts, "unit"))
    return str(units[0].as_py()) if len(units) == 1 else ""


def _is_json(values: Texts) -> bool:
    looks = _matches(values, r"^\s*[{\[]") and _matches(values, r"[\]}]\s*$")
    return looks and not _not_json(values).any()


def _not_json(values: Texts) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Where a value is no JSON. Row by row, as only a parser can tell; few columns hold any."""
    return np.array([text is not None and not _parses(text) for text in values.to_pylist()], bool)


def _parses(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def cast(column: Texts, kind: ColumnType, style: Style) -> Cast:
    """A clean column in a type. Codes for missing values become null; other misfits are `bad`."""
    if kind == "text":
        return Cast(column, np.zeros(len(column), bool))
    if kind == "json":
        return Cast(column, _not_json(column))
    plainly = _cast_plain(column, kind, style)
    if plainly is not None:
        note = "decimal comma" if kind == "number" and style.decimal == "," and _has_comma(column) else ""
        return Cast(plainly, np.zeros(len(column), bool), note)
    coded = column.dictionary_encode()
    values = coded.dictionary
    is_missing = pc.is_in(values, value_set=pa.array(patterns.MISSING))
    known = pc.if_else(is_missing, pa.scalar(None, pa.string()), values)
    made = _cast_known(known, kind, style)
    codes = coded.indices
    bad = (
        pc.fill_null(pa.array(made.bad).take(codes), False)
        if len(values)
        else pa.array(np.zeros(len(column), bool))
    )
    note = made.note + (
        " missing: " + ", ".join(map(str, values.filter(is_missing).to_pylist()))
        if pc.any(is_missing).as_py()
        else ""
    )
    return Cast(made.values.take(codes), np.asarray(bad.to_numpy(zero_copy_only=False), bool), note.strip())


def _cast_plain(column: Texts, kind: ColumnType, style: Style) -> pa.Array[Any] | None:
    """The whole column at once where it is written plainly; None where each value has to be looked at."""
    if kind == "integer":
        return plain.integers(column)
    if kind == "number" and not style.thousands:
        return plain.numbers(column, style.decimal)
    return plain.days(column) if kind == "date" and not style.date_format else None


def _cast_known(values: Texts, kind: ColumnType, style: Style) -> Cast:
    if kind == "boolean":
        return _cast_booleans(values)
    if kind == "date":
        return cast_dates(values, style)
    if kind == "datetime":
        return cast_times(values, style)
    if kind == "geometry":
        return Cast(pa.nulls(len(values), pa.binary()), np.asarray(values.is_valid(), bool))
    number = cast_numbers(values, style)
    return number if kind == "number" else _cast_integers(values, number)


def _cast_booleans(values: Texts) -> Cast:
    folded = pc.utf8_lower(values)
    yes, no = (pc.is_in(folded, value_set=pa.array(words)) for words in (patterns.TRUE, patterns.FALSE))
    found = pc.if_else(yes, pa.scalar(True), pc.if_else(no, pa.scalar(False), pa.scalar(None, pa.bool_())))
    return Cast(found, _lost(values, found))


def _lost(values: Texts, found: pa.Array[Any]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Where there was a value and now there is none."""
    lost = pc.and_(values.is_valid(), found.is_null())
    return np.asarray(lost.to_numpy(zero_copy_only=False), bool)


def cast_numbers(values: Texts, style: Style) -> Cast:
    """Numbers, each in the way it is written; how a lone dot is meant is told from the whole column."""
    unit = unit_of(values.drop_null()) if values.null_count < len(values) else ""
    plain = pc.struct_field(pc.extract_regex(values, pattern=patterns.UNIT), "number") if unit else values
    dots_group = (
        style.decimal == ","
        or style.thousands == "."
        or (style.decimal != "." and not _plain_points(plain.drop_null()))
    )
    decimal = "." if _writes_english(plain.drop_null(), style) else style.decimal
    canonical = _canonical(plain, dots_group and decimal != ".", decimal)
    found = pc.cast(canonical, pa.float64())
    finite = pc.if_else(pc.is_finite(found), found, pa.scalar(None, pa.float64()))
    note = f"unit: {unit}" if unit else "decimal comma" if _has_comma(plain.drop_null()) else ""
    return Cast(finite, _lost(values, finite), note)


def _canonical(values: Texts, dots_group: bool, decimal: str) -> Texts:
    """Every number as 1234.5; what is no number is null."""
    comma = pc.replace_substring(
        pc.replace_substring_regex(values, pattern=r"[.\s']", replacement=""), pattern=",", replacement="."
    )
    grouped = pc.replace_substring_regex(values, pattern=r"[.\s']", replacement="")
    english = pc.replace_substring(values, pattern=",", replacement="")
    rules = [
        (patterns.COMMA if decimal != "." else r"^[+-]?(?:0|[1-9]\d*),(?:\d{1,2}|\d{4,})$", comma),
        (patterns.DOT_GROUPS if dots_group else r"^[+-]?[1-9]\d{0,2}(\.\d{3})+,\d+$", comma),
        (patterns.SPACE_GROUPS, comma),
        (patterns.DOT_GROUPS if dots_group else r"^[+-]?[1-9]\d{0,2}(\.\d{3}){2,}$", grouped),
        (patterns.COMMA_GROUPS, english),
        (r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?$", values),
    ]
    found = pa.nulls(len(values), pa.string())
    for pattern, written in reversed(rules):
        fits = pc.fill_null(pc.match_substring_regex(values, pattern=pattern), False)
        found = pc.if_else(fits, written, found)
    return pc.replace_substring_regex(found, pattern=r"^\+", replacement="")


def _cast_integers(values: Texts, number: Cast) -> Cast:
    """Whole numbers; those written plainly keep all 18 digits."""
    plain = pc.fill_null(pc.match_substring_regex(values, pattern=patterns.INTEGER), False)
    exact = pc.cast(
        pc.replace_substring_regex(
            pc.if_else(plain, values, pa.scalar(None, pa.string())), pattern=r"^\+", replacement=""
        ),
        pa.int64(),
    )
    whole = pc.and_(pc.equal(pc.floor(number.values), number.values), pc.less(pc.abs(number.values), 2.0**53))
    rounded = pc.cast(
        pc.if_else(pc.fill_null(whole, False), number.values, pa.scalar(None, pa.float64())), pa.int64()
    )
    found = pc.if_else(plain, exact, rounded)
    return Cast(found, _lost(values, found), number.note)


def cast_dates(values: Texts, style: Style) -> Cast:
    """Days; a day that does not exist (31.02.) is bad."""
    found = pa.nulls(len(values), pa.date32())
    if style.date_format:
        found = pc.cast(
            pc.strptime(values, format=style.date_format, unit="s", error_is_null=True), pa.date32()
        )
        return Cast(found, _lost(values, found), f"dates: {style.date_format}")
    for pattern in (patterns.GERMAN_DATE, patterns.ISO_DATE, patterns.PLAIN_DATE, patterns.SHORT_GERMAN_DATE):
        found = pc.coalesce(found, _days(pc.extract_regex(values, pattern=pattern)))
    timed = cast_times(values, style)
    midnight = pc.cast(
        pc.local_timestamp(timed.values.cast(pa.timestamp("s", tz=style.zone), safe=False)),
        pa.date32(),
        safe=False,
    )
    found = pc.coalesce(found, midnight)
    return Cast(found, _lost(values, found))


def _days(parts: pa.Array[Any]) -> pa.Array[Any]:
    """Year, month and day as text to a day, null when there is none such.

    Two digits of a year are those of 1970 to 2069; four below 1000 (`0001-01-01`) stand for no day at all.
    """
    y, m, d = (
        np.asarray(pc.fill_null(pc.cast(pc.struct_field(parts, n), pa.int64()), 0)) for n in ("y", "m", "d")
    )
    short = np.asarray(pc.fill_null(pc.less_equal(pc.binary_length(pc.struct_field(parts, "y")), 2), False))
    y = np.where(short & (y > 0), np.where(y < 70, y + 2000, y + 1900), np.where(y < 1000, 0, y))
    month_ok = (m >= 1) & (m <= 12) & (y >= 1) & (d >= 1)
    months = (np.where(month_ok, y - 1970, 0) * 12 + np.where(month_ok, m - 1, 0)).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + np.where(month_ok, d - 1, 0).astype("timedelta64[D]")
    real = month_ok & (days.astype("datetime64[M]") == months)
    return pa.array(days, pa.date32(), mask=~real)


def cast_times(values: Texts, style: Style) -> Cast:
    """Moments in UTC: with a zone as they say, without one in local time; plain numbers are seconds since 1970."""
    found = pa.nulls(len(values), pa.timestamp("us", tz="UTC"))
    for pattern in (patterns.GERMAN_TIME, patterns.ISO_TIME):
        found = pc.coalesce(found, _moments(pc.extract_regex(values, pattern=pattern), style.zone))
    for pattern in (patterns.GERMAN_DATE, patterns.ISO_DATE):
        day = _days(pc.extract_regex(values, pattern=pattern)).cast(pa.timestamp("us"))
        found = pc.coalesce(found, _local(day, style.zone))
    found = pc.coalesce(found, _epoch(values))
    return Cast(found, _lost(values, found))


def _moments(parts: pa.Array[Any], zone: str) -> pa.Array[Any]:
    h, i, s = (
        np.asarray(pc.fill_null(pc.cast(_number_part(parts, n), pa.int64()), 0)) for n in ("h", "i", "s")
    )
    days = _days(parts)
    real = np.asarray(days.is_valid()) & (h < 24) & (i < 60) & (s < 60)
    seconds = (
        np.asarray(pc.fill_null(days.cast(pa.int32()), 0)).astype(np.int64) * 86_400 + h * 3_600 + i * 60 + s
    )
    naive = pa.array(seconds * 1_000_000, pa.int64(), mask=~real).cast(pa.timestamp("us"))
    if parts.type.get_field_index("z") < 0:
        return _local(naive, zone)
    offset, zoned = _offsets(pc.struct_field(parts, "z"))
    utc = pa.array((seconds - offset) * 1_000_000, pa.int64(), mask=~(real & zoned)).cast(
        pa.timestamp("us", tz="UTC")
    )
    return pc.coalesce(utc, _local(naive, zone))


def _number_part(parts: pa.Array[Any], name: str) -> pa.Array[Any]:
    text = pc.struct_field(parts, name)
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)


def _offsets(zones: Texts) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Seconds east of Greenwich, and whether a zone was given at all."""
    parts = pc.extract_regex(zones, pattern=r"^(?P<sign>[+-])(?P<h>\d{2}):?(?P<i>\d{2})$")
    h, i = (np.asarray(pc.fill_null(pc.cast(pc.struct_field(parts, n), pa.int64()), 0)) for n in ("h", "i"))
    sign = np.where(np.asarray(pc.fill_null(pc.equal(pc.struct_field(parts, "sign"), "-"), False)), -1, 1)
    given = np.asarray(pc.fill_null(pc.not_equal(zones, ""), False))
    return sign * (h * 3_600 + i * 60), given


def _local(naive: pa.Array[Any], zone: str) -> pa.Array[Any]:
    """Local time as UTC. The hour that comes twice in autumn is the earlier one."""
    aware = pc.assume_timezone(naive, zone, ambiguous="earliest", nonexistent="earliest")
    return aware.cast(pa.timestamp("us", tz="UTC"))


def _epoch(values: Texts) -> pa.Array[Any]:
    """Nine or ten digits are seconds, thirteen are milliseconds since 1970."""
    digits = pc.fill_null(pc.match_substring_regex(values, pattern=r"^\d{9,10}$|^\d{13}$"), False)
    number = pc.cast(pc.if_else(digits, values, pa.scalar(None, pa.string())), pa.int64())
    micro = pc.if_else(
        pc.greater(number, 99_999_999_999), pc.multiply(number, 1_000), pc.multiply(number, 1_000_000)
    )
    return micro.cast(pa.timestamp("us", tz="UTC"))
