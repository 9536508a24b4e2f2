"""From what a source wrote to typed values: detect a column's type over all its values, then cast.

Empty text is unknown (None). Times without a zone are local, Europe/Berlin unless said otherwise.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from allmende.model.dataset import ColumnType

LOCAL = ZoneInfo("Europe/Berlin")
INT64 = range(-(2**63), 2**63)
Cast = Callable[[Any], Any]

_INTEGER = re.compile(r"-?(?:0|[1-9]\d{0,17})\Z", re.ASCII)
_DOTTED = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?\Z", re.ASCII)
_GERMAN = re.compile(r"-?(?:0|[1-9]\d{0,2}(?:\.\d{3})+|[1-9]\d*)(?:,\d+)?\Z", re.ASCII)
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
_GERMAN_DATE = re.compile(r"\d{1,2}\.\d{1,2}\.\d{4}\Z", re.ASCII)
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?"
_ISO_TIME = re.compile(rf"\d{{4}}-\d{{2}}-\d{{2}}[T ]{_CLOCK}\s?(?:Z|[+-]\d{{2}}:?\d{{2}})?\Z", re.ASCII)
_GERMAN_TIME = re.compile(rf"\d{{1,2}}\.\d{{1,2}}\.\d{{4}},? {_CLOCK}\Z", re.ASCII)
_CODE_NAME = re.compile(r"plz|postcode|postal|zip|schluessel|phone|fax|(?:^|_)(?:ags|code|key|tel)(?:_|$)")
_TRUE = frozenset({"true", "wahr", "ja", "yes", "1"})
_FALSE = frozenset({"false", "falsch", "nein", "no", "0"})
_OF_KINDS: dict[frozenset[type], ColumnType] = {
    frozenset({bytes}): "geometry",
    frozenset({bool}): "boolean",
    frozenset({int}): "integer",
    frozenset({float}): "number",
    frozenset({int, float}): "number",
    frozenset({date}): "date",
    frozenset({datetime}): "datetime",
}
_PLAIN_BOOLEANS = frozenset({"true", "false", "wahr", "falsch"})


@dataclass(frozen=True, slots=True)
class Fault:
    """Why the row at `index` (from 0) cannot be taken: the column (our name) and the reason.

    `code` and `value` are for pages with words of their own (as in `Rejected`).
    """

    index: int
    column: str
    reason: str
    code: str = ""
    value: str = ""


def detect(values: Sequence[Any], name: str = "") -> ColumnType:
    """The narrowest type that all values have; of none it is text.

    `name` (ours) tells codes from numbers: postcodes and keys stay text even without leading zeros.
    """
    kinds = frozenset(map(type, values)) - {type(None)}
    if kinds == {str}:
        return detect_text(values, name)
    if kinds == {int} and not all(v in INT64 for v in values if v is not None):
        return "text"
    if str in kinds and kinds <= {str, int, float}:
        return detect_text([v if v is None or isinstance(v, str) else to_text(v) for v in values], name)
    return "json" if kinds & {dict, list} else _OF_KINDS.get(kinds, "text")


def detect_text(values: Iterable[Any], name: str = "") -> ColumnType:
    """The type that all these texts can be read as; leading zeros and codes stay text.

    Only the words true/false (wahr/falsch) make a boolean: yes and no are often two of more values.
    """
    distinct = {text for value in set(values) - {None} if (text := value.strip())}
    if not distinct:
        return "text"
    if {text.lower() for text in distinct} <= _PLAIN_BOOLEANS:
        return "boolean"
    number = None if _CODE_NAME.search(name) else _detect_number(distinct)
    return number or _detect_time(distinct)


def _detect_number(distinct: Collection[str]) -> ColumnType | None:
    if all(map(_INTEGER.match, distinct)):
        return "integer"
    if all(map(_DOTTED.match, distinct)):
        return "number"
    if all(map(_GERMAN.match, distinct)):
        return "number" if any("," in text for text in distinct) else "integer"
    return None


def _detect_time(distinct: Collection[str]) -> ColumnType:
    if all(_ISO_DATE.match(t) or _GERMAN_DATE.match(t) for t in distinct):
        return "date"
    return "datetime" if all(_ISO_TIME.match(t) or _GERMAN_TIME.match(t) for t in distinct) else "text"


def caster(type_: ColumnType, values: Sequence[Any], zone: ZoneInfo = LOCAL) -> Cast:
    """The function that turns one value (never None or empty) of a column into `type_`.

    It raises ValueError with a reason for people. `values` decide how numbers are written: as soon
    as one has a decimal comma, dots are thousands.
    """
    if type_ in {"number", "integer"}:
        comma = writes_comma(values)
        return (lambda v: to_number(v, comma)) if type_ == "number" else (lambda v: to_integer(v, comma))
    if type_ == "datetime":
        return lambda v: to_datetime(v, zone)
    return _CASTS[type_]


def writes_comma(values: Iterable[Any]) -> bool:
    """True when numbers among these texts are written the German way."""
    texts = [v for v in values if isinstance(v, str)]
    return any("," in t or t.count(".") > 1 for t in texts)


def cast(
    values: Sequence[Any], type_: ColumnType, name: str, zone: ZoneInfo = LOCAL
) -> tuple[list[Any], list[Fault]]:
    """All values as `type_`; what cannot be cast is None and a Fault."""
    convert = caster(type_, values, zone)
    done: list[Any] = []
    faults: list[Fault] = []
    for index, value in enumerate(values):
        if value is None or (value.__class__ is str and _is_nothing(value, type_)):
            done.append(None)
            continue
        try:
            done.append(convert(value))
        except (ValueError, OverflowError) as error:
            done.append(None)
            faults.append(Fault(index, name, str(error), f"not_{type_}", shortened(value)))
    return done, faults


def _is_nothing(text: str, type_: ColumnType) -> bool:
    """Empty text, and the zero date by which some databases (MySQL) say that there is none."""
    return not text.strip() or (type_ in {"date", "datetime"} and text.startswith("0000-00-00"))


def to_text(value: Any) -> str:
    """Text as it is; other values as JSON writes them."""
    if isinstance(value, str):
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False)


def to_integer(value: Any, comma: bool = False) -> int:
    """A whole number within 64 bits."""
    if isinstance(value, bool):
        raise ValueError(f"{_short(value)} is not a whole number")
    number = _whole(value, comma)
    if number is None:
        raise ValueError(f"{_short(value)} is not a whole number")
    if number not in INT64:
        raise ValueError(f"{_short(value)} is too large for a whole number")
    return number


def _whole(value: Any, comma: bool) -> int | None:
    if isinstance(value, int):
        return value
    if isinstance(value, str) and _INTEGER.match(value.strip()):
        return int(value)
    try:
        number = to_number(value, comma)
    except ValueError:
        return None
    return int(number) if number.is_integer() else None


def to_number(value: Any, comma: bool = False) -> float:
    """A finite number; `comma` says that texts are written the German way."""
    if isinstance(value, str):
        value = _parse_number(value.strip(), comma)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{_short(value)} is not a number")
    if not math.isfinite(value):
        raise ValueError(f"{_short(value)} is not a finite number")
    return float(value)


def _parse_number(text: str, comma: bool) -> float:
    plain = text.replace(".", "").replace(",", ".") if comma and _GERMAN.match(text) else text
    try:
        if "_" in plain:
            raise ValueError
        return float(plain)
    except ValueError:
        raise ValueError(f"{_short(text)} is not a number") from None


def to_boolean(value: Any) -> bool:
    """True or false, also written as 1/0, ja/nein, yes/no, wahr/falsch."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError(f"{_short(value)} is neither true nor false")


