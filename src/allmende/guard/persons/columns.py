"""One column: its distinct values narrowed by Arrow, then looked at one by one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute

from allmende.guard.persons import words
from allmende.guard.persons.names import MOST, addressed, confidence, has_first_name, likeness
from allmende.guard.persons.values import CANDIDATE, SURE, Seen, digits_like, is_mobile, masked, seen_in
from allmende.model.guard import GuardFinding

# The stubs know the compute functions only for some types of arrays.
pc: Any = pyarrow.compute
_PROVEN_ALONE = frozenset({"iban", "social_security", "email", "phone", "ip_address"})
_HEADERS = {"tax_id": words.TAX_COLUMN, "health_insurance": words.HEALTH_COLUMN, "plate": words.PLATE_COLUMN}
_LIVES_FROM = 1900
_LONG_TEXT = 40
_MOST_LOOKED_AT = 60_000
_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})|(\d{4})-(\d\d)-(\d\d)")
_IN_FOURS = re.compile(r"\d{4}([ -])\d{4}\1\d{4}\1\d{2,7}")
_MOST_EXAMPLES = 3


@dataclass(frozen=True)
class Distinct:
    """A column's name in our tables, its name in the source, and its distinct values with their counts."""

    name: str
    header: str
    values: Any
    counts: Any
    kind: str

    @property
    def rows(self) -> int:
        """Rows with a value."""
        return int(pc.sum(self.counts).as_py() or 0)

    def named(self, pattern: str) -> bool:
        """True when the column is called so."""
        return bool(re.search(pattern, self.header))


def distinct(name: str, header: str, column: Any) -> Distinct:
    """The distinct values of a column with text or whole numbers."""
    kind = "text" if pa.types.is_string(column.type) or pa.types.is_large_string(column.type) else "integer"
    found = column.drop_null().value_counts()
    values, counts = found.field("values"), found.field("counts")
    if kind == "integer":
        large = pc.greater_equal(values, 10**9)
        values, counts = values.filter(large).cast(pa.string()), counts.filter(large)
    return Distinct(name, header, values, counts, kind)


def inspect_column(column: Distinct) -> Iterator[GuardFinding]:
    """What a column says of people by itself."""
    if not len(column.values):
        return
    yield from _values(column)
    if column.kind == "integer" and column.named(words.PHONE_COLUMN):
        yield from _numbered_phones(column)
    if column.kind == "text":
        yield from _names(column)
        yield from _addressed(column)
        yield from _births(column)


def _numbered_phones(column: Distinct) -> Iterator[GuardFinding]:
    """Phones that a spreadsheet took for numbers: the zero in front is lost."""
    texts = spread(column.values)
    mobile = sum(bool(re.match(r"(?:49)?1[567]\d", text)) for text in texts) > 0.5 * len(texts)
    shown = tuple(masked(text) for text in texts[:_MOST_EXAMPLES])
    yield GuardFinding(
        "phone", column.name, column.rows, 0.85, shown, mobile, "private" if mobile else "office"
    )


