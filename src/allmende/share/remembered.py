"""A store that remembers what it read until something is written.

A page asks for the same versions and runs dozens of times. Everything readers can see carries the
store's generation, so answers are kept under it and dropped together when it grows. Keys, which
decide about access, are never remembered.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar, cast

from allmende.ports import Store

_Answer = TypeVar("_Answer")
_READS = (
    "receipts", "receipts_of", "versions", "latest_versions", "version", "latest_runs", "runs",
    "story", "story_versions", "latest_stories", "definition",
)  # fmt: skip
_MOST = 20_000
SECONDS = 0.02  # so long a publication may stay unseen; a page reads the store hundreds of times


class Remembered:
    """Wraps a store; `remembered(store)` gives it the type of one."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._generation = -1
        self._until = 0.0
        self._known: dict[tuple[Any, ...], Any] = {}
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        return self._remembering(name, found) if name in _READS else found

    def _remembering(self, name: str, read: Callable[..., _Answer]) -> Callable[..., _Answer]:
        def remembered_read(*arguments: Any) -> _Answer:
            known = self._current()
            key = (name, *arguments)
            if key not in known:
                known[key] = read(*arguments)
            return cast(_Answer, known[key])

        return remembered_read

    def generation(self) -> int:
        """The store's generation, asked at most every 20 ms; what is remembered is never older than it."""
        self._current()
        return self._generation

    def _current(self) -> dict[tuple[Any, ...], Any]:
        """What is known under the present generation. A read that is under way keeps the old one."""
        if time.monotonic() < self._until:
            return self._known
        generation = self._store.generation()
        with self._lock:
            if generation != self._generation or len(self._known) > _MOST:
                self._known, self._generation = {}, generation
            self._until = time.monotonic() + SECONDS
            return self._known


def remembered(store: Store) -> Store:
    """The same store, with a memory."""
    return cast(Store, Remembered(store))
