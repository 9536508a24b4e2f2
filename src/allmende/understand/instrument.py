"""Letting an instrument work on the rows of a recipe: they are checked before, what it says is checked after."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import replace

import pyarrow as pa

from allmende.catalogue.applied import settings_of
from allmende.catalogue.arrow_types import ARROW
from allmende.errors import RecipeInvalid
from allmende.extensions import load_instrument
from allmende.model.dataset import ColumnType
from allmende.model.finding import Application, Finding, Quantity
from allmende.model.text import LANGUAGES
from allmende.ports import Examined, Instrument

_KINDS: tuple[tuple[str, ColumnType], ...] = (
    ("bool", "boolean"), ("int", "integer"), ("uint", "integer"), ("float", "number"), ("double", "number"),
    ("decimal", "number"), ("date", "date"), ("timestamp", "datetime"),
)  # fmt: skip


def examine(application: Application, rows: pa.Table, where: str) -> Examined:
    """What the instrument makes of `rows`. Raises RecipeInvalid when a column is missing or of another type.

    Of an instrument that breaks its own word (verdicts it never named, rows that do not fit its columns) the fault
    is told as one of its own.
    """
    instrument = load_instrument(application.id)
    _refuse_columns(instrument, application, rows, where)
    made = instrument.examine(rows, application.columns, settings_of(instrument, application.parameters))
    for finding in made.findings:
        _refuse_finding(finding, instrument, application.id)
    findings = tuple(replace(one, quantities=tuple(map(_rounded, one.quantities))) for one in made.findings)
    schema = pa.schema([(column.name, ARROW[column.type]) for column in made.columns])
    table = made.table.select(schema.names).cast(schema)
    return replace(made, table=_significant(table, made.carried), findings=findings)


def _rounded(quantity: Quantity) -> Quantity:
    value, low, high = (_significant_of(one) for one in (quantity.value, quantity.low, quantity.high))
    return replace(quantity, value=value, low=low, high=high)


def _significant_of(value: float | None) -> float | None:
    """Ten digits: another machine's arithmetic differs in the last of sixteen, and the sentence must not."""
    return float(f"{value:.9e}") if value is not None and math.isfinite(value) else None


def _significant(table: pa.Table, carried: Collection[str]) -> pa.Table:
    """The table with its computed numbers rounded like those of the findings; what is not finite is unknown."""
    for index, field in enumerate(table.schema):
        if pa.types.is_floating(field.type) and field.name not in carried:
            values = [_significant_of(one) for one in table.column(index).to_pylist()]
            table = table.set_column(index, field, pa.array(values, field.type))
    return table


def _refuse_columns(instrument: Instrument, application: Application, rows: pa.Table, where: str) -> None:
    for role in instrument.roles:
        name = application.columns.get(role.name)
        if name is None:
            continue
        if name not in rows.column_names:
            raise RecipeInvalid(
                f"the recipe gives no column {name!r} for {role.name!r}",
                where=where, hint=f"It gives {', '.join(rows.column_names)}.",
            )  # fmt: skip
        kind = _kind(rows.schema.field(name).type)
        if kind not in role.types:
            raise RecipeInvalid(
                f"{application.id} takes {' or '.join(role.types)} for {role.name!r}, {name!r} is {kind}",
                where=where, hint="Use cast(... as ...) in the recipe.",
            )  # fmt: skip


def _kind(type_: pa.DataType) -> ColumnType:
    text = str(type_)
    return next((kind for start, kind in _KINDS if text.startswith(start)), "text")


def _refuse_finding(finding: Finding, instrument: Instrument, id_: str) -> None:
    hint = "This is a fault of the instrument."
    if finding.verdict not in instrument.verdicts:
        raise RecipeInvalid(f"{id_} comes to {finding.verdict!r}, which it never announced", hint=hint)
    try:
        for language in LANGUAGES:
            finding.parts(language)
    except KeyError as name:
        raise RecipeInvalid(f"{id_} speaks of {name}, which is none of its numbers", hint=hint) from None
