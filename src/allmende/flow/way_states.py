"""How the ways in are doing, told by the process that listens to the others that serve pages."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec

from allmende.model.way import WayState

_log = logging.getLogger(__name__)
FILE = "ways.json"
SECONDS = 3.0
STALE = 30.0
_DECODER = msgspec.json.Decoder(dict[str, WayState])


class WayStates:
    """The states of this process, or, when another one listens, what that one wrote last.

    Posts are counted in the process that takes them, so with several processes only a part of them.
    """

    def __init__(self, own: Mapping[str, WayState], folder: Path | None = None) -> None:
        self.own = own
        self._file = folder / FILE if folder else None

    def write(self) -> None:
        """Tell the others; whoever reads sees the old states or the new ones, never half of them.

        On a full disk nobody is told: listening goes on.
        """
        if self._file is None:
            return
        half = self._file.with_suffix(f".{os.getpid()}")
        try:
            half.write_bytes(msgspec.json.encode(self.own))
            half.replace(self._file)
        except OSError as error:
            _log.warning("the states of the ways in could not be written: %s", error)

    def read(self) -> Mapping[str, WayState]:
        """Every way's state, as far as it is known here."""
        if any(state.connected is not None for state in self.own.values()):
            return self.own
        told = self._told()
        return {way: told.get(way, state) if not state.received else state for way, state in self.own.items()}

    def _told(self) -> Mapping[str, WayState]:
        """What another process wrote; nothing when that is long ago: then it listens no more."""
        try:
            if self._file is None or time.time() - self._file.stat().st_mtime > STALE:
                return {}
            return _DECODER.decode(self._file.read_bytes())
        except (OSError, msgspec.DecodeError):
            return {}
