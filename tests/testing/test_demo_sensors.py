"""`make demo-sensors` as a newcomer starts it: from the command to values on the map."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from allmende.testing.musterstadt.demo import BROKER_PORT
from allmende.testing.musterstadt.sensors import devices
from allmende.testing.musterstadt.truth import Truth
from tests.mosquitto import free_port, wait_for

CITY = Path(__file__).parents[2] / "cities" / "musterstadt"


@pytest.mark.slow
def test_the_demonstration_shows_both_planted_faults(tmp_path: Path) -> None:
    """Broker, city and sensors start by one command; all sensors are on the map, the dead and the misplaced one grey."""
    if shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/sbin:/bin") is None:
        pytest.skip("Mosquitto is NOT installed, so the demonstration was not tried (apt: mosquitto)")
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", BROKER_PORT)) == 0:
            pytest.skip(
                f"something else listens on port {BROKER_PORT}, where the demonstration has its broker"
            )
    port = free_port()
    command = [sys.executable, "-m", "allmende.testing.musterstadt.demo", str(CITY), "--port", str(port)]
    log, environment = tmp_path / "log.txt", {**os.environ, "ALLMENDE_DATA": str(tmp_path)}
    with log.open("wb") as output:
        started = subprocess.Popen(
            [*command, "--days", "6", "--every", "0.05"], env=environment, stdout=output, stderr=output
        )
    try:
        wait_for(
            lambda: started.poll() is not None or _trusts(port).count("ok") == len(devices(Truth())) - 2, 240
        )
        assert started.poll() is None, log.read_text(encoding="utf-8")
        assert sorted(trust for trust in _trusts(port) if trust != "ok") == ["stale", "suspect"]
    finally:
        started.send_signal(signal.SIGTERM)
        started.wait(60)
    assert started.returncode == 0


def _trusts(port: int) -> list[str]:
    """The state of each thing by its first series; none while nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/things", timeout=5) as answer:
            found = json.load(answer)["features"]
    except OSError:
        return []
    return list({one["properties"]["thing_page"]: one["properties"]["trust"] for one in found}.values())
