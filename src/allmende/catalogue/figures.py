"""Figures: from an address to a number and back. No access is decided here.

Only `share/reads` and `understand` may ask; they decide who may see the answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from allmende.catalogue.access import Accesses
from allmende.catalogue.cells import read_cell, read_places, read_values
from allmende.catalogue.definition import definition_hash, definition_text, read_definition
from allmende.catalogue.judgement import judge
from allmende.catalogue.trust import Trusts, older_than, worst
from allmende.errors import NotFound, RecipeInvalid
from allmende.model.access import strictest
from allmende.model.city import City
from allmende.model.dataset import DatasetVersion, Pin
from allmende.model.figure import Figure, FigureId, Operation
from allmende.model.knowledge import Indicator, IndicatorValue, Judgement, Trust
from allmende.model.observed import as_trust, state_column
from allmende.model.text import Text
from allmende.ports import Clock, Engine, Store

PERCENT = Text("%", "%")
ROWS = Text("Zeilen", "rows")
MISSING = Text("Für diese Auswahl gibt es keinen Wert.", "There is no value for this selection.")
NO_BASE = Text("Der Vergleichswert ist null oder fehlt.", "The value to compare with is zero or missing.")
_CACHED = 256


@dataclass(frozen=True)
class _Values:
    """What was read of one version: all values by period and place, and the newest period with a value."""

    values: tuple[IndicatorValue, ...]
    newest: str | None


class Figures:
    """Resolves figures of one city. Values of a version are read once; versions never change."""

    def __init__(self, city: City, store: Store, engine: Engine, clock: Clock) -> None:
        self._city = city
        self._store = store
        self._engine = engine
        self._clock = clock
        self._accesses = Accesses(city)
        self._trusts = Trusts(city, store, clock)
        self._values: dict[tuple[str, Pin], _Values] = {}
        self._hashes = {name: definition_hash(found) for name, found in city.indicators.items()}
        self._places: tuple[Pin | None, dict[str, str]] = (None, {})

    # --- from an address to a number ---

    def resolve(self, figure: FigureId) -> Figure:
        """The figure at an address. NotFound when what it names does not exist; a missing value is None."""
        self._trusts.refresh()
        if figure.operation == "rows":
            return self._rows(figure)
        if figure.operation == "cell":
            return self._cell(figure)
        if figure.operation == "finding":
            return self._finding(figure)
        return self._of_indicator(figure)

    def _rows(self, figure: FigureId) -> Figure:
        version = self._version(Pin(figure.subject, figure.version))
        made = self._blank(
            figure, version, Text(f"Zeilen von {version.dataset}", f"Rows of {version.dataset}")
        )
        return replace(made, value=float(version.rows), unit=ROWS, unit_code="1")

    def _cell(self, figure: FigureId) -> Figure:
        version = self._version(Pin(figure.subject, figure.version))
        name = figure.get("column") or ""
        column = next((c for c in version.columns if c.name == name), None)
        if column is None:
            raise NotFound("this dataset has no such column", where=f"{version.pin} {name}")
        keys = {k.removeprefix("key."): v for k, v in figure.cell if k.startswith("key.")}
        if not set(keys) <= {c.name for c in version.columns}:
            raise NotFound("this dataset has no such key column", where=str(version.pin))
        value = read_cell(self._engine, version.pin, name, keys)
        made = self._blank(figure, version, column.title if column.title != Text() else Text(name, name))
        decimals = 0 if isinstance(value, float) and value.is_integer() else 2
        unit = Text(column.unit, column.unit)
        return replace(
            made,
            trust=worst([made.trust, self._row_trust(version, keys)]),
            value=value,
            unit=unit,
            unit_code=column.unit,
            decimals=decimals,
            note=MISSING if value is None else Text(),
        )

    def _finding(self, figure: FigureId) -> Figure:
        version = self._version(Pin(figure.subject, figure.version))
        found = next((one for one in version.findings if one.key == figure.get("key")), None)
        number = found.quantity(figure.get("number") or "") if found else None
        if number is None:
            raise NotFound("no finding of this version speaks of such a number", where=str(version.pin))
        made = self._blank(figure, version, number.title)
        return replace(
            made, value=number.value, unit=Text(number.unit, number.unit), unit_code=number.unit,
            decimals=number.decimals, low=number.low, high=number.high,
            note=MISSING if number.value is None else Text(),
        )  # fmt: skip

    def _row_trust(self, version: DatasetVersion, keys: Mapping[str, str]) -> Trust:
        """What the row says of itself; ok when the version has no column for it."""
        name = state_column(version.columns)
        return as_trust(read_cell(self._engine, version.pin, name, keys)) if name else "ok"

    def _of_indicator(self, figure: FigureId) -> Figure:
        indicator = self._indicator(figure)
        version = self._version(Pin(indicator.dataset, figure.version))
        values = self._read(indicator, version.pin).values
        place = figure.get("place")
        found = _find(values, figure.get("period"), place or _city_place(indicator))
        made = self._dress(indicator, version, figure, found, place)
        if figure.operation == "value":
            return made
        base = _find(values, figure.get("since"), place or _city_place(indicator))
        return _compare(made, figure.operation, base)

    def _indicator(self, figure: FigureId) -> Indicator:
        current = self._city.indicators.get(figure.subject)
        if current is not None and figure.definition in ("", self._hashes[current.id]):
            return current
        return read_definition(self._store.definition(figure.definition), figure.definition)

    def _version(self, pin: Pin) -> DatasetVersion:
        return self._store.version(pin)

    def _blank(self, figure: FigureId, version: DatasetVersion, title: Text) -> Figure:
        access = strictest([version.access, self._accesses.dataset(version.dataset)])
        return Figure(
            id=figure, value=None, title=title, pin=version.pin, access=access, trust=self._trusts.of(version.pin),
            licences=version.licences, attributions=version.attributions,
        )  # fmt: skip

    def _dress(
        self,
        indicator: Indicator,
        version: DatasetVersion,
        figure: FigureId,
        found: IndicatorValue | None,
        place: str | None,
    ) -> Figure:
        made = self._blank(figure, version, indicator.title)
        made = replace(
            made, unit=indicator.unit, unit_code=indicator.unit_code, decimals=indicator.decimals,
            place_code=place, place=self.place_name(place) if place else self._city.name.of("de"),
            access=strictest([made.access, self._accesses.indicator(indicator.id)]) if indicator.id in self._city.indicators else made.access,
        )  # fmt: skip
        if found is None or found.value is None:
            return replace(made, trust="unknown", note=MISSING, period=figure.get("period"))
        states = [made.trust, found.trust]
        if self._is_newest(indicator, version, found) and older_than(
            found.period or "", indicator.stale_after_days, self._clock.now()
        ):
            states.append("stale")
        return replace(
            made, value=found.value, period=found.period, low=found.low, high=found.high,
            coverage=found.coverage, trust=worst(states),
        )  # fmt: skip

    def _is_newest(self, indicator: Indicator, version: DatasetVersion, found: IndicatorValue) -> bool:
        return found.period is not None and found.period == self._read(indicator, version.pin).newest

    # --- from an indicator to its figures ---

    def values(self, indicator_id: str, version: int | None = None) -> tuple[IndicatorValue, ...]:
        """All values of an indicator by period and place; of its newest version unless told. Empty when none."""
        indicator = self._city.indicators[indicator_id]
        pin = self.pin(indicator.dataset) if version is None else Pin(indicator.dataset, version)
        return self._read(indicator, pin).values if pin else ()

    def latest(self, indicator_id: str, place: str | None = None) -> Figure | None:
        """The newest known value of the whole city or of a place, or None."""
        known = [v for v in self._of_place(indicator_id, place) if v.value is not None]
        return self._figures(indicator_id, [(known[-1], place)])[0] if known else None

    def series(self, indicator_id: str, place: str | None = None) -> tuple[Figure, ...]:
        """Figures by period, oldest first; gaps have value None."""
        return self._figures(indicator_id, [(value, place) for value in self._of_place(indicator_id, place)])

    def by_place(self, indicator_id: str, period: str | None = None) -> tuple[Figure, ...]:
        """Figures of all places (not of the whole city) in one period, the newest with values unless told."""
        indicator = self._city.indicators[indicator_id]
        values = [v for v in self.values(indicator_id) if v.place not in (None, indicator.city_place or None)]
        if period is None and indicator.period_column:
            period = next((v.period for v in reversed(values) if v.value is not None), None)
        chosen = [v for v in values if v.period == period or not indicator.period_column]
        return self._figures(indicator_id, [(value, value.place) for value in chosen])

    def judge(self, indicator_id: str) -> Judgement:
        """Whether the city is on course with this indicator."""
        indicator = self._city.indicators[indicator_id]
        known = [(v.period or "", v.value) for v in self._of_place(indicator_id, None) if v.value is not None]
        latest = self.latest(indicator_id)
        return judge(indicator.target, indicator.direction, known, latest.trust if latest else "unknown")

    def compared(
        self,
        operation: Operation,
        indicator_id: str,
        since: str,
        period: str | None = None,
        place: str | None = None,
    ) -> Figure:
        """The change of an indicator since a period. RecipeInvalid when it has no values at all."""
        indicator = self._city.indicators[indicator_id]
        pin, newest = self.pin(indicator.dataset), self.latest(indicator_id, place)
        if pin is None or newest is None:
            raise RecipeInvalid("this indicator has no value yet", where=indicator_id)
        cell = {"period": period or newest.period, "since": since, "place": place}
        return self.resolve(
            FigureId.of(
                operation, indicator_id, pin.version, definition=self._hashes[indicator.id], cell=cell
            )
        )

    def keep_definitions(self) -> None:
        """Remember all present definitions in the store; called when something is published."""
        for indicator in self._city.indicators.values():
            self._store.keep_definition(definition_hash(indicator), definition_text(indicator))

    def pin(self, dataset: str) -> Pin | None:
        """The newest version of a dataset, or None."""
        self._trusts.refresh()
        version = self._trusts.latest().get(dataset)
        return version.pin if version else None

    def place_name(self, code: str) -> str:
        """The name of a district by its code; other codes stay as they are."""
        return self.place_names().get(code, code)

    def place_names(self) -> dict[str, str]:
        """All districts: code to name, as in the newest version."""
        districts = self._city.districts
        pin = self.pin(districts.dataset) if districts else None
        if districts and pin and self._places[0] != pin:
            self._places = (pin, read_places(self._engine, pin, districts))
        return self._places[1]

    def _of_place(self, indicator_id: str, place: str | None) -> list[IndicatorValue]:
        wanted = place or _city_place(self._city.indicators[indicator_id])
        return [v for v in self.values(indicator_id) if v.place == wanted]

    def _figures(
        self, indicator_id: str, values: Sequence[tuple[IndicatorValue, str | None]]
    ) -> tuple[Figure, ...]:
        """Values (each with its place, None for the city) of the newest version as figures."""
        indicator = self._city.indicators[indicator_id]
        version = self._trusts.latest().get(indicator.dataset)
        if version is None:
            return ()
        return tuple(self._figure(indicator, version, value, place) for value, place in values)

    def _figure(
        self, indicator: Indicator, version: DatasetVersion, value: IndicatorValue, place: str | None
    ) -> Figure:
        cell = {"period": value.period, "place": place}
        figure = FigureId.of(
            "value", indicator.id, version.number, definition=self._hashes[indicator.id], cell=cell
        )
        return self._dress(indicator, version, figure, value, place)

    def _read(self, indicator: Indicator, pin: Pin) -> _Values:
        current = self._city.indicators.get(indicator.id)
        key = (self._hashes[indicator.id] if indicator is current else definition_hash(indicator), pin)
        if key not in self._values:
            if len(self._values) >= _CACHED:
                self._values.clear()
            state = state_column(self._version(pin).columns)
            values = read_values(self._engine, indicator, pin, state)
            newest = next((v.period for v in reversed(values) if v.value is not None), None)
            self._values[key] = _Values(values, newest)
        return self._values[key]


def _city_place(indicator: Indicator) -> str | None:
    """What stands in the place column for the whole city; a text no row has when there is no such row."""
    if not indicator.place_column:
        return None
    return indicator.city_place or "\0"


def _find(values: Sequence[IndicatorValue], period: str | None, place: str | None) -> IndicatorValue | None:
    return next((v for v in values if v.place == place and (v.period == period)), None)


def _compare(made: Figure, operation: Operation, base: IndicatorValue | None) -> Figure:
    """The change of a figure against an older value; what cannot be computed is None with a note."""
    plain = replace(made, low=None, high=None)
    if base is None or base.value is None or not isinstance(made.value, float):
        return replace(plain, value=None, trust="unknown", note=NO_BASE)
    trust = worst([made.trust, base.trust])
    if operation == "difference":
        return replace(plain, value=made.value - base.value, trust=trust)
    if base.value == 0:
        return replace(plain, value=None, trust="unknown", note=NO_BASE)
    change = (made.value - base.value) / abs(base.value) * 100
    return replace(plain, value=change, unit=PERCENT, unit_code="%", decimals=1, trust=trust)
