"""What the guard finds before data are shown to others, and how people decide on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class GuardFinding:
    """One kind of risk in one column (empty for the table as a whole).

    `count` is how many values show it, `confidence` from 0 to 1, `examples` are masked so that nobody
    can be told from them. A blocking finding stops a release until it is decided with a reason.
    `detail` is a code for people's words, `values` what belongs into them.
    """

    kind: str
    column: str = ""
    count: int = 0
    confidence: float = 1.0
    examples: tuple[str, ...] = ()
    blocking: bool = True
    detail: str = ""
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def subject(self) -> tuple[str, str]:
        """What a decision must name to be about this finding."""
        return self.kind, self.column


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's word that a finding is no obstacle, and why."""

    kind: str
    column: str
    reason: str
    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Allowed:
    """A decision in a dataset's file: this kind in this column may be published, because of `reason`."""

    kind: str
    column: str
    reason: str


def undecided(
    findings: Iterable[GuardFinding], decisions: Iterable[Decision | Allowed]
) -> tuple[GuardFinding, ...]:
    """The blocking findings that nobody has decided on with a reason."""
    decided = {(one.kind, one.column) for one in decisions if one.reason.strip()}
    return tuple(found for found in findings if found.blocking and found.subject not in decided)
