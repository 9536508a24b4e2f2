"""`datastore_search`: rows of a dataset, read with the selection that every interface uses."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from allmende.errors import NotFound
from allmende.model.access import Principal
from allmende.model.dataset import Column
from allmende.model.selection import Both, Compare, Condition, Contains, IsNull, OneOf, Order, Selection
from allmende.share.cells import as_json, as_text
from allmende.share.reads import Reads
from allmende.share.row_reads import MOST_ROWS
from allmende.share.views import Selected
from allmende.standards.ckan.errors import Invalid
from allmende.standards.ckan.mapping import Json

_TYPES = {
    "text": "text", "integer": "int8", "number": "float8", "boolean": "bool", "date": "date", "datetime": "timestamp",
    "json": "json", "geometry": "json",
}  # fmt: skip
ID = "_id"


def datastore_search(reads: Reads, principal: Principal, dataset: str, asked: Mapping[str, Any]) -> Json:
    """Rows with their fields. Raises Invalid, NotFound."""
    selection = plan(asked)
    try:
        found = reads.select(principal, dataset, None, selection)
    except NotFound as error:
        if "column" not in error.message:
            raise
        raise Invalid(error.message, where="fields") from error
    return shape(found, asked)


def plan(asked: Mapping[str, Any]) -> Selection:
    """The selection that is asked for. Raises Invalid."""
    conditions: list[Condition] = []
    filters = asked.get("filters") or {}
    if not isinstance(filters, dict):
        raise Invalid("must be an object of fields and values", where="filters")
    conditions += [_filter(str(name), value) for name, value in filters.items()]
    q = asked.get("q") or ""
    if isinstance(q, dict):
        raise Invalid("must be a text: words of single fields are not searched here", where="q")
    conditions += [Contains(str(q))] if q else []
    fields = tuple(name for name in _names(asked.get("fields")) if name != ID)
    return Selection(
        fields,
        Both(tuple(conditions)) if conditions else None,
        tuple(_orders(str(asked.get("sort") or ""))),
        min(_number(asked, "limit", 100), MOST_ROWS),
        _number(asked, "offset", 0),
    )


def _filter(name: str, value: Any) -> Condition:
    if isinstance(value, list):
        return OneOf(name, tuple(_plain(name, one) for one in value))
    return IsNull(name) if value is None else Compare(name, "=", _plain(name, value))


def _plain(name: str, value: Any) -> str | int | float | bool:
    if isinstance(value, str | int | float | bool):
        return value
    raise Invalid(f"the value of {name[:60]!r} is neither a text nor a number", where="filters")


def _names(fields: Any) -> list[str]:
    if isinstance(fields, list):
        return [str(name).strip() for name in fields]
    return [name.strip() for name in str(fields or "").split(",") if name.strip()]


def _orders(sort: str) -> list[Order]:
    parts = [part.split() for part in sort.split(",") if part.strip()]
    if any(len(part) > 2 or (len(part) == 2 and part[1].lower() not in ("asc", "desc")) for part in parts):
        raise Invalid("write it like: year desc, name", where="sort")
    return [Order(part[0].strip('"'), part[-1].lower() == "desc") for part in parts if part[0] != ID]


def _number(asked: Mapping[str, Any], name: str, usual: int) -> int:
    value = asked.get(name, usual)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 13:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise Invalid("must be a whole number that is not negative", where=name)
    return value


def shape(found: Selected, asked: Mapping[str, Any]) -> Json:
    """The answer; `records_format` is objects, lists or csv."""
    how = str(asked.get("records_format") or "objects")
    if how not in ("objects", "lists", "csv"):
        raise Invalid("must be objects, lists or csv", where="records_format")
    rows = list(zip(*(column.to_pylist() for column in found.table.columns), strict=True))
    fields = [{"id": ID, "type": "int"}, *(_field(column) for column in found.columns)]
    return {
        "resource_id": asked.get("resource_id") or asked.get("id"),
        "fields": fields,
        "records_format": how,
        "records": _records(found, rows, how),
        "total": found.matched,
        "total_was_estimated": False,
        "limit": found.limit,
        "offset": found.offset,
        "include_total": True,
    }


def _field(column: Column) -> Json:
    notes = column.description.of("de") or column.title.of("de")
    info = {"label": column.title.of("de"), "notes": notes, "unit": column.unit}
    return {"id": column.name, "type": _TYPES[column.type], "info": {k: v for k, v in info.items() if v}}


def _records(found: Selected, rows: Sequence[tuple[object, ...]], how: str) -> Any:
    kinds = [column.type for column in found.columns]
    if how == "csv":
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        for number, row in zip(found.numbers, rows, strict=True):
            writer.writerow([number, *(as_text(cell, kind) for cell, kind in zip(row, kinds, strict=True))])
        return out.getvalue()
    lists = [
        [number, *(as_json(cell, kind) for cell, kind in zip(row, kinds, strict=True))]
        for number, row in zip(found.numbers, rows, strict=True)
    ]
    names = [ID, *(column.name for column in found.columns)]
    return lists if how == "lists" else [dict(zip(names, one, strict=True)) for one in lists]
