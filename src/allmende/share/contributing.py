"""Contributions of citizens and clubs: what a collection asks for, what was typed, and who may send it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from allmende.errors import FormFault, NotAllowed, NotFound
from allmende.model.access import Principal
from allmende.model.contribution import RECEIVED, Contribution
from allmende.model.dataset import Column, Dataset
from allmende.model.text import Text
from allmende.ports import Clock, Store
from allmende.share.principals import hash_of
from allmende.share.reads import Reads

MOST_AT_ONCE = 1_000
MOST_WAITING = 10_000
LONGEST_CELL = 1_000
_NUMBER = re.compile(r"[+-]?\d{1,15}([.,]\d{1,10})?")
_INTEGER = re.compile(r"[+-]?\d{1,15}")


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that is asked for: the name of its column in the source, and what fits."""

    name: str
    column: Column


class Contributing:
    """The collections of a city."""

    def __init__(self, store: Store, reads: Reads, clock: Clock) -> None:
        self._store = store
        self._reads = reads
        self._clock = clock

    def collections(self, principal: Principal) -> tuple[Dataset, ...]:
        """What everybody can contribute to in the browser, of what the reader may see."""
        known = self._reads.city.datasets.values()
        asking = (one for one in known if one.contributions is not None and one.contributions.form)
        return tuple(one for one in asking if self._reads.may_see(principal, one.id))

    def collection(self, principal: Principal, dataset: str) -> Dataset:
        """One of them. Raises NotFound."""
        for one in self.collections(principal):
            if one.id == dataset:
                return one
        raise NotFound(f"there is no collection {dataset!r}", where=f"/mitmachen/{dataset}")

    def fields(self, dataset: Dataset) -> tuple[Field, ...]:
        """What is asked for: the columns, and two coordinates in place of a geometry."""
        point = self._reads.city.sources[dataset.source].options.get("point") or {}
        asked = [
            Field(one.source_name or one.name, one)
            for one in dataset.columns
            if one.type not in ("geometry", "json") and one.name not in (dataset.district_column, RECEIVED)
        ]
        names = {field.name for field in asked}
        coordinates = [(point.get("y", ""), _LATITUDE), (point.get("x", ""), _LONGITUDE)]
        asked += [Field(name, column) for name, column in coordinates if name and name not in names]
        return tuple(asked)

    def give(self, dataset: Dataset, typed: Mapping[str, str]) -> str:
        """Keep what was typed in the form; the secret of the link that shows what becomes of it.

        Raises FormFault with the name of the field.
        """
        secret = secrets.token_urlsafe(16)
        self._keep([self._made(dataset, checked_cells(self.fields(dataset), typed), hash_of(secret), "")])
        return secret

    def give_rows(self, principal: Principal, dataset: str, rows: Sequence[Any]) -> tuple[Contribution, ...]:
        """Keep rows that came with a key, all of them or none. Raises NotFound, NotAllowed, FormFault."""
        self.check_key(principal, dataset)
        found = self._reads.city.datasets.get(dataset)
        if found is None or found.contributions is None:
            raise NotFound(f"there is no collection {dataset!r}", where=f"/mitmachen/{dataset}")
        if not 0 < len(rows) <= MOST_AT_ONCE:
            raise FormFault("rows", "rows_count")
        fields = self.fields(found)
        made = [self._made(found, checked_cells(fields, _plain(row)), "", principal.key_id) for row in rows]
        self._keep(made)
        return tuple(made)

    def check_key(self, principal: Principal, dataset: str) -> None:
        """NotAllowed unless the key is for contributions to this collection."""
        if not principal.may_write("contributions", dataset):
            raise NotAllowed(
                "contributing rows needs a key",
                hint=f"Ask the city for a key with the scope write:contributions:{dataset}.",
            )

    def _made(self, dataset: Dataset, cells: Mapping[str, str], secret: str, key: str) -> Contribution:
        return Contribution(secrets.token_hex(8), dataset.id, cells, self._clock.now(), secret, key)

    def _keep(self, made: Sequence[Contribution]) -> None:
        if sum(self._store.contributions.waiting().values()) + len(made) > MOST_WAITING:
            raise FormFault("rows", "too_many_wait")
        self._store.contributions.add(made)


_LATITUDE = Column("latitude", "number", Text("Breitengrad", "Latitude"), minimum=-90, maximum=90)
_LONGITUDE = Column("longitude", "number", Text("Längengrad", "Longitude"), minimum=-180, maximum=180)


def checked_cells(fields: Sequence[Field], typed: Mapping[str, str]) -> dict[str, str]:
    """The cells as the source's table holds them. Raises FormFault with the name of the first wrong field."""
    unknown = set(typed) - {field.name for field in fields}
    if unknown:
        raise FormFault(sorted(unknown)[0][:80], "cell_unknown")
    cells = {field.name: _cell(field, typed.get(field.name, "").strip()) for field in fields}
    if not any(cells.values()):
        raise FormFault(fields[0].name if fields else "rows", "cell_missing")
    return cells


def _plain(row: Any) -> dict[str, str]:
    """A row from JSON as texts. Raises FormFault."""
    if not isinstance(row, dict):
        raise FormFault("rows", "rows_form")
    for name, value in row.items():
        if value is not None and not isinstance(value, str | int | float | bool):
            raise FormFault(str(name)[:80], "cell_form")
    return {str(name): "" if value is None else _text(value) for name, value in row.items()}


def _text(value: str | float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _cell(field: Field, text: str) -> str:
    column = field.column
    if not text:
        if column.required:
            raise FormFault(field.name, "cell_missing")
        return ""
    if len(text) > LONGEST_CELL:
        raise FormFault(field.name, "too_long")
    if column.values and text not in column.values:
        raise FormFault(field.name, "cell_choice")
    return _AS.get(column.type, _as_text)(field, text)


def _as_text(field: Field, text: str) -> str:
    if not text.replace("\n", " ").replace("\r", " ").isprintable():
        raise FormFault(field.name, "cell_form")
    return " ".join(text.split())


def _as_integer(field: Field, text: str) -> str:
    if not _INTEGER.fullmatch(text):
        raise FormFault(field.name, "cell_integer")
    return _within(field, text)


def _as_number(field: Field, text: str) -> str:
    if not _NUMBER.fullmatch(text):
        raise FormFault(field.name, "cell_number")
    return _within(field, text.replace(",", "."))


def _within(field: Field, text: str) -> str:
    low, high = field.column.minimum, field.column.maximum
    if (low is not None and float(text) < low) or (high is not None and float(text) > high):
        raise FormFault(field.name, "cell_range")
    return text


def _as_date(field: Field, text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise FormFault(field.name, "cell_date") from None


def _as_datetime(field: Field, text: str) -> str:
    try:
        return datetime.fromisoformat(text).isoformat()
    except ValueError:
        raise FormFault(field.name, "cell_date") from None


def _as_boolean(field: Field, text: str) -> str:
    known = {"true": "true", "false": "false", "1": "true", "0": "false"}
    if text.lower() not in known:
        raise FormFault(field.name, "cell_boolean")
    return known[text.lower()]


_AS = {
    "integer": _as_integer,
    "number": _as_number,
    "date": _as_date,
    "datetime": _as_datetime,
    "boolean": _as_boolean,
}
