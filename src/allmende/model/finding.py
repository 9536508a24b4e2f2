"""Findings: what an instrument says of the rows it was given, and how instruments are applied to a recipe's rows.

A finding is part of the dataset version that holds its evidence: the version's rows are what the instrument worked
out, so a finding has the version's lineage, licence, access and trust, and is made again together with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from allmende.model.text import Language, Text

_NAMED = re.compile(r"\{([a-z0-9_]+)\}")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number that a finding speaks of, with its interval where it has one. `value` None means: not known.

    `unit` is UCUM (`1` for pure numbers, `%` for per cent).
    """

    name: str
    title: Text
    value: float | None
    unit: str = "1"
    decimals: int = 1
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One statement of an instrument with its evidence.

    `verdict` is one of the instrument's own words, like `withheld`; a person confirms the verdict, not each refresh
    of its numbers. `statement` names quantities in braces: `{gain} better than last week's value`. `level` is the
    share of cases in which the intervals are meant to hold, `tried` the number of comparisons that were made to
    arrive here: who tries twenty finds one by chance.
    """

    key: str
    verdict: str
    statement: Text
    quantities: tuple[Quantity, ...] = ()
    assumptions: tuple[Text, ...] = ()
    level: float | None = None
    tried: int = 1

    def parts(self, language: Language) -> tuple[str | Quantity, ...]:
        """The statement in parts: plain text, and each quantity it names. KeyError when it names another."""
        known = {one.name: one for one in self.quantities}
        pieces = _NAMED.split(self.statement.of(language))  # every second piece is a name
        parts = [known[piece] if n % 2 else piece for n, piece in enumerate(pieces)]
        return tuple(part for part in parts if part)

    def quantity(self, name: str) -> Quantity | None:
        """The quantity called `name`, or None."""
        return next((one for one in self.quantities if one.name == name), None)


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The word of a named role in the city's files that a verdict may be published."""

    verdict: str
    by: str
    on: date


@dataclass(frozen=True, slots=True)
class Application:
    """An instrument applied to the rows of a recipe.

    `columns` says which column plays which role of the instrument, `parameters` are the instrument's settings.
    A verdict that nobody confirmed, here or at the desk, is held back.
    """

    id: str
    columns: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    confirmed: tuple[Confirmation, ...] = ()
