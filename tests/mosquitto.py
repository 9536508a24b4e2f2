"""A Mosquitto of our own for the tests: on a free port, in a temporary folder, killed and started as wanted."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Mosquitto:
    """A broker that keeps sessions and queued messages on disk. `settings` are lines of its configuration."""

    def __init__(self, folder: Path, settings: str = "allow_anonymous true") -> None:
        self.port = free_port()
        self.address = f"mqtt://127.0.0.1:{self.port}"
        self._file = folder / "mosquitto.conf"
        self._process: subprocess.Popen[bytes] | None = None
        folder.chmod(0o777)
        self._file.write_text(
            f"listener {self.port} 127.0.0.1\npersistence true\npersistence_location {folder}/\n"
            f"autosave_interval 1\nuser root\nmax_queued_messages 100000\n{settings}\n"
        )

    def start(self) -> None:
        """Start it and wait until it answers."""
        program = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/sbin:/bin")
        if program is None:
            pytest.skip("Mosquitto is NOT installed, so nothing was tested on it (apt: mosquitto)")
        self._process = subprocess.Popen(
            [program, "-c", str(self._file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_for(self._answers)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it; it writes what it keeps, unless it is killed."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(10)
            self._process = None

    def publish(self, topic: str, payload: str | bytes, *more: str) -> None:
        """Publish with QoS 1 and wait until the broker has it."""
        text = payload if isinstance(payload, bytes) else payload.encode()
        command = ["mosquitto_pub", "-p", str(self.port), "-q", "1", "-t", topic, "-s", *more]
        subprocess.run(command, input=text, check=True, timeout=20)

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    """A running broker that lets everybody in."""
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    broker = Mosquitto(folder)
    broker.start()
    yield broker
    broker.stop()


def wait_for(true: object, seconds: float = 15.0) -> None:
    """Wait until `true()` holds; fails after some seconds."""
    assert callable(true)
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"{true} did not come true in {seconds} s"
        time.sleep(0.02)