def spread(values: Any) -> list[str]:
    """Some of the values, from the whole column."""
    step = max(1, -(-len(values) // MOST))
    taken: list[str] = values.take(pa.array(range(0, len(values), step), pa.int64())).to_pylist()
    return taken


def _values(column: Distinct) -> Iterator[GuardFinding]:
    hits: dict[str, list[tuple[Seen, int]]] = {}
    formed: Counter[str] = Counter()
    for text, count in _candidates(column):
        for seen in seen_in(text):
            hits.setdefault(seen.kind, []).append((seen, count))
        for kind in ("tax_id", "credit_card", "health_insurance"):
            formed[kind] += digits_like(kind, text)
    for kind, found in hits.items():
        yield from _of_kind(column, kind, found, formed[kind])


def _candidates(column: Distinct) -> Iterator[tuple[str, int]]:
    """Values that may be something, with how often they stand there.

    Of very many only some are looked at, but of those that count singly more than of others.
    """
    chosen = pc.match_substring_regex(column.values, pattern=CANDIDATE)
    values, counts = column.values.filter(chosen), column.counts.filter(chosen)
    if len(values) <= _MOST_LOOKED_AT:
        yield from zip(values.to_pylist(), counts.to_pylist(), strict=True)
        return
    sure = pc.match_substring_regex(values, pattern=SURE)
    yield from _some(values.filter(sure), counts.filter(sure))
    yield from _some(values.filter(pc.invert(sure)), counts.filter(pc.invert(sure)))


def _some(values: Any, counts: Any) -> Iterator[tuple[str, int]]:
    """All, or evenly spread ones that stand for their neighbours."""
    step = max(1, -(-len(values) // _MOST_LOOKED_AT))
    if step > 1:
        every = pa.array(range(0, len(values), step), pa.int64())
        values, counts = values.take(every), counts.take(every)
    yield from zip(values.to_pylist(), (count * step for count in counts.to_pylist()), strict=True)


def _of_kind(
    column: Distinct, kind: str, found: list[tuple[Seen, int]], formed: int
) -> Iterator[GuardFinding]:
    count = sum(number for _, number in found)
    named = kind in _HEADERS and column.named(_HEADERS[kind])
    sure = kind in _PROVEN_ALONE or named or _are_most(kind, found, formed, column)
    if not sure or (kind == "phone" and not _is_phone_column(column, found)):
        return
    blocking = kind not in ("email", "phone") or any(_is_private(seen) for seen, _ in found)
    yield GuardFinding(
        kind, column.name, count, 0.99 if kind in ("iban", "social_security") or named else 0.85,
        tuple(masked(seen.written) for seen, _ in found[:_MOST_EXAMPLES]), blocking,
        "private" if blocking else "office",
    )  # fmt: skip


def _are_most(kind: str, found: list[tuple[Seen, int]], formed: int, column: Distinct) -> bool:
    """One right check digit may be chance; most of at least three values are not."""
    if kind == "plate":
        return len(found) >= 3 and len(found) > 0.6 * len(column.values)
    if not formed:  # within longer texts
        return kind == "credit_card" and any(_IN_FOURS.fullmatch(seen.written) for seen, _ in found)
    return len(found) >= 3 and len(found) > 0.6 * formed


def _is_phone_column(column: Distinct, found: list[tuple[Seen, int]]) -> bool:
    """Long numbers are phones when the header says so, when they begin like one, or stand in text."""
    return column.named(words.PHONE_COLUMN) or (column.kind == "text" and _written_as_phone(found))


def _written_as_phone(found: list[tuple[Seen, int]]) -> bool:
    marked = sum(bool(re.match(r"\+|00|\(0|0\d{2,5}[ /-]", seen.written)) for seen, _ in found)
    mobile = sum(is_mobile(seen.written) for seen, _ in found)
    return max(marked, mobile) > 0.5 * len(found)


def _is_private(seen: Seen) -> bool:
    """A mailbox or phone of a person rather than of an office."""
    if seen.kind == "phone":
        return is_mobile(seen.written)
    address = seen.written.lower()
    if re.search(words.ROLE_MAILBOXES, address):
        return False
    return (
        bool(re.search(words.FREE_MAIL, address))
        or has_first_name(address.split("@")[0])
        or bool(re.match(r"[a-z]\.[a-z]{3,}@", address))
    )


def _names(column: Distinct) -> Iterator[GuardFinding]:
    texts = spread(column.values)
    if not texts or sum(len(text) for text in texts) > _LONG_TEXT * len(texts):
        return
    named = column.named(words.PERSON_COLUMN)
    few = len(column.values) < 3 and not named
    sure = 0.0 if few else confidence(likeness(texts), named)
    if sure >= 0.6:
        shown = tuple(masked(text) for text in texts[:_MOST_EXAMPLES])
        yield GuardFinding("name", column.name, column.rows, sure, shown, True, "private")


def names_beside(column: Distinct) -> Iterator[GuardFinding]:
    """Names that are rare here, in a column called so, of a table that is about people by its other columns."""
    texts = spread(column.values)
    seen = likeness(texts)
    if column.named(words.NAME_COLUMN) and seen.formed > 0.6 and seen.institutions <= 0.25:
        shown = tuple(masked(text) for text in texts[:_MOST_EXAMPLES])
        yield GuardFinding("name", column.name, column.rows, 0.7, shown, True, "private")


def _addressed(column: Distinct) -> Iterator[GuardFinding]:
    """People who are addressed in longer texts."""
    chosen = pc.match_substring_regex(column.values, pattern=r"\b(?:Herrn?|Frau|Familie|Fam\.) [A-ZÄÖÜD]")
    values = column.values.filter(chosen).slice(0, _MOST_LOOKED_AT).to_pylist()
    found = [name for name in map(addressed, values) if name]
    if found:
        shown = tuple(masked(name) for name in found[:_MOST_EXAMPLES])
        yield GuardFinding("free_text", column.name, len(found), 0.8, shown, True, "private")


def _births(column: Distinct) -> Iterator[GuardFinding]:
    if not column.named(words.BIRTH_COLUMN):
        return
    texts = spread(column.values)
    days = [day for text in texts if (day := _day(text))]
    if len(days) > 0.5 * len(texts):
        yield GuardFinding("birth_date", column.name, column.rows, 0.95, (), True, "private")


def _day(text: str) -> date | None:
    found = _DATE.fullmatch(text.strip())
    if found is None:
        return None
    day, month, year, year_, month_, day_ = found.groups()
    try:
        return date(int(year or year_), int(month or month_), int(day or day_))
    except ValueError:
        return None


def births_in_dates(name: str, header: str, column: Any, today: date) -> Iterator[GuardFinding]:
    """Birth dates in a column of dates: it is called so, and the days are those of people's lives."""
    if not re.search(words.BIRTH_COLUMN, header):
        return
    span = pc.min_max(column).as_py()
    first, last = (
        value.date() if isinstance(value, datetime) else value for value in (span["min"], span["max"])
    )
    if first is not None and first.year >= _LIVES_FROM and last <= today:
        yield GuardFinding("birth_date", name, len(column) - column.null_count, 0.95, (), True, "private")
