"""Which series a reader may be told of, now and again while it goes on."""

from __future__ import annotations

import time
from collections.abc import Sequence

from allmende.errors import NotFound
from allmende.model.access import Principal
from allmende.model.subscription import Described, Interest
from allmende.model.thing import Datastream
from allmende.share.series_reads import SeriesReads

_LONGEST_ID = 18
_SECONDS = 5.0  # hundreds of pages may follow a property, and each looks again every minute


class LiveReads(SeriesReads):
    """Following series as values come in."""

    _belonging: tuple[float, tuple[Described, ...]] = (0.0, ())

    def readable(self, principal: Principal, datastreams: frozenset[int]) -> frozenset[int]:
        """Those of these datastreams that the reader may see."""
        return self._seen(principal, datastreams)

    def followed(self, principal: Principal, names: Sequence[str], interest: Interest) -> frozenset[int]:
        """The datastreams with these numbers or keys, and those that `interest` takes.

        Raises NotFound for a name that is not there for this reader, and when there is none at all.
        """
        named = frozenset(self._number_of(principal, name) for name in names)
        wide = self._interesting(principal, interest) if interest != Interest() else frozenset[int]()
        if not named and not wide:
            raise NotFound("there is no datastream like this", hint="Name a datastream, thing or property.")
        return named | wide

    def _number_of(self, principal: Principal, name: str) -> int:
        if name.isascii() and name.isdigit() and len(name) <= _LONGEST_ID:
            id_: int | None = int(name)
        else:
            found: Datastream | None = self._store.things.find("datastream", name)
            id_ = found.id if found else None
        if id_ is None or not self._seen(principal, frozenset({id_})):
            raise NotFound(f"there is no datastream {name!r}", where=name)
        return id_

    def _interesting(self, principal: Principal, interest: Interest) -> frozenset[int]:
        taken = frozenset(one.datastream_id for one in self._all_described() if interest.takes(one))
        return self._seen(principal, taken) if taken else taken

    def _all_described(self) -> tuple[Described, ...]:
        """What all datastreams belong to; a new one may be missed for some seconds. No access is decided by it."""
        until, found = self._belonging
        if time.monotonic() > until:
            found = self._store.subscriptions.described()
            self._belonging = (time.monotonic() + _SECONDS, found)
        return found
