"""The audit log: who did what when, as a chain in which nothing can be changed, left out or moved unseen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

BEGINNING = "0" * 64


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. `previous` is the hash of the entry before it; `hash` is over all other fields."""

    number: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: str = ""
    previous: str = BEGINNING
    hash: str = ""


def hash_of(entry: Entry) -> str:
    """SHA-256 (hex) over everything in an entry but the hash itself."""
    at = entry.at.astimezone(UTC).isoformat()
    parts = [entry.number, at, entry.actor, entry.action, entry.subject, entry.detail, entry.previous]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


def first_fault(entries: Iterable[Entry]) -> str:
    """What is wrong with a chain, told of its first bad entry; empty when it is whole.

    Entries missing at the end cannot be seen here: compare the last hash with one that is kept elsewhere.
    """
    previous = BEGINNING
    for number, entry in enumerate(entries, 1):
        if entry.number != number:
            return f"entry {number} is missing: after {number - 1} comes {entry.number}"
        if entry.previous != previous:
            return f"entry {number} does not follow the one before it"
        if entry.hash != hash_of(entry):
            return f"entry {number} was changed"
        previous = entry.hash
    return ""
