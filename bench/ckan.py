"""`package_search` over a catalogue of 50,000 invented datasets: different questions, each asked once.

python -m bench ckan
"""

from __future__ import annotations

import random
import resource
import statistics
import time
from typing import Any

from allmende.standards.ckan.catalogue import Search, Shelf, entry_of, search

ENTRIES, QUESTIONS = 50_000, 60
WORDS = (
    "Baum",
    "Park",
    "Haushalt",
    "Luft",
    "Schule",
    "Kita",
    "Verkehr",
    "Rad",
    "Wasser",
    "Energie",
    "Strom",
    "Miete",
)
FACETS = ("tags", "organization", "res_format", "groups")


def _package(number: int, chance: random.Random) -> dict[str, Any]:
    title = f"{' '.join(chance.choices(WORDS, k=4))} {number}"
    made = f"2026-{number % 12 + 1:02}-01T00:00:00"
    return {
        "id": f"i{number}", "name": f"d-{number}", "title": title, "title_translated": {"de": title, "en": title},
        "notes": " ".join(chance.choices(WORDS, k=30)), "author": "Stadt", "license_id": "cc-by-4.0",
        "organization": {"name": f"o{number % 20}"}, "owner_org": "o", "groups": [{"name": f"g{number % 9}"}],
        "tags": [{"name": chance.choice(WORDS)}], "resources": [{"format": "CSV"}, {"format": "JSON"}],
        "metadata_modified": made, "metadata_created": made,
    }  # fmt: skip


def run() -> list[dict[str, str]]:
    """The measurement, as lines to print."""
    chance = random.Random(1)
    shelf = Shelf(tuple(entry_of(_package(number, chance)) for number in range(ENTRIES)))
    began = time.perf_counter()
    _ = shelf.index, shelf.orders
    built = time.perf_counter() - began
    kinds = {
        "a page without a question": lambda n: Search(rows=20, start=n * 20),
        "two words": lambda n: Search(q=f"{chance.choice(WORDS)} {n}", rows=20),
        "a word, a filter, four facets": lambda n: Search(
            q=f"{chance.choice(WORDS)[:3]} {n}", fq=(f"groups:g{n % 9}",), facets=FACETS, rows=20
        ),
    }
    rows = [
        {"what": what, "value": f"p50 {_median(shelf, make):.1f} ms (20 wanted)"}
        for what, make in kinds.items()
    ]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        *rows,
        {"what": "the index is made once for each state of the data", "value": f"{built:.1f} s"},
        {"what": "memory of the whole process, with the invented datasets", "value": f"{peak:.0f} MiB"},
    ]


def _median(shelf: Shelf, make: Any) -> float:
    times = []
    for number in range(QUESTIONS):
        began = time.perf_counter()
        search(shelf, make(number))
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times)
