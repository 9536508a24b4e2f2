"""Musterstadt served on this machine, and a Chromium that looks at it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from allmende.app import open_workspace
from allmende.testing.musterstadt.filling import fill

ROOT = Path(__file__).parents[2]
CITY = ROOT / "cities" / "musterstadt"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("there is no Chromium; install one or set CHROMIUM")
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the data of the served city."""
    return tmp_path_factory.mktemp("browser")


@pytest.fixture(scope="module")
def address(data: Path) -> Iterator[str]:
    """The address of the served city; its sensors have sent for a day."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "allmende"]
    subprocess.run([*command, "run", str(CITY), "--data", str(data)], check=True, capture_output=True)
    workspace = open_workspace(CITY, data=data, offline=True)
    fill(workspace, 1, datetime.now(UTC))
    workspace.live.close()
    server = subprocess.Popen([*command, "serve", str(CITY), "--data", str(data), "--port", str(port)])
    try:
        yield _answering(f"http://127.0.0.1:{port}")
    finally:
        server.terminate()
        server.wait(timeout=20)


def _answering(address: str) -> str:
    for _ in range(100):
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=2):
                return address
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the city was not served within 20 seconds")
