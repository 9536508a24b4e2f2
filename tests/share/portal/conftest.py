"""Musterstadt after its first run, for pages that only read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from allmende.app import create_app, open_workspace
from allmende.flow.run import run_city

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient[Litestar]]:
    """A client of the invented city's pages."""
    data = tmp_path_factory.mktemp("portal")
    workspace = open_workspace(ROOT / "cities" / "musterstadt", data=data, offline=True)
    run_city(workspace, lambda run: None)
    with TestClient(create_app(workspace), raise_server_exceptions=False) as client:
        yield client
