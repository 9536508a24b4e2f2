"""Steps of the flow and the ledger of their runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

StepKind = Literal["fetch", "publish", "recipe", "story", "index", "move", "observe", "harvest"]
Outcome = Literal["new", "unchanged", "held", "failed", "skipped"]


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """One thing to do: fetch a source, publish a dataset, run a recipe, render a story, index, move what is old,
    take the observations in a source's files, or harvest a foreign catalogue."""

    kind: StepKind
    subject: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.subject}"


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of a step: when, how it ended, and, for people, what happened and what to do.

    `held` says that something new is there, and waits for people before it is published.
    """

    step: Step
    started: datetime
    finished: datetime
    outcome: Outcome
    message: str = ""
    hint: str = ""
    transient: bool = False
    rows: int | None = None
    rejected: int | None = None

    @property
    def stopped(self) -> bool:
        """True when something new was tried and did not become public: the last version stays."""
        return self.outcome in ("failed", "held")


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A key for machines as the store keeps it: only a hash of the secret, never the secret."""

    id: str
    name: str
    secret_hash: str
    scopes: tuple[str, ...]
    created: datetime
    expires: datetime | None = None
    revoked: datetime | None = None


@dataclass(frozen=True, slots=True)
class Feedback:
    """A barrier reported by a reader (§ 12a BGG asks for this way to be there)."""

    page: str
    message: str
    contact: str
    received: datetime
