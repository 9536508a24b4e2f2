"""Who may write: the principals of keys, remembered for two seconds so that pushing stays cheap.

A revoked key may write for these two seconds more; reading looks every time.
"""

from __future__ import annotations

import time
from dataclasses import replace

from allmende.model.access import WRITABLE, Principal, WriteScope
from allmende.share.principals import Principals

_SECONDS = 2.0
_MOST = 1_000
_ALL = tuple(WriteScope(kind) for kind in WRITABLE)


class Writers:
    """The principal of an `Authorization` header, for writing.

    With `anonymous` everybody may write without a key; only a server on the loopback may be so.
    """

    def __init__(self, principals: Principals, *, anonymous: bool = False) -> None:
        self._principals = principals
        self._anonymous = anonymous
        self._known: dict[bytes, tuple[float, Principal]] = {}

    def of(self, authorization: bytes | None) -> Principal:
        """Who writes. Raises NotAllowed for a key that is not known or no longer valid."""
        if not authorization:
            found = self._principals.of(None)
            return replace(found, writes=_ALL) if self._anonymous else found
        known = self._known.get(authorization)
        if known is not None and known[0] > time.monotonic():
            return known[1]
        found = self._principals.of(authorization.decode("latin-1"))
        if len(self._known) > _MOST:
            self._known.clear()
        self._known[authorization] = (time.monotonic() + _SECONDS, found)
        return found
