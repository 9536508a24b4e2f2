"""What was seen in an upload, and what a person says of it: the preview and the short form of the workshop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from allmende.model.access import Access
from allmende.model.dataset import ColumnType
from allmende.model.source import Rejected, Schedule

Take = Literal["public", "internal", "leave_out"]


@dataclass(frozen=True, slots=True)
class SeenColumn:
    """A column as it was recognised, with a few of its values as texts. `personal`: its name speaks of people."""

    name: str
    source_name: str
    title: str
    type: ColumnType
    unit: str = ""
    required: bool = False
    examples: tuple[str, ...] = ()
    personal: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """What a child process saw in raw bytes.

    `rows` were read, `rejected` of them do not fit (`problems` are the first). `connector` and `options` read
    the bytes again in the same way; `detected` says how. `licence` was stated in the bytes, if it was.
    """

    rows: int
    rejected: int
    columns: tuple[SeenColumn, ...]
    sample: tuple[tuple[str, ...], ...] = ()
    problems: tuple[Rejected, ...] = ()
    connector: str = "table"
    options: Mapping[str, Any] = field(default_factory=dict)
    detected: Mapping[str, str] = field(default_factory=dict)
    key: tuple[str, ...] = ()
    place: str = ""
    time: str = ""
    licence: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DescribedColumn:
    """What a person says of a column: its name in the table, title, type, unit, and who sees it."""

    name: str
    title: str
    type: ColumnType
    unit: str = ""
    take: Take = "public"


@dataclass(frozen=True, slots=True)
class Description:
    """The short form, filled in. `id` is the dataset's name in addresses."""

    id: str
    title: str
    description: str
    theme: str
    licence: str
    attribution: str
    access: Access
    schedule: Schedule = "once"
    title_en: str = ""
    description_en: str = ""
    keywords: tuple[str, ...] = ()
    columns: tuple[DescribedColumn, ...] = ()
