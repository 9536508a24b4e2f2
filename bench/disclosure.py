"""Statistical disclosure control of a table of 200 x 50 x 10 categories with all its sums.

python -m bench disclosure
"""

from __future__ import annotations

import resource
import time

import numpy as np
import pyarrow as pa

from allmende.guard.disclosure.protect import protect
from allmende.model.disclosure import Disclosure, Method

SIZES = (200, 50, 10)
METHODS: tuple[Method, ...] = ("suppression", "cell_key", "rounding")


def table() -> pa.Table:
    """Invented counts: many small ones, as in small areas."""
    chance = np.random.default_rng(1)
    counts = chance.negative_binomial(0.6, 0.02, SIZES)
    for axis in range(3):
        counts = np.concatenate([counts, counts.sum(axis=axis, keepdims=True)], axis=axis)
    names = [[*(f"c{n}" for n in range(size)), "all"] for size in SIZES]
    places = np.indices(counts.shape).reshape(3, -1)
    columns = {f"d{axis}": [names[axis][n] for n in places[axis]] for axis in range(3)}
    return pa.table({**columns, "people": counts.reshape(-1)})


def run() -> list[dict[str, str]]:
    """The measurement, as lines to print."""
    made = table()
    rows = [_measured(method, made) for method in METHODS]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [*rows, {"what": "memory of the whole process", "value": f"{peak:.0f} MiB"}]


def _measured(method: Method, made: pa.Table) -> dict[str, str]:
    totals = {f"d{n}": "all" for n in range(3)}
    rule = Disclosure(method, "people", ("d0", "d1", "d2"), ("people",), totals)
    began = time.perf_counter()
    found = protect(made, rule, secret=b"s" * 32)
    seconds = time.perf_counter() - began
    told = f"{seconds:.1f} s (10 wanted), {len(found.changes):,} cells changed"
    return {"what": f"{method} of {made.num_rows:,} cells", "value": told}
