"""What people contributed becomes a table: every accepted row, as the collection's source has it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from allmende.model.contribution import RECEIVED, Contribution


def table_of(accepted: Iterable[Contribution]) -> bytes:
    """CSV with a header, in the order in which they were given; no name, no address, no key is in it."""
    rows = [dict(one.cells) | {RECEIVED: one.made.date().isoformat()} for one in accepted]
    names = sorted({name for row in rows for name in row})
    out = io.StringIO()
    writer = csv.DictWriter(out, names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()
