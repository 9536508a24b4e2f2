"""Recipes, indicators, figures and stories: what the city knows, and how it knows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from allmende.model.text import Language, Text

Direction = Literal["up", "down", "none"]
Trust = Literal["ok", "suspect", "stale", "incomplete", "unknown"]
Judgement = Literal["on_course", "at_risk", "missed", "no_target", "no_data"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """Read-only SQL in the portable subset: dataset versions in, one dataset version out."""

    id: str
    sql: str


@dataclass(frozen=True, slots=True)
class Target:
    """What the city wants to reach, by when, and how far off is still called at risk (share of value)."""

    value: float
    by: int | None = None
    tolerance: float = 0.1
    source: Text = Text()


@dataclass(frozen=True, slots=True)
class Indicator:
    """A number with a definition: one column of one dataset, by period and by place.

    `where` keeps rows whose columns equal the given text. `period_column` and `place_column` may be
    empty. `city_place` is the value of the place column that stands for the whole city; when it is
    empty and there is a place column, the indicator has no value for the whole city.
    `interval` names the columns of a lower and an upper bound, `coverage_column` a share from 0 to 1.
    """

    id: str
    title: Text
    definition: Text
    dataset: str
    value_column: str
    unit: Text = Text()
    unit_code: str = "1"
    decimals: int = 0
    direction: Direction = "none"
    theme: str = "city"
    owner: str = ""
    period_column: str = ""
    place_column: str = ""
    city_place: str = ""
    where: Mapping[str, str] = field(default_factory=dict)
    interval: tuple[str, str] | None = None
    coverage_column: str = ""
    target: Target | None = None
    stale_after_days: int | None = None
    limits: Text = Text()
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IndicatorValue:
    """One value of an indicator: `period` and `place` are the texts in the dataset, None if it has none."""

    indicator: str
    value: float | None
    period: str | None = None
    place: str | None = None
    low: float | None = None
    high: float | None = None
    coverage: float | None = None
    trust: Trust = "ok"


@dataclass(frozen=True, slots=True)
class Story:
    """A question with its answer, in one language: front matter, and Markdown with figures in place."""

    id: str
    language: Language
    title: str
    answer: str
    body: str
    theme: str = "city"
    owner: str = ""
    indicator: str = ""
    checked: date | None = None
    keywords: tuple[str, ...] = ()
