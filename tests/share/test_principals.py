"""Keys: known, expired, revoked; never kept in clear."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from allmende.errors import NotAllowed
from allmende.model.access import ANONYMOUS, Access, Scope
from allmende.share.principals import Principals, make_key
from allmende.store.sql import SqlStore
from allmende.testing.clock import START, FixedClock


@pytest.fixture
def store(tmp_path: Path) -> SqlStore:
    return SqlStore.open(f"sqlite:///{tmp_path / 'store.sqlite'}")


def test_no_header_is_nobody(store: SqlStore) -> None:
    """Without a header the reader is anonymous."""
    assert Principals(store, FixedClock()).of(None) is ANONYMOUS


def test_a_key_has_its_scopes(store: SqlStore) -> None:
    """The secret opens what the key says; the store never sees the secret."""
    made = make_key("Amt", ["read:protected:trees"], START)
    store.add_key(made.key)
    found = Principals(store, FixedClock()).of(f"Bearer {made.secret}")
    assert found.scopes == (Scope(Access.PROTECTED, "trees"),)
    assert made.secret not in repr(store.keys())


def test_keys_end(store: SqlStore) -> None:
    """An expired or revoked key is refused, and is not nobody."""
    clock = FixedClock()
    expiring = make_key("a", ["read:open"], START, START + timedelta(days=1))
    revoked = make_key("b", ["read:open"], START)
    for made in (expiring, revoked):
        store.add_key(made.key)
    principals = Principals(store, clock)
    assert principals.of(f"Bearer {expiring.secret}").kind == "key"
    clock.advance(timedelta(days=1))
    store.revoke_key(revoked.key.id, clock.now())
    for made in (expiring, revoked):
        with pytest.raises(NotAllowed):
            principals.of(f"Bearer {made.secret}")


@pytest.mark.parametrize("header", ["Bearer ", "Bearer wrong", "Basic YTpi", "token", " "])
def test_other_headers_are_refused(store: SqlStore, header: str) -> None:
    """Who tries to sign in and fails learns it."""
    with pytest.raises(NotAllowed):
        Principals(store, FixedClock()).of(header)


def test_a_key_needs_known_scopes() -> None:
    """A scope with a typing mistake must not make a key that silently opens nothing, or everything."""
    with pytest.raises(ValueError, match="scope"):
        make_key("x", ["write:open"], START)
