"""The tiny city of every access class, and its app."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from allmende.share.principals import make_key
from allmende.share.reads import Reads
from allmende.share.web import create_app, reads_of
from allmende.testing.clock import START
from allmende.testing.every_class import CLASSES, Tiny, fill, make_tiny


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """The filled city; tests only read it."""
    made = make_tiny(tmp_path_factory.mktemp("tiny"))
    fill(made)
    return made


@pytest.fixture(scope="session")
def keys(tiny: Tiny) -> dict[str, str]:
    """Secrets of keys by what they may read: each class, and one class of one dataset."""
    scopes = {name: f"read:{name}" for name in CLASSES[1:]} | {
        "only-protected-data": "read:protected:protected-data"
    }
    made = {name: make_key(name, [scope], START) for name, scope in scopes.items()}
    for key in made.values():
        tiny.store.add_key(key.key)
    return {name: key.secret for name, key in made.items()}


@pytest.fixture(scope="session")
def reads(tiny: Tiny) -> Reads:
    """The gate."""
    return reads_of(tiny)


@pytest.fixture(scope="session")
def app(tiny: Tiny) -> Litestar:
    """The app."""
    return create_app(tiny)


@pytest.fixture
def client(app: Litestar) -> Iterator[TestClient[Litestar]]:
    """A client without a key."""
    with TestClient(app, raise_server_exceptions=False) as found:
        yield found
