"""The record of a withdrawal: what was shown to whom for how long, and who has to be told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from allmende.model.standing import Shown


@dataclass(frozen=True, slots=True)
class Incident:
    """A dataset was taken back. `versions` were public since `since`; `derived` was made from them.

    `uses` is how often it was used in that time, None when nobody counted. `erased` says that its bytes
    are gone, too. `told` is what the people in charge noted on whom they told (Art. 33, 34 GDPR). `before` is how the
    dataset stood: nothing more is shown again.
    """

    id: str
    dataset: str
    at: datetime
    actor: str
    reason: str
    versions: tuple[int, ...] = ()
    since: datetime | None = None
    derived: tuple[str, ...] = ()
    uses: int | None = None
    erased: bool = False
    told: str = ""
    before: Shown = "released"
