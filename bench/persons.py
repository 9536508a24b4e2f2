"""How long the guard looks for personal data in a million rows, and in what memory.

    python -m bench persons

Twelve columns: half of them distinct in every row, with a planted account, as in an export of a city's office.
"""

from __future__ import annotations

import random
import resource
import time

import pyarrow as pa

from allmende.guard.persons.inspect import inspect
from allmende.testing import people

ROWS = 1_000_000
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


def run() -> list[dict[str, str]]:
    """The measurement, as lines to print."""
    table = table_of(ROWS)
    started = time.perf_counter()
    found = inspect(table)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    said = ", ".join(f"{one.kind} in {one.column}" for one in found if one.blocking)
    return [
        {
            "what": f"{ROWS:,} rows of {table.num_columns} columns looked through",
            "value": f"{seconds:.1f} s (10 wanted)",
        },
        {"what": "memory of the whole process, with the table and its making", "value": f"{peak:.0f} MiB"},
        {"what": "what would be held back", "value": said},
    ]
