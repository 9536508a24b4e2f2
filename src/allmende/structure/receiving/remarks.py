"""What stands out in the columns of a table that was read: for people, before they publish it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute

from allmende.model.received import FileProblem
from allmende.ports import Parsed

# The stubs know the compute functions only for some types of arrays.
pc: Any = pyarrow.compute
_NUMBER = r"^\s*[+-]?(?:\d{1,3}(?:[. ]\d{3})+|\d+)(?:[.,]\d+)?\s*[%€]?\s*$"
_DAY = r"^\s*(?:\d{1,2}\.\d{1,2}\.\d{2,4}|\d{4}-\d{2}-\d{2}|\d{1,2}/\d{1,2}/\d{2,4})\s*$"
_FORMULA = r"^[=@\t\r]|^[+-][^\d\s.,]"
_BROKEN = r"Ã[¤¶¼Ÿ„–œ\x{0084}\x{0096}\x{009c}]|â€|\x{fffd}"
"""UTF-8 that was read as Windows-1252 somewhere on its way, and signs that were lost."""
_MARKUP = r"<\s*(?:script|img|svg|iframe|a|object|style|html)\b"
MOSTLY = 0.8
LONG = 32_767
"""Characters that Excel takes in a cell."""
_UNNAMED = re.compile(r"column_\d+")
_AGAIN = re.compile(r".+ \(\d+\)")


def remarks_on(parsed: Parsed, totals: Sequence[tuple[str, str]]) -> tuple[FileProblem, ...]:
    """Remarks on a parsed table; `totals` are columns and values of rows that are the sum of others."""
    return (*_header_remarks(parsed), *_totals(totals), *_column_remarks(parsed))


def _header_remarks(parsed: Parsed) -> Iterator[FileProblem]:
    names = [column.source_name or column.name for column in parsed.columns]
    unnamed = [name for name in names if _UNNAMED.fullmatch(name)]
    if parsed.detected.get("header") == "none":
        yield FileProblem("no_header", "ask")
    elif unnamed:
        yield FileProblem("unnamed", params={"count": str(len(unnamed)), "names": ", ".join(unnamed[:5])})
    twice = [name for name in names if _AGAIN.fullmatch(name) and name.rpartition(" (")[0] in names]
    if twice:
        yield FileProblem("names_twice", params={"names": ", ".join(twice[:5])})


def _totals(totals: Sequence[tuple[str, str]]) -> Iterator[FileProblem]:
    for column, value in totals[:5]:
        yield FileProblem("totals", column=column, params={"value": value[:80]})


def _column_remarks(parsed: Parsed) -> Iterator[FileProblem]:
    for column in parsed.columns:
        if column.type != "text":
            continue
        values = parsed.table.column(column.name).drop_null()
        if len(values):
            yield from _mixed(column.source_name or column.name, values)
            yield from _suspicious(column.source_name or column.name, values)


def _mixed(name: str, values: pa.ChunkedArray[Any]) -> Iterator[FileProblem]:
    """Nearly all are numbers (or days), and a few words among them make the column text."""
    for what, pattern in (("numbers", _NUMBER), ("days", _DAY)):
        fits = pc.match_substring_regex(values, pattern=pattern)
        count = pc.sum(fits).as_py() or 0
        if MOSTLY * len(values) <= count < len(values):
            others = values.filter(pc.invert(fits)).unique().slice(0, 3).to_pylist()
            said = {"count": str(count), "others": str(len(values) - count), "examples": _examples(others)}
            yield FileProblem(f"mixed_{what}", column=name, params=said)
            return


def _suspicious(name: str, values: pa.ChunkedArray[Any]) -> Iterator[FileProblem]:
    for code, pattern in (("formula_text", _FORMULA), ("markup", _MARKUP), ("broken_letters", _BROKEN)):
        found = values.filter(pc.match_substring_regex(values, pattern=pattern, ignore_case=True))
        if len(found):
            said = {"count": str(len(found)), "examples": _examples(found.slice(0, 2).to_pylist())}
            yield FileProblem(code, column=name, params=said)
    longest = pc.max(pc.utf8_length(values)).as_py() or 0
    if longest > LONG:
        yield FileProblem("long_cells", column=name, params={"length": str(longest)})


def _examples(values: Sequence[str | None]) -> str:
    return ", ".join(f"„{value[:40]}“" for value in values if value)
