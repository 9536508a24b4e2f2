"""The city as it stands now: its files with what the store knows, looked at anew when something changed."""

from __future__ import annotations

import threading
import time

from allmende.city.overlay import overlay
from allmende.model.city import City
from allmende.ports import Releases

SECONDS = 0.02  # so long a change may stay unseen; a page asks for the city hundreds of times


class CurrentCity:
    """Call it for the city. As long as no dataset's standing changes it is the same one."""

    def __init__(self, files: City, releases: Releases) -> None:
        self._files = files
        self._releases = releases
        self._edition = -1
        self._until = 0.0
        self._city = files
        self._lock = threading.Lock()

    def __call__(self) -> City:
        """The city, at most 20 ms old."""
        if time.monotonic() < self._until:
            return self._city
        edition = self._releases.edition()
        with self._lock:
            if edition != self._edition:
                self._city, self._edition = overlay(self._files, self._releases.standings()), edition
            self._until = time.monotonic() + SECONDS
            return self._city

    def look_again(self) -> None:
        """The next call asks the store."""
        self._until = 0.0
