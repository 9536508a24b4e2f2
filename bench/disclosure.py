"""Statistical disclosure control of a table of 200 x 50 x 10 categories with all its sums."""

from __future__ import annotations

import resource
import time

import numpy as np
import pyarrow as pa

from allmende.guard.disclosure.protect import protect
from allmende.model.disclosure import Disclosure

SIZES = (200, 50, 10)
LIMIT_SECONDS = 10.0


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


def main() -> None:
    """Print what each method took."""
    made = table()
    print(f"{made.num_rows:,} cells")
    print(f"{'method':12} {'seconds':>8} {'changed':>9} {'limit':>6}")
    for method in ("suppression", "cell_key", "rounding"):
        rule = Disclosure(
            method, "people", ("d0", "d1", "d2"), ("people",), {f"d{n}": "all" for n in range(3)}
        )
        began = time.perf_counter()
        found = protect(made, rule, secret=b"s" * 32)
        seconds = time.perf_counter() - began
        print(f"{method:12} {seconds:8.1f} {len(found.changes):9,} {LIMIT_SECONDS:6.0f}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
