"""The other end of `worker.py`: starts it, asks it, kills it when it hangs, starts another when it died."""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import json
import os
import queue
import select
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from allmende.errors import Undecodable

HERE = Path(__file__).parent
SECONDS = 5.0
"""The engine stops a script after 100 ms of computing; a worker that does not answer by now hangs in something
else. On a busy machine a good one may take long by the clock."""
START_SECONDS = 30.0
MOST_CALLS = 20_000
LARGEST_FRAME = 256 * 2**10
WORKERS = 2


class Worker:
    """One process for scripts, used by one thread at a time."""

    def __init__(self) -> None:
        # An empty environment, no start-up files and a session of its own: nothing of the server is there.
        self._process = subprocess.Popen(  # noqa: S603 - our own file, by our own interpreter
            [sys.executable, "-I", str(HERE / "worker.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"TZ": "UTC"},
            cwd="/",
            start_new_session=True,
        )
        self._known: set[str] = set()
        self._calls = 0
        prelude = (HERE / "prelude.js").read_text(encoding="utf-8")
        runner = (HERE / "run.js").read_text(encoding="utf-8").rstrip()
        self._send({"prelude": prelude, "runner": runner})
        self._started = False

    @property
    def worn(self) -> bool:
        """True when it ended, or has worked long enough."""
        return self._process.poll() is not None or self._calls >= MOST_CALLS

    def ask(self, script: str, code: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """The script's answer. Raises BrokenPipeError, TimeoutError or ValueError; then end this worker."""
        if not self._started:
            self._receive(time.monotonic() + START_SECONDS)
            self._started = True
        self._calls += 1
        asked = {"script": script, **request}
        self._send(asked if script in self._known else {**asked, "code": code})
        self._known.add(script)
        found = _parse(self._receive(time.monotonic() + SECONDS))
        if found.get("fault") == "unknown":
            self._known.clear()
            return self.ask(script, code, request)
        return found

    def end(self) -> None:
        """Kill it and take its pipes down."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._process.wait()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def _send(self, request: Mapping[str, Any]) -> None:
        data = json.dumps(request).encode()
        pipe = self._process.stdin
        assert pipe is not None
        pipe.write(struct.pack("!I", len(data)) + data)
        pipe.flush()

    def _receive(self, deadline: float) -> bytes:
        pipe = self._process.stdout
        assert pipe is not None
        size = struct.unpack("!I", _read(pipe, 4, deadline))[0]
        if size > LARGEST_FRAME:
            raise ValueError("the answer is too large")
        return _read(pipe, size, deadline)


def _parse(answer: bytes) -> dict[str, Any]:
    """The answer; a script that spoils the way it is written down has no values."""
    try:
        found = json.loads(answer)
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {"fault": "no_values"}


def _read(pipe: IO[bytes], size: int, deadline: float) -> bytes:
    """Exactly `size` bytes from an unbuffered view of the pipe."""
    found = b""
    while len(found) < size:
        ready, _, _ = select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise TimeoutError
        part = os.read(pipe.fileno(), size - len(found))
        if not part:
            raise BrokenPipeError
        found += part
    return found


class Sandbox:
    """A few workers, started when they are first needed. A process that was forked off starts its own."""

    def __init__(self, workers: int = WORKERS) -> None:
        self._size = workers
        self._lock = threading.Lock()
        self._pid = 0
        self._idle: queue.LifoQueue[Worker | None] = queue.LifoQueue()
        self._all: set[Worker] = set()

    def run(self, code: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """What the script makes of a request. Raises Undecodable (`crashed`, `hangs`)."""
        script = hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest()
        with self._worker() as worker:
            try:
                return worker.ask(script, code, request)
            except TimeoutError:
                self._drop(worker)
                raise Undecodable(
                    f"the script did not answer within {SECONDS:.0f} s", fault="hangs"
                ) from None
            except (OSError, ValueError, RecursionError) as error:
                self._drop(worker)
                raise Undecodable("the script made its process crash", fault="crashed") from error

    def close(self) -> None:
        """End all workers; the next call starts new ones."""
        with self._lock:
            for worker in self._all:
                worker.end()
            self._all.clear()
            self._idle, self._pid = queue.LifoQueue(), 0

    @contextlib.contextmanager
    def _worker(self) -> Iterator[Worker]:
        idle = self._queue()
        worker = idle.get()
        try:
            if worker is None or worker.worn:
                if worker is not None:
                    self._drop(worker)
                worker = Worker()
                self._all.add(worker)
            yield worker
        finally:
            idle.put(worker if worker in self._all else None)

    def _queue(self) -> queue.LifoQueue[Worker | None]:
        with self._lock:
            if self._pid != os.getpid():
                self._idle, self._all, self._pid = queue.LifoQueue(), set(), os.getpid()
                for _ in range(self._size):
                    self._idle.put(None)
            return self._idle

    def _drop(self, worker: Worker) -> None:
        self._all.discard(worker)
        worker.end()


SANDBOX = Sandbox()
atexit.register(SANDBOX.close)
