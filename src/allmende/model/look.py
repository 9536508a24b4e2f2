"""What was seen in an upload, and what a person says of it: the preview and the short form of the workshop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from allmende.model.access import Access
from allmende.model.dataset import ColumnType
from allmende.model.received import Choice, FileLook, FileProblem
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
    `file` is what the file is and what is in it, `choice` what a person chose of that, `remarks` what stands out
    in the columns.
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
    file: FileLook = field(default_factory=FileLook)
    choice: Choice = field(default_factory=Choice)
    remarks: tuple[FileProblem, ...] = ()

    @property
    def told(self) -> tuple[FileProblem, ...]:
        """Everything about the file and the chosen table of it; nothing about other sheets."""
        sheet = self.choice.sheet
        of_file = tuple(one for one in self.file.problems if not sheet or one.sheet in ("", sheet))
        return (*of_file, *self.remarks)

    @property
    def asks(self) -> tuple[FileProblem, ...]:
        """What a person has to answer before this can be described."""
        return () if self.choice.confirmed else tuple(one for one in self.told if one.severity == "ask")

    @property
    def first_line(self) -> int | None:
        """In which row of the file the data begin; None when they have gaps, and it cannot be counted."""
        text = self.detected.get("first row", "")
        return int(text) if text.isdigit() else None


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
