"""Listening to all live ways in of a city: one process at a time, whoever has the lock."""

from __future__ import annotations

import fcntl
import logging
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Protocol

from allmende.flow.neighbours import NeighbourRounds
from allmende.flow.way_states import SECONDS
from allmende.flow.workspace import Workspace

_log = logging.getLogger(__name__)
LOCK = "ways.lock"
PAUSE = 2.0


class Listener(Protocol):
    """Something that listens until it is stopped."""

    def start(self) -> None: ...
    def stop(self) -> None: ...


class Listening:
    """Starts the ways in of a city as soon as no other process listens for it, and ends them in order.

    `private_hosts` are names of brokers that may lie in a private network. With `offline` no broker
    is listened to. Posts need nothing of this: every process that serves takes them.
    """

    def __init__(
        self, workspace: Workspace, private_hosts: Iterable[str] = (), *, offline: bool = False
    ) -> None:
        self._workspace = workspace
        self._private_hosts = tuple(private_hosts)
        self._offline = offline
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="ways", daemon=True)
        self._listeners: list[Listener] = []

    def start(self) -> None:
        """Begin in the background; faults of a way are told in its state."""
        self._thread.start()

    def stop(self) -> None:
        """Stop listening; what was received reaches the disk first."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        lock = self._wait_for_lock()
        if lock is None:
            return
        with lock:
            try:
                self._listeners = self._make()
                for listener in self._listeners:
                    listener.start()
                while not self._stopping.wait(SECONDS):
                    self._workspace.live.told.write()
            except Exception as error:
                _log.exception("the ways in could not be started", exc_info=error)
            finally:
                _stop_all(self._listeners)

    def _wait_for_lock(self) -> IO[str] | None:
        """The lock, once the process that has it ends; None when we are to stop before."""
        path: Path = self._workspace.data / LOCK
        file = path.open("w")
        while not self._stopping.is_set():
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                self._stopping.wait(PAUSE)
            else:
                return file
        file.close()
        return None

    def _make(self) -> list[Listener]:
        workspace = self._workspace
        live = workspace.live
        rounds = NeighbourRounds(workspace.store, live.judge, live.writer.submit, workspace.clock)
        return [rounds, *([] if self._offline else self._brokers())]

    def _brokers(self) -> list[Listener]:
        live, slug = self._workspace.live, self._workspace.city.slug
        wanted = [(way.id, way.broker) for way in self._workspace.city.ways.values() if way.broker]
        if not wanted:
            return []
        # Only a process that listens needs the MQTT client's memory.
        from allmende.collect.mqtt import MqttListener

        return [
            MqttListener(
                live.states[way], broker, f"allmende-{slug}-{way}", live.intake.receive, self._private_hosts
            )
            for way, broker in wanted
        ]


def _stop_all(listeners: Iterable[Listener]) -> None:
    """All at once: each may need seconds for what it has received."""
    threads = [threading.Thread(target=listener.stop) for listener in listeners]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
