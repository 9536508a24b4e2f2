"""How fast a CSV of a million rows is published, compared with DuckDB's own reading and writing.

Ours does more: it keeps rejected rows, checks keys and bounds, hashes the content, and has everything on disk
when it returns. Each measurement runs in a process of its own, so that memory is its own; the
smaller of two times counts, for the machine is shared.
"""

from __future__ import annotations

import csv
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

ROWS = 1_000_000
ROUNDS = 2
ALLOWED = 3.0
HEADER = ["id", "bezirk", "strasse", "tag", "wert", "aktiv"]


def write_csv(path: Path, german: bool) -> None:
    """An invented table: numbers, texts with umlauts, days, broken numbers, yes and no."""
    chance = random.Random(20_261_122)
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, delimiter=";" if german else ",")
        out.writerow(HEADER)
        for number in range(ROWS):
            value = f"{chance.uniform(-20, 40):.3f}"
            day, month, year = 1 + number % 28, 1 + number % 12, 1990 + number % 35
            date = f"{day:02}.{month:02}.{year}" if german else f"{year}-{month:02}-{day:02}"
            street = f"Straße am Löwenhügel {number % 5000}"
            flag = ("WAHR" if number % 3 else "FALSCH") if german else ("true" if number % 3 else "false")
            out.writerow(
                [
                    number,
                    f"{number % 42:02}",
                    street,
                    date,
                    value.replace(".", ",") if german else value,
                    flag,
                ]
            )


def duckdb_alone(path: Path, folder: Path) -> float:
    """DuckDB detects, reads and writes Parquet, with as much compression as the lake; seconds."""
    import duckdb

    comma = ", decimal_separator=','" if "german" in path.name else ""
    target = folder / "duck.parquet"
    connection = duckdb.connect()
    started = time.perf_counter()
    connection.execute(
        f"copy (select * from read_csv('{path}'{comma})) to '{target}' (format parquet, compression zstd)"
    )
    return time.perf_counter() - started


def published(path: Path, folder: Path, declared: bool) -> float:
    """A receipt for the file is published as version 1 of a dataset; seconds from receipt to version."""
    from allmende.connectors.table.connector import TableConnector
    from allmende.lake.local import LocalLake
    from allmende.model.dataset import Column
    from allmende.store.sql import SqlStore
    from allmende.structure.publish import publish_dataset
    from allmende.testing.clock import FixedClock
    from allmende.testing.small import receive, small_city

    columns = (
        Column("id", "integer", required=True),
        Column("bezirk", required=True),
        Column("strasse"),
        Column("tag", "date"),
        Column("wert", "number", minimum=-50, maximum=50),
        Column("aktiv", "boolean"),
    )
    city = small_city(columns=columns, key=("id",)) if declared else small_city()
    city = replace(city, sources={"benches": replace(city.sources["benches"], connector="table")})
    store, lake, clock = SqlStore.open(f"sqlite:///{folder}/store.sqlite"), LocalLake(folder), FixedClock()
    receive(store, lake, clock, path.read_bytes())
    started = time.perf_counter()
    run = publish_dataset(city, city.datasets["benches"], TableConnector(), store, lake, clock)
    if (run.outcome, run.rows, run.rejected) != ("new", ROWS, 0):
        raise RuntimeError(f"publishing went wrong: {run}")
    return time.perf_counter() - started


WAYS: dict[str, Callable[[Path, Path], float]] = {
    "DuckDB read_csv + Parquet": duckdb_alone,
    "published, all detected": lambda path, folder: published(path, folder, declared=False),
    "published, declared and checked": lambda path, folder: published(path, folder, declared=True),
}


def measure(way: str, path: Path) -> tuple[float, float]:
    """Seconds and peak MiB of one way in a process of its own (imports are not counted)."""
    command = [sys.executable, "-m", "bench.publish", way, str(path)]
    found = [
        subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        for _ in range(ROUNDS)
    ]
    return min(float(f[0]) for f in found), min(float(f[1]) for f in found)


def run() -> list[dict[str, str]]:
    """Rows of the table: for each file and way seconds, ratio to DuckDB in the same run, and peak memory."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name in ("plain", "german"):
            path = Path(folder) / f"{name}.csv"
            write_csv(path, name == "german")
            first, _ = measure(next(iter(WAYS)), path)
            for way in WAYS:
                seconds, memory = measure(way, path)
                first = min(first, seconds) if way == next(iter(WAYS)) else first
                verdict = "" if seconds <= ALLOWED * first else f"  MORE THAN {ALLOWED:.0f}x"
                value = f"{seconds:5.2f} s  {seconds / first:4.1f}x  {memory:5.0f} MiB{verdict}"
                rows.append({"what": f"{name} CSV, 1 M rows: {way}", "value": value})
    return rows


def main(way: str, path: Path) -> None:
    """Measure one way here; prints seconds and peak MiB."""
    import deltalake  # noqa: F401 - loaded before the clock starts, like all else
    import duckdb  # noqa: F401

    import allmende.connectors.table.connector
    import allmende.lake.local
    import allmende.store.sql
    import allmende.structure.publish
    import allmende.testing.small  # noqa: F401

    with tempfile.TemporaryDirectory() as folder:
        seconds = WAYS[way](path, Path(folder))
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
