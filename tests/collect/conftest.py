"""Fixtures for tests of what fetches."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from allmende.testing.server import Server, serving


@pytest.fixture
def server() -> Iterator[Server]:
    """A real server on this machine."""
    with serving() as served:
        yield served
