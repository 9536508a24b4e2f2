"""Raw bytes to rows through the source's connector, with the law checked: no row is lost silently."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from allmende.catalogue.access import closed_parts
from allmende.catalogue.versions import digest
from allmende.errors import AllmendeError, NotFound, Unreadable
from allmende.extensions import manifest
from allmende.model.city import City
from allmende.model.dataset import Column, Dataset
from allmende.model.source import Receipt, Rejected, Source
from allmende.ports import Connector, Lake, Parsed, Raw

# Grows when this package turns the same bytes into other rows than before.
_EDITION = 1


@dataclass(frozen=True)
class Rows:
    """Rows on their way to a version: each still knows its number in the source (first row is 1).

    `detected` is what the connector found out about the file, to be shown with the version.
    """

    table: pa.Table
    columns: tuple[Column, ...]
    numbers: np.ndarray[Any, np.dtype[np.int64]]
    rejected: tuple[Rejected, ...] = ()
    rows_in: int = 0
    detected: Mapping[str, str] = field(default_factory=dict)

    @property
    def rows_rejected(self) -> int:
        """Rows that were not taken, each counted once."""
        return self.rows_in - self.table.num_rows


def parse_receipt(
    receipt: Receipt, source: Source, dataset: Dataset, connector: Connector, lake: Lake
) -> Rows:
    """The rows in the raw bytes that `receipt` names. Raises Unreadable, NotFound."""
    raw = Raw(lake.raw_path(receipt.sha256), receipt)
    try:
        parsed = connector.parse(raw, source, asked_columns(dataset))
    except AllmendeError:
        raise
    except Exception as error:
        raise _broken(source, f"failed: {type(error).__name__}: {error}") from error
    return _numbered(parsed, source)


def asked_columns(dataset: Dataset) -> Sequence[Column]:
    """The declared columns that come from the source: all but the one that is filled by place."""
    return tuple(c for c in dataset.columns if c.name != dataset.district_column)


def _numbered(parsed: Parsed, source: Source) -> Rows:
    """Find out the number of each taken row; Unreadable when a stranger's connector breaks the law."""
    bad = np.array(sorted({rejected.row for rejected in parsed.rejected}), dtype=np.int64)
    if len(bad) and not 1 <= bad[0] <= bad[-1] <= parsed.rows_in:
        raise _broken(source, f"rejected a row that is not among its {parsed.rows_in} rows")
    taken = np.ones(parsed.rows_in, dtype=bool)
    taken[bad - 1] = False
    numbers = np.flatnonzero(taken) + 1
    if len(numbers) != parsed.table.num_rows or len(bad) != parsed.rows_rejected:
        raise _broken(
            source,
            f"lost rows: {parsed.rows_in} in, {parsed.table.num_rows} taken, {parsed.rows_rejected} rejected",
        )
    return Rows(parsed.table, parsed.columns, numbers, parsed.rejected, parsed.rows_in, parsed.detected)


def _broken(source: Source, fault: str) -> Unreadable:
    return Unreadable(
        f"the connector {source.connector!r} {fault}",
        where=source.address,
        hint="This is a fault of the connector, not of the data; tell its owner. The raw bytes are kept.",
    )


def maker_hash(city: City, dataset: Dataset) -> str:
    """The hash over everything that turns raw bytes into the rows of `dataset`: connector and its
    version, options, contract. Titles and descriptions are not in it, for they change no row."""
    source = city.sources[dataset.source]
    return digest(
        {
            **closed_parts(city, dataset),
            **({"disclosure": repr(dataset.disclosure)} if dataset.disclosure else {}),
            "edition": _EDITION,
            "connector": [source.connector, _connector_version(source.connector)],
            "options": source.options,
            "columns": [
                [c.name, c.type, c.source_name, c.required, c.minimum, c.maximum, list(c.values)]
                for c in dataset.columns
            ],
            "contract": dataset.contract,
            "key": list(dataset.key),
            "district": _district_rule(city, dataset),
        }
    )


def _connector_version(connector: str) -> str:
    try:
        return manifest("connector", connector).version
    except NotFound:
        return ""


def _district_rule(city: City, dataset: Dataset) -> list[str]:
    if not dataset.district_column or city.districts is None:
        return []
    rule = city.districts
    return [dataset.district_column, rule.dataset, rule.code_column, rule.geometry_column]
