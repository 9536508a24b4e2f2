"""The instrument `forecast`: a series in, its next values with an interval out, or the reason why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from allmende.instruments.forecast.backtest import Fold, Tested, look_back
from allmende.model.dataset import Column
from allmende.model.finding import Finding, Quantity
from allmende.model.text import Text
from allmende.ports import Examined, Parameter, Role
from allmende.understand.series.grid import Grid, read_grid

_FEWEST_FOLDS = 2
_MOST_MISSING = 0.3

COLUMNS = (
    Column("kind", "text", Text("Art", "Kind"), required=True, values=("ahead", "backtest")),
    Column("origin", "datetime", Text("Stand", "Made from what was known at"), required=True),
    Column("time", "datetime", Text("Zeit", "Time"), required=True),
    Column("forecast", "number", Text("Vorhersage", "Forecast")),
    Column("low", "number", Text("Untergrenze", "Lower bound")),
    Column("high", "number", Text("Obergrenze", "Upper bound")),
    Column("actual", "number", Text("Eingetreten", "What came")),
    Column("naive", "number", Text("Einfacher Vergleich", "Naive forecast")),
)
ASSUMPTIONS = (
    Text(
        "Die nächste Zeit verläuft wie die letzten Wochen; Feiertage und Baustellen kennt die Vorhersage nicht.",
        "The time to come is like the last weeks; the forecast knows of no holidays or road works.",
    ),
)


class Forecast:
    """Mixes simple forecasts by what they were worth in hindsight; see method.md."""

    roles = (
        Role("time", ("datetime", "date"), Text("Zeit", "Time")),
        Role("value", ("number", "integer"), Text("Wert", "Value")),
    )
    parameters = (
        Parameter(
            "horizon",
            0,
            Text(
                "Schritte voraus; 0: eine Woche, bei Monaten ein Jahr",
                "Steps ahead; 0: a week, of months a year",
            ),
            0,
            2_000,
        ),
        Parameter("folds", 12, Text("Proben im Rückblick", "Back-tests"), 4, 60),
        Parameter("level", 0.8, Text("Anteil im Bereich", "Share inside the interval"), 0.5, 0.95),
        Parameter("zone", "UTC", Text("Zeitzone der Wochentage", "Time zone of the weekdays")),
    )
    verdicts: Mapping[str, Text] = {
        "forecast": Text("Vorhersage", "Forecast"),
        "withheld": Text("nicht besser als der einfache Vergleich", "No better than the naive forecast"),
        "too-short": Text("zu wenige Werte", "Too few values"),
        "too-many-gaps": Text("zu viele Lücken", "Too many gaps"),
        "constant": Text("immer derselbe Wert", "Always the same value"),
    }

    def examine(self, rows: pa.Table, columns: Mapping[str, str], settings: Mapping[str, Any]) -> Examined:
        """One finding, `forecast`, and the forecast with its back-tests as rows."""
        grid = read_grid(rows, columns["time"], columns["value"], str(settings["zone"]))
        horizon = int(settings["horizon"]) or grid.cycle
        verdict = _refused(grid, horizon)
        if verdict:
            return Examined(_table(grid, ()), COLUMNS, (_nothing(verdict, grid),))
        tested = look_back(grid, horizon, int(settings["folds"]), float(settings["level"]))
        if len(tested.judged) < _FEWEST_FOLDS:
            return Examined(_table(grid, ()), COLUMNS, (_nothing("too-short", grid),))
        finding = _finding(tested, float(settings["level"]))
        shown = [*tested.judged, *([tested.ahead] if finding.verdict == "forecast" else [])]
        return Examined(_table(grid, shown), COLUMNS, (finding,), carried=("actual", "naive"))


def _refused(grid: Grid, horizon: int) -> str:
    """Why nothing can be said about this series, or nothing."""
    known = grid.values[~np.isnan(grid.values)]
    if len(known) and (known == known[0]).all() and len(known) > 1:
        return "constant"
    if len(grid.values) < 2 * grid.cycle + 7 * horizon:
        return "too-short"
    return "too-many-gaps" if grid.share_missing > _MOST_MISSING else ""


def _nothing(verdict: str, grid: Grid) -> Finding:
    missing = Quantity("missing", Text("Lücken", "Gaps"), 100 * grid.share_missing, "%", 0)
    count = Quantity("count", Text("Werte", "Values"), float((~np.isnan(grid.values)).sum()), "1", 0)
    why = Forecast.verdicts[verdict]
    statement = Text(
        f"Keine Vorhersage: {why.de}. Es gibt {{count}} Werte, {{missing}} der Zeit fehlen.",
        f"No forecast: {why.en.lower()}. There are {{count}} values, {{missing}} of the time is missing.",
    )
    return Finding("forecast", verdict, statement, (missing, count))


def _finding(tested: Tested, level: float) -> Finding:
    error, naive = tested.error(), tested.error(of_naive=True)
    gain = 100 * (1 - error / naive) if naive > 0 else None
    quantities = (
        Quantity("error", Text("Mittlerer Fehler", "Mean absolute error"), error, "1", 1),
        Quantity("naive", Text("Fehler des einfachen Vergleichs", "Error of the naive forecast"), naive, "1", 1),
        Quantity("gain", Text("Besser als der einfache Vergleich", "Better than naive by"), gain, "%", 0),
        Quantity("coverage", Text("Anteil im Bereich", "Share inside the interval"), 100 * tested.coverage, "%", 0),
        Quantity("folds", Text("Proben", "Back-tests"), float(len(tested.judged)), "1", 0),
    )  # fmt: skip
    verdict = "forecast" if error < naive else "withheld"
    return Finding("forecast", verdict, _STATEMENTS[verdict], quantities, ASSUMPTIONS, level, tested.tried)


_PROOF = Text(
    "In {folds} Proben im Rückblick lag die Vorhersage im Mittel um {error} daneben, der einfache Vergleich (wie im "
    "letzten Zyklus) um {naive}; {coverage} der Werte lagen im angegebenen Bereich.",
    "In {folds} back-tests the forecast was off by {error} on average, the naive one (as in the last cycle) by "
    "{naive}; {coverage} of the values came to lie inside the interval.",
)
_STATEMENTS = {
    "forecast": Text(f"Die Vorhersage ist um {{gain}} genauer als der einfache Vergleich. {_PROOF.de}",
                     f"The forecast is {{gain}} more exact than the naive one. {_PROOF.en}"),
    "withheld": Text(f"Keine Vorhersage: Sie wäre nicht besser als der einfache Vergleich. {_PROOF.de}",
                     f"No forecast: it would be no better than the naive one. {_PROOF.en}"),
}  # fmt: skip


def _table(grid: Grid, folds: Sequence[Fold]) -> pa.Table:
    """Every step of every fold as a row; the last fold without values that came is the forecast."""
    parts = [_rows(grid, fold) for fold in folds]
    names = [column.name for column in COLUMNS]
    if not parts:
        return pa.table({name: pa.nulls(0, _ARROW[name]) for name in names})
    return pa.concat_tables(parts).select(names)


_TIME = pa.timestamp("us", "UTC")
_ARROW: dict[str, Any] = {"kind": pa.string(), "origin": _TIME, "time": _TIME} | dict.fromkeys(
    ("forecast", "low", "high", "actual", "naive"), pa.float64()
)


def _rows(grid: Grid, fold: Fold) -> pa.Table:
    count = len(fold.forecast)
    times = grid.times(fold.origin, fold.origin + count).astype("datetime64[us]")
    origin = grid.times(fold.origin - 1, fold.origin).astype("datetime64[us]")
    is_past = len(fold.actual) == count
    low, high = fold.low, fold.high
    numbers = {
        "forecast": fold.forecast, "low": low, "high": high, "naive": fold.naive,
        "actual": fold.actual if is_past else np.full(count, np.nan),
    }  # fmt: skip
    made = {
        name: pa.array(values, from_pandas=True) for name, values in numbers.items() if values is not None
    }
    made["kind"] = pa.array(["backtest" if is_past else "ahead"] * count)
    made["origin"] = pa.array(np.repeat(origin, count)).cast(_TIME)
    made["time"] = pa.array(times).cast(_TIME)
    return pa.table({name: made.get(name, pa.nulls(count, kind)) for name, kind in _ARROW.items()})
