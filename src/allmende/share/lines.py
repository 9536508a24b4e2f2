"""Short tables of what is known about data, as CSV (RFC 4180) that a spreadsheet opens without running anything."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_of(names: Sequence[str], lines: Iterable[Mapping[str, Any]]) -> bytes:
    """The lines under a header of names. Texts that begin like a formula get an apostrophe before them."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(names)
    writer.writerows([_harmless(line.get(name)) for name in names] for line in lines)
    return out.getvalue().encode()


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