def to_date(value: Any) -> date:
    """A day, written 2026-11-22 or 22.11.2026; a time is taken only when it is midnight."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    text = str(value).strip()
    try:
        if _GERMAN_DATE.match(text):
            day, month, year = map(int, text.split("."))
            return date(year, month, day)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{_short(value)} is not a date") from None
    if (moment.hour, moment.minute, moment.second) != (0, 0, 0):
        raise ValueError(f"{_short(value)} is a time, not a date")
    return moment.date()


def to_datetime(value: Any, zone: ZoneInfo = LOCAL) -> datetime:
    """A moment in UTC; without a zone it is local in `zone`; whole numbers are seconds or milliseconds
    since 1970 (twelve digits and more are milliseconds)."""
    if isinstance(value, bool):
        raise ValueError(f"{_short(value)} is not a time")
    try:
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value / 1000 if abs(value) >= 1e11 else value, UTC)
        moment = value if isinstance(value, datetime) else _parse_moment(str(value).strip())
        aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        return aware.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"{_short(value)} is not a time") from None


def _parse_moment(text: str) -> datetime:
    if _GERMAN_TIME.match(text):
        day, clock = text.replace(",", "").split(" ")
        text = f"{to_date(day).isoformat()} {clock.zfill(5) if clock.count(':') == 1 else clock.zfill(8)}"
    return datetime.fromisoformat(text.replace(",", "."))


def to_json(value: Any) -> str:
    """JSON text; a text that is a JSON object or list already is left alone."""
    if isinstance(value, str) and value.lstrip()[:1] in {"{", "["}:
        try:
            json.loads(value)
        except (ValueError, RecursionError):
            return json.dumps(value, ensure_ascii=False)
        return value
    return json.dumps(value, ensure_ascii=False, default=str)


def to_geometry(value: Any) -> bytes:
    """Well-known binary, made by a connector; nothing else is guessed to be a geometry."""
    if isinstance(value, bytes):
        return value
    raise ValueError(f"{_short(value)} is not a geometry")


def shortened(value: Any) -> str:
    """A value as text that fits into a sentence."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _short(value: Any) -> str:
    return repr(shortened(value))


_CASTS: dict[ColumnType, Cast] = {
    "text": to_text,
    "boolean": to_boolean,
    "date": to_date,
    "json": to_json,
    "geometry": to_geometry,
}
