"""Whole cities in a temporary folder, run and served as an administrator would."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from allmende.app import create_app, open_workspace
from allmende.flow.run import run_city
from allmende.flow.workspace import Workspace
from allmende.model.run import Run

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Served:
    """A city after its first run, with a client for its pages."""

    workspace: Workspace
    runs: tuple[Run, ...]
    client: TestClient[Litestar]


@pytest.fixture(scope="session")
def musterstadt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Musterstadt, run once for all tests that only read."""
    data = tmp_path_factory.mktemp("musterstadt")
    workspace = open_workspace(ROOT / "cities" / "musterstadt", data=data)
    runs = run_city(workspace, lambda run: None)
    with TestClient(create_app(workspace)) as client:
        yield Served(workspace, runs, client)
