"""How long the guard looks for personal data in a million rows, and in what memory.

    python bench/persons.py [ROWS]

Twelve columns: half of them distinct in every row, with a planted account, as in an export of a city's office.
"""

from __future__ import annotations

import random
import resource
import sys
import time

import pyarrow as pa

from allmende.guard.persons.inspect import inspect
from allmende.testing import people

_STREETS = ("Lindenstraße", "Am Anger", "Markt", "Karl-Liebknecht-Straße", "Kirchgasse")


def table_of(rows: int) -> pa.Table:
    """An invented register without people, but for one account in one note."""
    draw = random.Random(7)
    notes = [f"Vorgang {n} wurde am Montag erledigt" for n in range(rows)]
    notes[rows // 2] += f", Erstattung an {people.iban(draw)}"
    return pa.table(
        {
            "number": range(rows),
            "case": [f"V-2026-{n:08d}" for n in range(rows)],
            "street": [f"{_STREETS[n % 5]} {n % 180}" for n in range(rows)],
            "kind": [("open", "closed", "waiting")[n % 3] for n in range(rows)],
            "received": [f"2026-{n % 12 + 1:02d}-{n % 28 + 1:02d}" for n in range(rows)],
            "amount": [draw.random() * 1000 for _ in range(rows)],
            "longitude": [11.5 + draw.random() / 10 for _ in range(rows)],
            "latitude": [50.9 + draw.random() / 10 for _ in range(rows)],
            "object": [draw.randrange(10**10, 10**11) for _ in range(rows)],
            "office": [f"Team {n % 40}" for n in range(rows)],
            "hash": [f"{draw.getrandbits(64):016x}" for _ in range(rows)],
            "note": notes,
        }
    )


def main() -> None:
    """Measure and print one line."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    table = table_of(rows)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    found = inspect(table)
    seconds = time.perf_counter() - started
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print("| rows | columns | seconds (10 wanted) | memory on top | found |\n|---|---|---|---|---|")
    print(
        f"| {rows:,} | {table.num_columns} | {seconds:.1f} | {grown:.0f} MiB | {[(f.kind, f.column) for f in found]} |"
    )


if __name__ == "__main__":
    main()
