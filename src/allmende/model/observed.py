"""The columns of a dataset that is made from observations: the same for every city."""

from __future__ import annotations

from typing import get_args

from allmende.model.dataset import Column
from allmende.model.knowledge import Trust
from allmende.model.text import Text
from allmende.model.watched import Every

TRUSTS: tuple[str, ...] = get_args(Trust)
"""A column whose allowed values are exactly these says of each row how far it can be trusted."""


def state_column(columns: tuple[Column, ...]) -> str:
    """The name of the column that says how far each row can be trusted; empty when there is none."""
    return next((c.name for c in columns if c.type == "text" and set(c.values) == set(TRUSTS)), "")


def as_trust(said: object) -> Trust:
    """What a row says of itself; ok when it says nothing that we know."""
    return next((trust for trust in get_args(Trust) if trust == said), "ok")


def observed_columns(every: Every, unit: str = "") -> tuple[Column, ...]:
    """One row per datastream and period of the city's time; `unit` is that of the values."""
    period = Column(
        "period", "date" if every == "day" else "datetime", Text("Zeitraum", "Period"), required=True
    )
    return (
        Column("series", "text", Text("Messreihe", "Datastream"), required=True),
        Column("thing", "text", Text("Messstelle", "Thing"), required=True),
        Column("name", "text", Text("Name", "Name")),
        Column("property", "text", Text("Messgröße", "Observed property")),
        period,
        Column("value", "number", Text("Mittelwert", "Mean"), _MEAN, unit),
        Column("minimum", "number", Text("kleinster Wert", "Smallest value"), unit=unit),
        Column("maximum", "number", Text("größter Wert", "Largest value"), unit=unit),
        Column("credible", "integer", Text("glaubhafte Werte", "Credible values"), unit="1"),
        Column("doubted", "integer", Text("zweifelhafte Werte", "Doubted values"), _DOUBTED, "1"),
        Column("coverage", "number", Text("Abdeckung", "Coverage"), _COVERAGE),
        Column("state", "text", Text("Zustand", "State"), _STATE, values=TRUSTS),
        Column("geometry", "geometry", Text("Ort", "Place")),
    )


_MEAN = Text(
    "Mittel der glaubhaften Werte; leer, wenn es keine gibt.", "Mean of the credible values; empty if none."
)
_DOUBTED = Text(
    "Werte, an denen eine Regel zweifelt; sie gehen nicht in das Mittel ein.",
    "Values that a rule doubts; they are not part of the mean.",
)
_COVERAGE = Text(
    "Anteil der Werte, die nach der Gewohnheit dieser Messreihe zu erwarten waren, von 0 bis 1.",
    "Share of the values that were to be expected by this datastream's habit, from 0 to 1.",
)
_STATE = Text(
    "Wie weit dem Wert zu trauen ist: ok, incomplete, stale, suspect, unknown.",
    "How far the value can be trusted: ok, incomplete, stale, suspect, unknown.",
)
