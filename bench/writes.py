"""How fast values come in: one per request and in bulk, each answered when it is on disk.

The server runs on a core of its own, the load comes from the other. The reference in the same run is
the store itself: 64 plain Python threads that share commits, and the database driver's prepared
bulk insert of the same rows. `ALLMENDE_BENCH_STORE` names another store (an SQLAlchemy address).
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from allmende.model.message import Arrival, Message
from allmende.model.observation import Observation, microseconds
from allmende.store.bulk import Bulk
from allmende.store.counters import take_ids
from allmende.store.observations import row_of
from allmende.store.sql import SqlStore
from allmende.store.thing_tables import OBSERVATION
from allmende.store.writer import GroupWriter

CONNECTIONS, SECONDS = 64, 8.0
BULK, BULKS = 10_000, 12
STREAMS = 100
START = microseconds(datetime(2026, 1, 1, tzinfo=UTC))
SERVER = """
import sys, uvloop
from pathlib import Path
from granian.constants import Interfaces
from granian.server.embed import Server
from allmende.share.web import create_app
from bench.writes import make_city
app = create_app(make_city(Path(sys.argv[1]), sys.argv[3]), anonymous_writes=True)
server = Server(app, address="127.0.0.1", port=int(sys.argv[2]), interface=Interfaces.ASGI,
                websockets=False, log_enabled=False)
uvloop.run(server.serve())
"""


def make_city(folder: Path, url: str, streams: bool = True):  # type: ignore[no-untyped-def]
    """A tiny city with a hundred open datastreams (or none), made once."""
    from dataclasses import replace

    from allmende.model.access import Access
    from allmende.model.thing import Datastream, ObservedProperty, Sensor, Thing
    from allmende.testing.every_class import make_tiny

    city = make_tiny(folder)
    store = SqlStore.open(url)
    city = replace(city, store=store)
    if streams and not store.things.several("datastream"):
        thing = store.things.add(Thing(0, "bench", access=Access.OPEN))
        sensor = store.things.add(Sensor(0, "bench", access=Access.OPEN))
        seen = store.things.add(ObservedProperty(0, "bench", "https://city.example/p", access=Access.OPEN))
        for number in range(STREAMS):
            stream = Datastream(
                0, str(number), thing.id, sensor.id, (seen.id,), key=f"s{number}", access=Access.OPEN
            )
            store.things.add(stream)
    return city


@dataclass(frozen=True)
class Measured:
    """Requests per second, and the median and 99th percentile of their answers in milliseconds."""

    rate: float
    median: float
    slow: float


@contextmanager
def served(folder: Path, url: str) -> Iterator[tuple[int, int]]:
    """The server on the first core; its port and process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = ["taskset", "-c", "0", sys.executable, "-c", SERVER, str(folder), str(port), url]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL) as process:
        try:
            _wait(port)
            yield port, process.pid
        finally:
            process.terminate()


