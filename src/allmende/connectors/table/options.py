"""What a source can say about its table. Everything left out is detected and shown."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Options:
    """`header_row` counts lines (or rows of the sheet) from 1; 0 says that there is no header, then `names` name
    the columns. `header_rows` is the number of rows that make up the header together. `ragged` says
    what becomes of rows with too few or too many cells: `reject`, or `pad` (fill up, cut empty cells off).
    `unpivot` turns columns whose names match `columns` (a regular expression) into rows with the
    columns `name` and `value`. `point` names the columns `x`, `y` and their `crs`. `range` takes only these
    cells (`A3:F40`), where several tables stand on a sheet. `merged = "fill"` repeats a cell that spans several
    rows in each of them. `leave_out` are words (`Summe`) of rows that are no data but the sum of others.
    """

    encoding: str = ""
    delimiter: str = ""
    quote: str = '"'
    decimal: str = ""
    thousands: str = ""
    sheet: str | int = ""
    range: str = ""
    merged: str = ""
    header_row: int | None = None
    header_rows: int = 1
    names: list[str] = field(default_factory=list)
    skip_rows: int = 0
    leave_out: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    date_format: str = ""
    point: dict[str, str] | None = None
    unpivot: dict[str, str] | None = None
    ragged: str = "reject"
    time_zone: str = "Europe/Berlin"
