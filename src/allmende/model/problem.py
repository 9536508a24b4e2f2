"""A fault as a value, so that all faults of a folder can be shown at once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One fault: `file` relative to the city, `path` inside it (`$.columns[3].type`), what, and a hint."""

    file: str
    path: str
    message: str
    hint: str = ""
