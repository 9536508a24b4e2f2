"""Who asks: from the request's `Authorization` header to a Principal.

A key's secret has 256 random bits, so its SHA-256 is as good a guard as a slow hash would be, and
costs nothing per request. A key that is unknown, expired or revoked is refused, not treated as
nobody: whoever shows a key must learn that it no longer works.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from allmende.errors import NotAllowed
from allmende.model.access import ANONYMOUS, Access, Principal, Scope, WriteScope
from allmende.model.agreement import Agreement
from allmende.model.run import AccessKey
from allmende.ports import Clock, Store
from allmende.share.metering import Meter

_MARK = "allmende_"


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made. `secret` is shown once and never kept; `key` is what the store keeps."""

    secret: str
    key: AccessKey


def make_key(name: str, scopes: Iterable[str], now: datetime, expires: datetime | None = None) -> NewKey:
    """A new key with these scopes (`read:protected`, `read:internal:dataset`, `write:observations`).

    ValueError for other scopes.
    """
    checked = tuple(str(parse_scope(scope)) for scope in scopes)
    secret = _MARK + secrets.token_urlsafe(32)
    key = AccessKey(secrets.token_hex(4), name, hash_of(secret), checked, now, expires)
    return NewKey(secret, key)


def parse_scope(text: str) -> Scope | WriteScope:
    """The right that `text` names, to read or to write; ValueError when it names none."""
    return WriteScope.parse(text) if text.startswith("write:") else Scope.parse(text)


def hash_of(secret: str) -> str:
    """What the store keeps of a secret: its SHA-256 in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Principals:
    """Knows the keys of the store."""

    def __init__(self, store: Store, clock: Clock, meter: Meter | None = None) -> None:
        self._store = store
        self._clock = clock
        self._meter = meter or Meter(store.agreements, clock, lambda: "UTC")

    def of(self, authorization: str | None, purpose: str = "") -> Principal:
        """The principal of an `Authorization` header: nobody without one. Raises NotAllowed.

        `purpose` is what the request says it is for; keys of agreements may need one.
        """
        if not authorization:
            return ANONYMOUS
        scheme, _, secret = authorization.strip().partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            raise NotAllowed("this way to sign in is not known", hint="Send `Authorization: Bearer KEY`.")
        return self._of_key(secret.strip(), purpose.strip())

    def _of_key(self, secret: str, purpose: str) -> Principal:
        wanted = hash_of(secret)
        known = self._store.keys()
        found = [key for key in known if hmac.compare_digest(key.secret_hash, wanted)]
        if not found or not is_valid(found[0], self._clock.now()):
            raise NotAllowed("this key is not known or no longer valid", hint="Ask the city for a new key.")
        principal = _principal_of(found[0], self._meter.of_key(found[0].id))
        if principal.agreement is not None:
            self._meter.check_purpose(principal.agreement, purpose)
        return principal

    def of_id(self, key_id: str) -> Principal:
        """The principal of a key by its public id, for what it asked for earlier; nobody without an id.

        Raises NotAllowed when the key is no longer valid.
        """
        if not key_id:
            return ANONYMOUS
        known = self._store.keys()
        found = next((key for key in known if key.id == key_id), None)
        if found is None or not is_valid(found, self._clock.now()):
            raise NotAllowed("the key is no longer valid", where=key_id)
        return _principal_of(found, self._meter.of_key(found.id))


def _principal_of(key: AccessKey, agreement: Agreement | None = None) -> Principal:
    if agreement is not None:  # then nothing else counts
        agreed = tuple(Scope(Access.COMMERCIAL, dataset) for dataset in agreement.datasets)
        return Principal("key", key.name, agreed, key_id=key.id, agreement=agreement)
    scopes = [parse_scope(scope) for scope in key.scopes]
    return Principal(
        "key",
        key.name,
        tuple(scope for scope in scopes if isinstance(scope, Scope)),
        tuple(scope for scope in scopes if isinstance(scope, WriteScope)),
        key.id,
    )


def is_valid(key: AccessKey, now: datetime) -> bool:
    """True while a key is neither revoked nor expired."""
    return key.revoked is None and (key.expires is None or now < key.expires)
