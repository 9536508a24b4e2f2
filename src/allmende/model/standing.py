"""What the store adds to a city's files: datasets described in the browser, and what may be shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from allmende.model.dataset import Dataset
from allmende.model.source import Source

Shown = Literal["released", "withheld", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Definition:
    """A dataset and its source as a person described them: what its two files in the city's folder would say."""

    dataset: Dataset
    source: Source


@dataclass(frozen=True, slots=True)
class Standing:
    """How a dataset stands. `definition` is None when the city's files describe it.

    `withheld` datasets were never released: only their department sees them, in the workshop.
    `withdrawn` ones are shown to nobody, nor is anything made from them.
    """

    dataset: str
    shown: Shown
    definition: Definition | None = None
