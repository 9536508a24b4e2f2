"""Observations pushed over HTTP: JSON (one or a list), JSON lines, or CSV. Pure: bytes to pushed values.

Each value names its datastream by number or key, when it was measured (`phenomenon_time`, with a
zone; without it: when it was received), and its result. What cannot be read is rejected by itself,
with its place and reason; the rest is taken.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from allmende.errors import Unreadable
from allmende.model.source import Rejected

JSON_LINES = ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/jsonlines")
CSV = ("text/csv", "application/csv")
JSON = ("application/json", "")
_LONGEST_SHOWN = 200
_EARLIEST, _LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


class Pushed(msgspec.Struct, forbid_unknown_fields=True):
    """One value as a producer writes it."""

    datastream: int | str
    result: Any
    phenomenon_time: datetime | None = None
    phenomenon_end: datetime | None = None
    result_time: datetime | None = None


class Pushing(msgspec.Struct):
    """What was in a body: the values that can be read with their line, and those that cannot."""

    values: Sequence[Pushed]
    lines: Sequence[int]
    rejected: list[Rejected]


_ONE = msgspec.json.Decoder(Pushed)
_MANY = msgspec.json.Decoder(list[Pushed])
_RAW = msgspec.json.Decoder(list[msgspec.Raw])


def parse_pushed(body: bytes, media_type: str) -> Pushing:
    """The values in a body. Raises Unreadable when nothing in it can be told apart."""
    kind = media_type.partition(";")[0].strip().lower()
    if kind in JSON_LINES:
        return _parse_lines(body)
    if kind in CSV:
        return _parse_csv(body)
    if kind in JSON:
        return _parse_json(body)
    raise Unreadable(
        f"observations cannot be read from {kind!r}",
        where="content-type",
        hint="Send application/json, application/x-ndjson or text/csv.",
    )


def _parse_json(body: bytes) -> Pushing:
    if not body.lstrip().startswith(b"["):
        return _each([body], "value")
    try:
        values = _MANY.decode(body)
        return _checked(values)
    except msgspec.MsgspecError:
        pass
    try:
        parts = _RAW.decode(body)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Unreadable(f"this is not JSON: {error}", hint="Send one value or a list of values.") from error
    return _each([bytes(part) for part in parts], "value")


def _parse_lines(body: bytes) -> Pushing:
    try:
        return _checked(_ONE.decode_lines(body))
    except (msgspec.MsgspecError, RecursionError):
        return _each([line for line in body.split(b"\n") if line.strip()], "line")


def _checked(values: Sequence[Pushed]) -> Pushing:
    """Most bodies are right as a whole; then only times and numbers are looked at."""
    faults = [_fault(value) for value in values]
    if not any(faults):
        return Pushing(values, range(1, len(values) + 1), [])
    good = [number for number, fault in enumerate(faults) if fault is None]
    rejected = [
        Rejected(number + 1, fault[0], fault[1], _shown(msgspec.json.encode(values[number])))
        for number, fault in enumerate(faults)
        if fault is not None
    ]
    return Pushing([values[number] for number in good], [number + 1 for number in good], rejected)


def _each(parts: Sequence[bytes], word: str) -> Pushing:
    """Part by part, because at least one of them is wrong."""
    pushing = Pushing([], [], [])
    values, lines = list[Pushed](), list[int]()
    for number, part in enumerate(parts, 1):
        try:
            value = _ONE.decode(part)
        except (msgspec.MsgspecError, RecursionError) as error:
            reason = f"this {word} cannot be read: {error}"
            pushing.rejected.append(Rejected(number, "", reason, _shown(part)))
            continue
        if (fault := _fault(value)) is not None:
            pushing.rejected.append(Rejected(number, *fault, _shown(part)))
        else:
            values.append(value)
            lines.append(number)
    pushing.values, pushing.lines = values, lines
    return pushing


def _parse_csv(body: bytes) -> Pushing:
    try:
        rows = csv.DictReader(io.StringIO(body.decode("utf-8-sig")), strict=True)
        return _csv_rows(rows)
    except (UnicodeDecodeError, csv.Error) as error:
        raise Unreadable(
            f"this is not CSV in UTF-8: {error}",
            hint="The first line names the columns: datastream,phenomenon_time,result.",
        ) from error


def _csv_rows(rows: csv.DictReader[str]) -> Pushing:
    missing = {"datastream", "result"} - set(rows.fieldnames or ())
    if missing:
        raise Unreadable(
            f"the column {' and '.join(sorted(missing))} is missing",
            where="line 1",
            hint="The first line names the columns: datastream,phenomenon_time,result.",
        )
    values, lines, rejected = list[Pushed](), list[int](), list[Rejected]()
    for row in rows:
        raw = ",".join(str(cell) for cell in row.values())
        try:
            value = msgspec.convert(dict(_csv_cells(row)), Pushed, strict=False)
        except msgspec.ValidationError as error:
            rejected.append(Rejected(rows.line_num, "", f"this line cannot be read: {error}", _shown(raw)))
            continue
        if (fault := _fault(value)) is not None:
            rejected.append(Rejected(rows.line_num, *fault, _shown(raw)))
        else:
            values.append(value)
            lines.append(rows.line_num)
    return Pushing(values, lines, rejected)


def _csv_cells(row: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, cell in row.items():
        if name == "result":
            yield name, _csv_result(cell)
        elif name == "datastream":
            yield name, int(cell) if cell and cell.isdecimal() and len(cell) < 19 else cell
        elif cell not in ("", None):
            yield name if name is not None else "too many cells", cell


def _csv_result(cell: str | None) -> Any:
    """A number when it is one, else the text; an empty cell is unknown."""
    if cell is None or cell == "":
        return None
    try:
        return float(cell)
    except ValueError:
        return cell


def _fault(value: Pushed) -> tuple[str, str] | None:
    """What is wrong with a value that has the right form: the field and the reason."""
    for name in ("phenomenon_time", "phenomenon_end", "result_time"):
        time = getattr(value, name)
        if time is None:
            continue
        if time.tzinfo is None:
            return name, "the time has no zone: write Z or +01:00 after it"
        if not _EARLIEST < time < _LATEST:
            return name, "the time is not between 1900 and 2200"
    start, end = value.phenomenon_time, value.phenomenon_end
    if end is not None and (start is None or end < start):
        return "phenomenon_end", "the end is before the beginning"
    if isinstance(value.result, float) and not math.isfinite(value.result):
        return "result", "the result is not a finite number"
    if value.result is None:
        return "result", "there is no result"
    return None


def _shown(raw: bytes | str) -> str:
    text = raw.decode("utf-8", "backslashreplace") if isinstance(raw, bytes) else raw
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + " …"
