"""Reading single values out of a pinned version. Names come from files and are quoted, values are bound."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from allmende.catalogue.trust import worst
from allmende.model.dataset import Pin
from allmende.model.knowledge import Indicator, IndicatorValue, Trust
from allmende.model.observed import as_trust
from allmende.model.place import Districts
from allmende.ports import Engine

# From this share of coverage on a value counts as complete.
COMPLETE = 0.995


def quote(name: str) -> str:
    """A column's name as SQL."""
    return '"' + name.replace('"', '""') + '"'


def read_values(
    engine: Engine, indicator: Indicator, pin: Pin, state_column: str = ""
) -> tuple[IndicatorValue, ...]:
    """All values of an indicator in a version, by period and place.

    `state_column` says of each row how far it can be trusted; empty when the version has none.
    """
    wanted = {
        "value": f"try_cast({quote(indicator.value_column)} as double)",
        "period": _text(indicator.period_column),
        "place": _text(indicator.place_column),
        "low": _number(indicator.interval[0] if indicator.interval else ""),
        "high": _number(indicator.interval[1] if indicator.interval else ""),
        "coverage": _number(indicator.coverage_column),
        "state": _text(state_column),
    }
    order = [quote(name) for name in (indicator.period_column, indicator.place_column) if name]
    sql = (
        f"select {', '.join(f'{what} as {name}' for name, what in wanted.items())} from t"  # noqa: S608
        + _conditions(indicator.where)
        + (f" order by {', '.join(f'{name} nulls first' for name in order)}" if order else "")
    )
    rows = engine.query(sql, {"t": pin}, list(indicator.where.values())).to_pylist()
    return tuple(_value(indicator.id, row) for row in rows)


def _value(indicator: str, row: Mapping[str, Any]) -> IndicatorValue:
    plain = {name: value for name, value in row.items() if name != "state"}
    return IndicatorValue(indicator=indicator, trust=_trust(row), **plain)


def _trust(row: Mapping[str, Any]) -> Trust:
    if row["value"] is None:
        return "unknown"
    complete = row["coverage"] is None or row["coverage"] >= COMPLETE
    return worst([as_trust(row["state"]), "ok" if complete else "incomplete"])


def _text(column: str) -> str:
    return f"cast({quote(column)} as varchar)" if column else "cast(null as varchar)"


def _number(column: str) -> str:
    return f"try_cast({quote(column)} as double)" if column else "cast(null as double)"


def _conditions(where: Mapping[str, str]) -> str:
    if not where:
        return ""
    return " where " + " and ".join(f"cast({quote(name)} as varchar) = ?" for name in where)


def read_cell(engine: Engine, pin: Pin, column: str, keys: Mapping[str, str]) -> float | str | None:
    """One cell of the one row with these keys; None when there is none or more than one."""
    sql = f"select {quote(column)} as value from t{_conditions(keys)} limit 2"  # noqa: S608
    found = engine.query(sql, {"t": pin}, list(keys.values()))
    return _plain(found) if found.num_rows == 1 else None


def _plain(found: pa.Table) -> float | str | None:
    value = found.column("value")[0].as_py()
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date | datetime):
        return value.isoformat()
    return float(value) if isinstance(value, int | float) else None


def read_places(engine: Engine, pin: Pin, districts: Districts) -> dict[str, str]:
    """Code to name of all districts, in the order of the data."""
    code, name = quote(districts.code_column), quote(districts.name_column)
    sql = f"select cast({code} as varchar) as code, cast({name} as varchar) as name from t"  # noqa: S608
    return {row["code"]: row["name"] for row in engine.query(sql, {"t": pin}).to_pylist()}
