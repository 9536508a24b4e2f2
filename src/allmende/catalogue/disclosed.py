"""Small groups are hidden before a table is published: by the rule of its dataset, beside the tables of its family."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from allmende.model.access import Access
from allmende.model.city import City
from allmende.model.dataset import Column, Dataset, DatasetVersion
from allmende.model.disclosure import Change, Disclosure
from allmende.model.text import Text
from allmende.ports import Lake, Store

if TYPE_CHECKING:
    from allmende.guard.disclosure.protect import Shown

KEYS = "disclosure"
"""The name of the lake's secret from which cell keys are drawn."""
EARLIER = 12
"""So many earlier versions of a table are compared: each is still public."""
MARKS = ("", "suppressed", "perturbed", "rounded")


@dataclass(frozen=True)
class Disclosed:
    """A table that may be shown, its columns, and the cells that were changed in it."""

    table: pa.Table
    columns: tuple[Column, ...]
    changes: tuple[Change, ...] = ()

    def log(self) -> bytes:
        """The changed cells as a Parquet file, for the city's own log."""
        file = io.BytesIO()
        pq.write_table(pa.Table.from_pylist([asdict(change) for change in self.changes]), file)
        return file.getvalue()


def disclose(
    city: City, dataset: Dataset, table: pa.Table, columns: tuple[Column, ...], store: Store, lake: Lake,
    before: datetime | None = None,
) -> Disclosed:  # fmt: skip
    """The table as it may be shown; unchanged when its dataset declares no rule.

    With `before` it is protected beside what was public then, to make an old version again. Raises HeldBack
    (reason `disclosure`) or ContractBroken.
    """
    rule = dataset.disclosure
    if rule is None:
        return Disclosed(table, columns)
    # Only what declares a rule needs the cubes and the solver.
    from allmende.guard.disclosure.protect import protect

    family = tuple(_family(city, dataset, rule, store, lake, before)) if rule.method == "suppression" else ()
    secret = lake.secret(KEYS) if rule.method == "cell_key" else b""
    made = protect(table, rule, secret=secret, family=family)
    return Disclosed(made.table, _columns(columns, rule, made.table), made.changes)


def _family(
    city: City, dataset: Dataset, rule: Disclosure, store: Store, lake: Lake, before: datetime | None
) -> Iterator[Shown]:
    """What is public of the family: the newest version of every table in it, and the last ones of this one."""
    from allmende.guard.disclosure.protect import shown_of

    for other in city.datasets.values():
        theirs = other.disclosure
        if theirs is None or theirs.family != rule.family or other.access is Access.WITHDRAWN:
            continue
        own = other.id == dataset.id
        for version in _versions(other, store, before, EARLIER if own else 1):
            rows = lake.read(other.id, version.lake_version).read_all()
            yield shown_of(rows, theirs, earlier=own)


def _versions(dataset: Dataset, store: Store, before: datetime | None, most: int) -> Iterator[DatasetVersion]:
    known = (one for one in store.versions(dataset.id) if before is None or one.created < before)
    return islice(known, most)


def _columns(columns: tuple[Column, ...], rule: Disclosure, table: pa.Table) -> tuple[Column, ...]:
    """The columns of the protected table: each value column is followed by its marks."""
    known = {column.name: column for column in columns}
    return tuple(known.get(name) or _mark(name, known) for name in table.column_names)


def _mark(name: str, known: dict[str, Column]) -> Column:
    title = known[name.removesuffix("_status")].title
    said = Text(f"{title.de}: verändert?", f"{title.en or title.de}: changed?")
    return Column(name, "text", said, values=MARKS)


def is_mark(name: str, dataset: Dataset) -> bool:
    """True for a column of marks, which no source brings."""
    rule = dataset.disclosure
    return rule is not None and name in rule.marks
