"""How fast values are read back when 1, 10 or 100 million of them are stored, through the port and over HTTP.

A thousand series over one year, the newest two days hot, the rest in the history; one series has a value
every five minutes. Each size is read by a process of its own, whose memory is shown. Generating 100
million takes minutes and 1 GB of disk; `ALLMENDE_BENCH_ROWS` names other sizes: `1000000,10000000`.
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from allmende.engine.series import SeriesReader
from allmende.lake.history import History
from allmende.model.observation import moment
from allmende.model.query import Call, constant
from allmende.model.query import Path as Field
from allmende.model.series import Wanted
from allmende.store.sql import SqlStore
from allmende.testing.long_history import DAY, END, FIVE_MINUTES, START, fill
from bench.writes import make_city, memory, served

SIZES = "1000000,10000000,100000000"
PAGE = 10_000
SECOND = 1_000_000
CHILD = "import sys; from bench.reads import show_measured; show_measured(sys.argv[1], sys.argv[2])"
STANDARD = "/sta/v1.1"
# Name, address, and the limit in milliseconds that was set for it.
ADDRESSES: tuple[tuple[str, str, float | None], ...] = (
    ("newest of one series", "/Datastreams(7)/Observations?$top=1", 3.0),
    (
        "newest of 1,000 series",
        "/Datastreams?$select=id&$top=1000&$expand=Observations($top=1;$select=result)",
        None,
    ),
    ("count of all", "/Observations?$top=0&$count=true", 50.0),
    ("page of 10,000 as arrays", "/Datastreams(1)/Observations?$top=10000&$resultFormat=dataArray", None),
    ("page of 100, half a year ago", f"/Datastreams(1)/Observations?$top=100&$filter=phenomenonTime%20lt%20{moment(START + 180 * DAY):%Y-%m-%dT%H:%M:%SZ}", None),
)  # fmt: skip


def questions(store: SqlStore, series: SeriesReader) -> list[tuple[str, float | None, Callable[[], Any]]]:
    """What is asked of the port: a name, the limit in milliseconds, and the question."""
    ids = sorted(store.observations.latest())
    one, long_ago = ids[0], START + 100 * DAY
    past = Call("lt", (Field(("phenomenon_time",)), constant(moment(long_ago))))
    return [
        ("newest of one series", 3, lambda: store.observations.latest([ids[6]])),
        ("newest of 1,000 series", 30, lambda: store.observations.latest(ids)),
        ("newest page of 10,000", 40, lambda: series.read(Wanted(frozenset({one}), top=PAGE))),
        ("page of 10,000, long ago", 40, lambda: series.read(Wanted(frozenset({one}), past, top=PAGE))),
        ("one value by its id, long ago", None, _by_id(series, one, long_ago)),
        ("count of all", 50, lambda: series.count(Wanted(frozenset(ids)))),
        (
            "10,000 values in 5-minute steps", 50,
            lambda: series.buckets([one], long_ago, long_ago + PAGE * FIVE_MINUTES, 300),
        ),
        ("a year of one series by hour", 30, lambda: series.buckets([one], START, END, 3600)),
        ("a year of 1,000 series by day", 1000, lambda: series.sums(ids, (START, END, DAY))),
    ]  # fmt: skip


def _by_id(series: SeriesReader, stream: int, before: int) -> Callable[[], Any]:
    found = series.read(Wanted(frozenset({stream}), after=(before, 0), top=1))[0][2]
    return lambda: series.observation(found)


def timed(ask: Callable[[], Any], most: float = 5.0) -> tuple[float, float]:
    """Median and maximum of up to twenty answers in milliseconds, after a first one."""
    ask()
    times: list[float] = []
    until = time.perf_counter() + most
    while len(times) < 20 and (time.perf_counter() < until or len(times) < 3):
        begun = time.perf_counter()
        ask()
        times.append((time.perf_counter() - begun) * 1e3)
    times.sort()
    return times[len(times) // 2], times[-1]


def show_measured(folder: str, url: str) -> None:
    """In a process of its own: ask the port, and print what was found as JSON."""
    store = SqlStore.open(url)
    series = SeriesReader(store, History(Path(folder) / "history"))
    found = [(name, limit, *timed(ask)) for name, limit, ask in questions(store, series)]
    series.close()
    print(json.dumps({"found": found, "memory": memory(os.getpid())}))


def over_http(folder: Path, url: str) -> tuple[list[tuple[str, float | None, float, float]], str]:
    """The same of a server, over one connection."""
    with served(folder, url) as (port, process):
        connection = http.client.HTTPConnection("127.0.0.1", port)
        found = [
            (name, limit, *timed(lambda address=address: _get(connection, address)))  # type: ignore[misc]
            for name, address, limit in ADDRESSES
        ]
        return found, memory(process)


def _get(connection: http.client.HTTPConnection, address: str) -> bytes:
    connection.request("GET", STANDARD + address)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(body.decode()[:300])
    return body


def measured(rows: int) -> list[dict[str, str]]:
    """All figures with so many values stored."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'bench.sqlite'}"
        city = make_city(folder, url, streams=False)
        begun = time.perf_counter()
        history = History(city.data / "history")
        filled = fill(city.store, history, rows)
        spent = time.perf_counter() - begun
        files = history.files()
        size = sum(file.size for file in files) / filled.old
        command = [sys.executable, "-c", CHILD, str(city.data), url]
        port = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        served_found, server = over_http(folder, url)
    head = f"{rows / 1e6:,.0f} M"
    return [
        {"what": f"{head}: written in", "value": f"{spent:.0f} s, {len(files)} files, {size:.1f} bytes per value"},
        *({"what": f"{head}: {one[0]}", "value": _shown(*one[1:])} for one in port["found"]),
        {"what": f"{head}: memory of that process", "value": port["memory"]},
        *({"what": f"{head}: HTTP {one[0]}", "value": _shown(*one[1:])} for one in served_found),
        {"what": f"{head}: memory of the server", "value": server},
    ]  # fmt: skip


def _shown(limit: float | None, median: float, slowest: float) -> str:
    allowed = f" (at most {limit:g})" if limit else ""
    return f"{median:,.1f} ms{allowed}, slowest {slowest:,.1f} ms"


def run() -> list[dict[str, str]]:
    """The table."""
    sizes = os.environ.get("ALLMENDE_BENCH_ROWS", SIZES).split(",")
    return [row for size in sizes for row in measured(int(size))]
