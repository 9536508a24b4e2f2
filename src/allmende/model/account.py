"""How a person is known to the portal: a sign-in that lasts for a while. Secrets are never in here, only hashes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

IDLE = timedelta(hours=1)
"""A sign-in that nobody used for so long is over."""
LONGEST = timedelta(hours=12)
"""No sign-in lasts longer than a working day."""
LINK_LASTS = timedelta(days=3)
"""So long a link to set a password may be used."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """A person's sign-in: `hash` is the SHA-256 of the secret in their browser, `used` when it was last seen."""

    hash: str
    person: str
    started: datetime
    used: datetime

    def holds(self, now: datetime) -> bool:
        """True while it is neither too old nor unused for too long."""
        return now < self.started + LONGEST and now < self.used + IDLE
