"""How fast the first pages are, and what the server weighs when idle.

Serves Musterstadt in a process of its own, as `allmende serve` does, and asks for the home page and
a knowledge page: one reader at a time for the median, eight at once for the rate. The reference in
the same run is `/healthz`, which does nothing: the difference is what a page costs.
"""

from __future__ import annotations

import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

ROOT = Path(__file__).parents[1]
CITY = ROOT / "cities" / "musterstadt"
PAGES = ("/healthz", "/", "/w/more-cycling", "/ziele", "/d/trees")
SEQUENTIAL, TOGETHER, READERS = 200, 2_000, 8


@dataclass(frozen=True)
class Answer:
    """One answer: how long it took, and how many bytes came over the wire."""

    seconds: float
    size: int


@contextmanager
def served(data: Path) -> Iterator[tuple[int, int]]:
    """The city, run and served; yields port and process id."""
    port = _free_port()
    command = [sys.executable, "-m", "allmende"]
    subprocess.run([*command, "run", str(CITY), "--data", str(data)], check=True, stdout=subprocess.DEVNULL)
    serve = [*command, "serve", str(CITY), "--data", str(data), "--port", str(port)]
    with subprocess.Popen(serve, stdout=subprocess.DEVNULL, start_new_session=True) as process:
        try:
            _wait_until_ready(port)
            yield port, process.pid
        finally:
            process.terminate()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(port: int) -> None:
    for _ in range(200):
        try:
            if ask(HTTPConnection("127.0.0.1", port, timeout=5), "/readyz"):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not get ready within 20 seconds")


def ask(connection: HTTPConnection, page: str) -> Answer:
    """Get a page once over an open connection; an answer other than 200 is an error."""
    started = time.perf_counter()
    connection.request("GET", page, headers={"Accept-Encoding": "gzip, br"})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{page} answered {answer.status}")
    return Answer(time.perf_counter() - started, len(body))


def median_milliseconds(port: int, page: str) -> tuple[float, int]:
    """Median time of one reader, and the page's size on the wire."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    ask(connection, page)
    answers = [ask(connection, page) for _ in range(SEQUENTIAL)]
    return statistics.median(a.seconds for a in answers) * 1_000, answers[0].size


def rate(port: int, page: str) -> float:
    """Answers per second for eight readers at once; the readers run on the same two cores."""

    def read(count: int) -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        for _ in range(count):
            ask(connection, page)

    started = time.perf_counter()
    with ThreadPoolExecutor(READERS) as readers:
        list(readers.map(read, [TOGETHER // READERS] * READERS))
    return TOGETHER / (time.perf_counter() - started)


def memory_mebibytes(pid: int) -> float:
    """Resident memory of a process and all its children, from /proc."""
    pids = [pid, *_children(pid)]
    return sum(_resident(one) for one in pids) / 1024


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found] + [deep for child in found for deep in _children(int(child))]


def _resident(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    line = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(line[1]) if line else 0


def run() -> list[dict[str, str]]:
    """Rows of the table: page, median, rate, bytes, and memory when idle at start and after the load."""
    os.environ.setdefault("ALLMENDE_OFFLINE", "1")
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as (port, pid):
        idle = memory_mebibytes(pid)
        rows = [_row(port, page) for page in PAGES]
        after = memory_mebibytes(pid)
    return [*rows, {"what": "idle memory, MiB", "value": f"{idle:.0f} at start, {after:.0f} after the load"}]


def _row(port: int, page: str) -> dict[str, str]:
    median, size = median_milliseconds(port, page)
    return {"what": page, "value": f"p50 {median:.1f} ms, {rate(port, page):.0f} answers/s, {size} bytes"}
