"""A small city whose one source was recorded, so that the command line works without a network."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from allmende.cli import execute
from allmende.cli.settings import SETTINGS
from tests.city.conftest import FILES, write

ADDRESS = "https://kleinstadt.example/benches.json"
BENCHES = [{"number": 1, "height": 0.5}, {"number": 2, "height": 0.4}, {"number": 3, "height": 0.6}]


@dataclass(frozen=True)
class Small:
    """The city's folder, its data folder and the folder with recorded answers."""

    city: Path
    data: Path
    replay: Path

    @property
    def options(self) -> list[str]:
        """CITY with --data and --replay."""
        return [str(self.city), "--data", str(self.data), "--replay", str(self.replay)]


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Small:
    """The city, never run. Settings of the machine that tests run on do not count."""
    for setting in SETTINGS:
        monkeypatch.delenv(setting.name, raising=False)
    replay = tmp_path / "recorded"
    replay.mkdir()
    (replay / "addresses.csv").write_text(f"file,address\nbenches.json,{ADDRESS}\n", encoding="utf-8")
    (replay / "benches.json").write_text(json.dumps(BENCHES), encoding="utf-8")
    return Small(write(tmp_path / "kleinstadt", FILES), tmp_path / "data", replay)


Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str]) -> Call:
    """Run one command line; gives exit status, output and complaints."""

    def run(*arguments: object) -> tuple[int, str, str]:
        status = execute([str(argument) for argument in arguments])
        captured = capfd.readouterr()
        return status, captured.out, captured.err

    return run
