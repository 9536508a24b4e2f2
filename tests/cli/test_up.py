"""`allmende up` from the first start to the last signal, as a real process."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from allmende.city.load import load_city
from allmende.cli.options import Place
from allmende.cli.reach import is_anything_reachable
from tests.cli.conftest import Call, Small

Start = Callable[..., tuple["subprocess.Popen[str]", str]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start `allmende up` with these arguments; gives the process and its address. Ends it at last."""
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str) -> tuple[subprocess.Popen[str], str]:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = str(probe.getsockname()[1])
        clean = {name: value for name, value in os.environ.items() if not name.startswith("ALLMENDE_")}
        command = [sys.executable, "-m", "allmende", "up", *arguments, "--port", port]
        with (tmp_path / f"up-{len(started)}.log").open("w") as output:
            process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, text=True, env=clean)
        started.append(process)
        return process, f"http://127.0.0.1:{port}"

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
            process.wait()


def read(address: str, path: str, seconds: float = 60) -> Any:
    """The JSON at an address, as soon as it is served."""
    end = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(address + path, timeout=10) as answer:
                return json.load(answer)
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def test_up_runs_serves_and_stops(start: Start, small: Small, tmp_path: Path) -> None:
    """The first start collects, then serves; a signal ends it cleanly; the second start serves at once."""
    process, address = start(*small.options)
    assert read(address, "/healthz") == {"status": "ok"}
    assert read(address, "/readyz") == {"status": "ready"}
    rows = read(address, "/api/v1/datasets/benches/rows")
    assert len(rows["rows"]) == 3
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 0
    told = (tmp_path / "up-0.log").read_text(encoding="utf-8")
    assert "Kleinstadt is served on http://127.0.0.1:" in told
    assert "Traceback" not in told

    process, address = start(*small.options)
    read(address, "/healthz")
    told = (tmp_path / "up-1.log").read_text(encoding="utf-8")
    assert "fetch" not in told, "the second start serves before it runs"
    process.send_signal(signal.SIGINT)
    assert process.wait(15) == 0


def test_up_shows_the_invented_city_when_nothing_answers(start: Start, small: Small, tmp_path: Path) -> None:
    """With no data and no network, one line says so and Musterstadt is served."""
    process, address = start(str(small.city), "--data", str(small.data), "--offline")
    datasets = read(address, "/api/v1/datasets")
    assert "trees" in json.dumps(datasets)
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 0
    told = (tmp_path / "up-0.log").read_text(encoding="utf-8").splitlines()
    assert told[0].startswith("Nothing can be reached for Kleinstadt")
    assert sum("reached" in line for line in told) == 1


def test_up_serves_a_city_that_only_waits_for_its_sensors(start: Start, small: Small, tmp_path: Path) -> None:
    """Nothing has come yet, so nothing is published; it is served all the same, and no other in its place."""
    city = tmp_path / "funkstadt"
    city.mkdir()
    (city / "city.toml").write_text('name = "Funkstadt"\n[contact]\npublisher = "Funkstadt"\n')
    (city / "datasets").mkdir()
    (city / "datasets" / "soil.toml").write_text(
        'title = "Boden"\nlicence = "cc0-1.0"\n[observations]\nproperties = ["soil-moisture"]\n'
    )
    _, address = start(str(city), "--data", str(tmp_path / "waiting"))
    assert read(address, "/healthz") is not None
    assert "invented" not in (tmp_path / "up-0.log").read_text()


def test_reachable_without_network_means_recorded_or_local(small: Small) -> None:
    """Recorded answers count as reachable; a name that nobody knows does not."""
    city = load_city(small.city)
    assert is_anything_reachable(Place(small.city, replay=small.replay), city)
    assert not is_anything_reachable(Place(small.city, offline=True), city)
    assert not is_anything_reachable(Place(small.city), city), "kleinstadt.example has no address"


def test_up_tells_faults_of_the_city(call: Call, small: Small) -> None:
    """A city with faults is not started; its faults are told."""
    (small.city / "city.toml").write_text("name = 1", encoding="utf-8")
    status, _, complaint = call("up", *small.options)
    assert status == 1
    assert "city.toml $.name" in complaint
