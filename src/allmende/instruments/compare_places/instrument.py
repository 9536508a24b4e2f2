"""The instrument `compare_places`: counts and bases by place in, rates that can be compared out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from allmende.errors import RecipeInvalid
from allmende.instruments.compare_places.rates import Values, byar, differs, discoveries, shrunk, wilson
from allmende.model.dataset import Column
from allmende.model.finding import Finding, Quantity
from allmende.model.text import Text
from allmende.ports import Examined, Parameter, Role

_FEWEST_PLACES = 3
COLUMNS = (
    Column("place", "text", Text("Ort", "Place"), required=True),
    Column("count", "number", Text("Fälle", "Cases"), unit="1"),
    Column("base", "number", Text("bezogen auf", "Out of"), unit="1"),
    Column("rate", "number", Text("Rate", "Rate")),
    Column("low", "number", Text("Untergrenze", "Lower bound")),
    Column("high", "number", Text("Obergrenze", "Upper bound")),
    Column("shrunk", "number", Text("Rate, vorsichtig geschätzt", "Rate, cautious estimate")),
    Column("compared", "text", Text("Vergleich mit der übrigen Stadt", "Compared with the rest of the city"),
           values=("higher", "lower", "same", "unknown")),
)  # fmt: skip
ASSUMPTIONS = (
    Text("Die Fälle sind voneinander unabhängig.", "The cases do not depend on each other."),
    Text("Alter und andere Unterschiede der Menschen sind nicht herausgerechnet.",
         "Age and other differences between people are not taken out."),
)  # fmt: skip


class ComparePlaces:
    """Rates with intervals; only what is more than chance is called a difference. See method.md."""

    roles = (
        Role("place", ("text", "integer"), Text("Ort", "Place")),
        Role("count", ("integer", "number"), Text("Fälle", "Cases")),
        Role(
            "base", ("integer", "number"), Text("worauf sich die Fälle beziehen", "What the cases are out of")
        ),
    )
    parameters = (
        Parameter("kind", "share", Text("Anteil oder Häufigkeit", "Share or frequency"), choices=("share", "frequency")),
        Parameter("per", 100.0, Text("je so viele", "Per so many"), 1, 1_000_000),
        Parameter("level", 0.95, Text("Sicherheit des Bereichs", "Level of the interval"), 0.5, 0.999),
        Parameter("fewest", 30.0, Text("kleinste Bezugsgröße, die verglichen wird", "Smallest base that is compared"), 1),
        Parameter("false_share", 0.05, Text("Anteil falscher Funde, höchstens", "Share of false finds at most"), 0.001, 0.5),
    )  # fmt: skip
    verdicts: Mapping[str, Text] = {
        "differences": Text("es gibt Unterschiede", "There are differences"),
        "no-differences": Text("keine Unterschiede über den Zufall hinaus", "No differences beyond chance"),
        "too-few": Text("zu wenige Orte oder Fälle", "Too few places or cases"),
    }

    def examine(self, rows: pa.Table, columns: Mapping[str, str], settings: Mapping[str, Any]) -> Examined:
        """One finding, `places`, and a row for each place, largest cautious estimate first."""
        places, counts, bases = _read(rows, columns, binomial=settings["kind"] == "share")
        judged = ~np.isnan(counts) & (bases >= float(settings["fewest"]))
        table = _rated(places, counts, bases, judged, settings)
        finding = _finding(table, counts[judged], bases[judged], settings)
        return Examined(
            table.sort_by([("shrunk", "descending"), ("place", "ascending")]),
            COLUMNS,
            (finding,),
            ("count", "base"),
        )


def _read(rows: pa.Table, columns: Mapping[str, str], binomial: bool) -> tuple[list[str], Values, Values]:
    """Places, counts and bases; unknown ones are NaN. RecipeInvalid for what cannot be."""
    known = rows.filter(pc.is_valid(rows.column(columns["place"])))
    places = [str(one) for one in known.column(columns["place"]).to_pylist()]
    if len(set(places)) < len(places):
        twice = next(one for one in places if places.count(one) > 1)
        raise RecipeInvalid(f"the place {twice!r} comes twice", hint="Group by place in the recipe.")
    counts, bases = (
        known.column(columns[role]).cast(pa.float64()).to_numpy(zero_copy_only=False).astype(np.float64)
        for role in ("count", "base")
    )
    bases = np.where(np.isfinite(bases), bases, np.nan)
    counts = np.where(np.isfinite(counts), counts, np.nan)
    if (bases < 0).any() or (counts < 0).any():
        raise RecipeInvalid("a count or base is below 0", hint="Look at what the recipe subtracts.")
    if binomial and (counts > bases).any():
        place = places[int(np.flatnonzero(counts > bases)[0])]
        raise RecipeInvalid(
            f"in {place!r} there are more cases than they are out of",
            hint='A share is of something: take another base, or kind = "frequency".',
        )
    return places, counts, bases


def _rated(
    places: list[str], counts: Values, bases: Values, judged: Any, settings: Mapping[str, Any]
) -> pa.Table:
    binomial, per = settings["kind"] == "share", float(settings["per"])
    empty = np.full(len(places), np.nan)
    rate, low, high, cautious = empty.copy(), empty.copy(), empty.copy(), empty.copy()
    compared = np.full(len(places), "unknown", dtype=object)
    if judged.any() and bases[judged].sum() > 0:
        n, base = counts[judged], bases[judged]
        rate[judged] = n / base
        low[judged], high[judged] = (wilson if binomial else byar)(n, base, float(settings["level"]))
        cautious[judged] = shrunk(n, base)[0]
        found = discoveries(differs(n, base, binomial), float(settings["false_share"]))
        above = n / base > (n.sum() - n) / np.maximum(base.sum() - base, 1e-300)
        compared[judged] = np.where(found, np.where(above, "higher", "lower"), "same")
    numbers = {"rate": rate * per, "low": low * per, "high": high * per, "shrunk": cautious * per}
    return pa.table(
        {
            "place": places,
            "count": pa.array(counts, from_pandas=True),
            "base": pa.array(bases, from_pandas=True),
        }
        | {name: pa.array(values, from_pandas=True) for name, values in numbers.items()}
        | {"compared": pa.array(list(compared), pa.string())}
    )


def _finding(table: pa.Table, counts: Values, bases: Values, settings: Mapping[str, Any]) -> Finding:
    compared = table.column("compared").to_pylist()
    higher, lower = compared.count("higher"), compared.count("lower")
    unknown, total = compared.count("unknown"), float(counts.sum())
    rate = float(settings["per"]) * total / float(bases.sum()) if bases.sum() else None
    if len(counts) < _FEWEST_PLACES or total == 0:
        verdict = "too-few"
    else:
        verdict = "differences" if higher + lower else "no-differences"
    quantities = (
        Quantity("places", Text("Orte im Vergleich", "Places compared"), float(len(counts)), "1", 0),
        Quantity("unknown", Text("Orte ohne Vergleich", "Places not compared"), float(unknown), "1", 0),
        Quantity("higher", Text("höher als die übrige Stadt", "Higher than the rest"), float(higher), "1", 0),
        Quantity(
            "lower", Text("niedriger als die übrige Stadt", "Lower than the rest"), float(lower), "1", 0
        ),
        Quantity("rate", Text("Rate aller Orte zusammen", "Rate of all places together"), rate, "1", 1),
    )
    return Finding(
        "places",
        verdict,
        _STATEMENTS[verdict],
        quantities,
        ASSUMPTIONS,
        float(settings["level"]),
        len(counts),
    )


_REST = Text(
    "Zusammen liegt die Rate bei {rate}. Für {unknown} Orte ist zu wenig bekannt.",
    "Together the rate is {rate}. Too little is known of {unknown} places.",
)
_STATEMENTS = {
    "differences": Text(
        "Von {places} Orten liegen {higher} deutlich über und {lower} deutlich unter der übrigen Stadt; die anderen "
        f"lassen sich nicht unterscheiden und haben keine Rangfolge. {_REST.de}",
        "Of {places} places {higher} are clearly above and {lower} clearly below the rest of the city; the others "
        f"cannot be told apart and have no order. {_REST.en}"),
    "no-differences": Text(
        "Die {places} Orte unterscheiden sich nicht mehr, als der Zufall erklärt ({higher} höher, {lower} niedriger). "
        f"Eine Rangfolge wäre falsch. {_REST.de}",
        "The {places} places differ no more than chance explains ({higher} higher, {lower} lower). A ranking would "
        f"be wrong. {_REST.en}"),
    "too-few": Text(
        "Kein Vergleich: Nur {places} Orte haben genug Fälle ({higher} höher, {lower} niedriger). " + _REST.de,
        "No comparison: only {places} places have enough cases ({higher} higher, {lower} lower). " + _REST.en),
}  # fmt: skip
