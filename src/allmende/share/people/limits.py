"""How often something may be tried: counts in memory, forgotten after their time. Nothing is written down."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

MOST_KEPT = 20_000


class Limit:
    """At most `most` tries in `seconds` for each key. When too many keys are known, the oldest is forgotten."""

    def __init__(self, most: int, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._seconds = seconds
        self._now = now
        self._tries: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._lock = threading.Lock()

    def allows(self, key: str) -> bool:
        """Count a try; False when there were too many."""
        with self._lock:
            self._forget()
            count, until = self._tries.get(key, (0, self._now() + self._seconds))
            self._tries[key] = (count + 1, until)
            return count < self._most

    def clear(self, key: str) -> None:
        """Forget the tries of a key, as after a success."""
        with self._lock:
            self._tries.pop(key, None)

    def _forget(self) -> None:
        """Times are in the order of keys, because a key keeps the time of its first try."""
        now = self._now()
        while self._tries:
            first = next(iter(self._tries))
            if self._tries[first][1] > now and len(self._tries) < MOST_KEPT:
                return
            del self._tries[first]


def network_of(address: str) -> str:
    """The network that an address is in (/24, or /56 of version 6): people behind one line count together."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    width = 24 if found.version == 4 else 56
    return str(ipaddress.ip_network((found, width), strict=False))