def _wait(port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not start")


def request(path: str, body: bytes, kind: str = "application/json") -> bytes:
    """The bytes of one POST."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def _send(port: int, requests: Iterator[bytes], until: float, times: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for data in requests:
        begun = time.perf_counter()
        if begun > until:
            break
        writer.write(data)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 201"):
            raise RuntimeError(head.decode())
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
        await reader.readexactly(int(length.split(b":")[1]))
        times.append(time.perf_counter() - begun)
    writer.close()


def load(port: int, path: str, connections: int = CONNECTIONS, seconds: float = SECONDS) -> Measured:
    """One value per request over many connections."""

    def requests(number: int) -> Iterator[bytes]:
        for count in range(10**9):
            body = {"result": 20.5 + count % 7}
            time_ = datetime.fromtimestamp(START / 1e6 + count, UTC).isoformat()
            if path.endswith("Observations"):
                yield request(path, json.dumps(body | {"phenomenonTime": time_}).encode())
            else:
                named = {"datastream": number % STREAMS + 1, "phenomenon_time": time_}
                yield request(path, json.dumps(body | named).encode())

    async def whole() -> list[float]:
        times: list[float] = []
        until = time.perf_counter() + seconds
        await asyncio.gather(*(_send(port, requests(n), until, times) for n in range(connections)))
        return times

    begun = time.perf_counter()
    found = sorted(asyncio.run(whole()))
    spent = time.perf_counter() - begun
    return Measured(len(found) / spent, found[len(found) // 2] * 1e3, found[len(found) * 99 // 100] * 1e3)


def load_bulk(port: int) -> float:
    """Values per second in bodies of ten thousand JSON lines."""
    bodies = [
        request("/api/v1/observations", _lines(number), "application/x-ndjson") for number in range(BULKS)
    ]

    async def whole() -> None:
        await _send(port, iter(bodies), time.perf_counter() + 600, [])

    begun = time.perf_counter()
    asyncio.run(whole())
    return BULK * BULKS / (time.perf_counter() - begun)


def _lines(number: int) -> bytes:
    first = number * BULK
    return b"\n".join(
        b'{"datastream":%d,"phenomenon_time":"%s","result":%.2f}'
        % (
            n % STREAMS + 1,
            datetime.fromtimestamp(START / 1e6 + 10**7 + n, UTC).isoformat().encode(),
            15 + n % 97 / 10,
        )
        for n in range(first, first + BULK)
    )


def group_commits(store: SqlStore, seconds: float = SECONDS) -> float:
    """Values per second that 64 plain threads get committed by the store's own group commit."""
    writer, counts = GroupWriter(store.observations), [0] * CONNECTIONS
    until = time.perf_counter() + seconds

    def work(number: int) -> None:
        while time.perf_counter() < until:
            row = Observation(number + 1, START + counts[number] * 1_000_000, 0, number=20.5)
            message = Message("http", b'{"datastream":1,"result":20.5}', datetime.now(UTC))
            writer.submit(Arrival([row], message)).result()
            counts[number] += 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(CONNECTIONS)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rate = sum(counts) / (time.perf_counter() - begun)
    writer.close()
    return rate


def prepared_bulk(store: SqlStore) -> float:
    """Values per second of the driver's own bulk insert (COPY on PostgreSQL), ten thousand a commit."""
    bulk = Bulk(store.engine.dialect)
    begun = time.perf_counter()
    for number in range(BULKS):
        with store.engine.begin() as db:
            first = take_ids(db, "observation", BULK)
            rows = [
                row_of(
                    Observation(
                        n % STREAMS + 1,
                        START + (2 * 10**7 + number * BULK + n) * 1_000_000,
                        first + n,
                        number=15.5,
                    )
                )
                for n in range(BULK)
            ]
            bulk.insert(db, OBSERVATION, rows, BULK)
    return BULK * BULKS / (time.perf_counter() - begun)


def memory(process: int) -> str:
    """Resident memory of a process, and the most it ever was."""
    text = Path(f"/proc/{process}/status").read_text()
    found = {
        line.split(":")[0]: int(line.split()[1]) // 1024
        for line in text.splitlines()
        if line.startswith(("VmRSS", "VmHWM"))
    }
    return f"{found['VmRSS']} MiB, at most {found['VmHWM']} MiB"


def run() -> list[dict[str, str]]:
    """The table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = os.environ.get("ALLMENDE_BENCH_STORE", f"sqlite:///{folder / 'bench.sqlite'}")
        make_city(folder, url)
        store = SqlStore.open(url)
        os.sched_setaffinity(0, {1})
        own, bulk = group_commits(store), prepared_bulk(store)
        with served(folder, url) as (port, process):
            single = load(port, "/api/v1/observations")
            standard = load(port, "/sta/v1.1/Datastreams(1)/Observations")
            many = load_bulk(port)
            used = memory(process)
        return [
            {"what": "store alone, 64 threads, group commit", "value": f"{own:,.0f}/s"},
            {"what": "POST /api/v1/observations, 64 connections", "value": _shown(single, own)},
            {"what": "POST SensorThings Observations, 64 connections", "value": _shown(standard, own)},
            {"what": "store alone, prepared bulk of 10,000", "value": f"{bulk:,.0f}/s"},
            {
                "what": "JSON lines, 10,000 a request",
                "value": f"{many:,.0f}/s = {many / bulk:.0%} of the store",
            },
            {"what": "memory of the server", "value": used},
        ]


def _shown(measured: Measured, own: float) -> str:
    return (
        f"{measured.rate:,.0f}/s = {measured.rate / own:.0%} of the store, "
        f"p50 {measured.median:.1f} ms, p99 {measured.slow:.1f} ms"
    )
