"""A file that is being received in pieces."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Upload:
    """Somebody's file on its way: `received` of `size` bytes have come. `person` is an id."""

    id: str
    person: str
    department: str
    file_name: str
    size: int
    begun: datetime
    received: int = 0

    @property
    def complete(self) -> bool:
        """True when every byte has come."""
        return self.received == self.size
