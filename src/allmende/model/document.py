"""A story after its numbers were computed: a tree of blocks that page, print and API can all show.

No HTML in here. Every number is a span with the address of its figure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from allmende.model.access import Access
from allmende.model.dataset import Pin
from allmende.model.knowledge import Judgement, Trust
from allmende.model.text import Language


@dataclass(frozen=True, slots=True)
class Span:
    """Running text. `figure` is the id of the figure whose formatted value `text` is; `href` a link."""

    text: str
    strong: bool = False
    emphasis: bool = False
    code: bool = False
    href: str = ""
    figure: str = ""
    trust: Trust = "ok"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph."""

    spans: tuple[Span, ...]
    kind: Literal["paragraph"] = "paragraph"


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; level 2 or 3 (the story's question is level 1)."""

    level: int
    spans: tuple[Span, ...]
    kind: Literal["heading"] = "heading"


@dataclass(frozen=True, slots=True)
class ListBlock:
    """A list; each entry is a line of spans."""

    entries: tuple[tuple[Span, ...], ...]
    ordered: bool = False
    kind: Literal["list"] = "list"


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a series: `label` for people, `value` None for a gap, `figure` its id."""

    label: str
    value: float | None
    figure: str
    text: str = ""
    low: float | None = None
    high: float | None = None
    trust: Trust = "ok"


@dataclass(frozen=True, slots=True)
class Series:
    """A named run of points in order."""

    name: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class ChartBlock:
    """A chart with its table: `line` over periods or `bar` over categories. `target` draws a line."""

    form: Literal["line", "bar"]
    title: str
    unit: str
    series: tuple[Series, ...]
    indicator: str = ""
    decimals: int = 0
    target: float | None = None
    target_label: str = ""
    note: str = ""
    kind: Literal["chart"] = "chart"


@dataclass(frozen=True, slots=True)
class Area:
    """One place of a map: code in the data, name, value, figure id and the value as text."""

    code: str
    name: str
    value: float | None
    figure: str
    text: str = ""
    trust: Trust = "ok"


@dataclass(frozen=True, slots=True)
class MapBlock:
    """A map of the city's districts coloured by an indicator, with its table beside it."""

    title: str
    unit: str
    indicator: str
    areas: tuple[Area, ...]
    decimals: int = 0
    note: str = ""
    kind: Literal["map"] = "map"


@dataclass(frozen=True, slots=True)
class TableBlock:
    """A small table; each cell is a line of spans. `numeric` names right-aligned columns by position."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[tuple[Span, ...], ...], ...]
    numeric: tuple[int, ...] = ()
    kind: Literal["table"] = "table"


Block = Paragraph | Heading | ListBlock | ChartBlock | MapBlock | TableBlock


@dataclass(frozen=True, slots=True)
class StoryVersion:
    """A story as published: immutable, made from pinned dataset versions.

    `content_hash` is over all other fields but `number` and `created`; a story with the same hash is
    not published again. `access` is that of its strictest input.
    """

    story: str
    language: Language
    number: int
    created: datetime
    content_hash: str
    title: str
    answer: tuple[Span, ...]
    blocks: tuple[Block, ...]
    theme: str = "city"
    owner: str = ""
    checked: date | None = None
    indicator: str = ""
    judgement: Judgement | None = None
    pins: tuple[Pin, ...] = ()
    licences: tuple[str, ...] = ()
    attributions: tuple[str, ...] = ()
    access: Access = Access.INTERNAL
    trust: Trust = "ok"
    keywords: tuple[str, ...] = field(default=())
