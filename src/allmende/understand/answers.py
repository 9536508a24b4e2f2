"""What the calls of a story become: numbers with their figures, charts, maps and tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from allmende.catalogue.cells import quote
from allmende.catalogue.figures import Figures
from allmende.catalogue.story_calls import Call
from allmende.catalogue.wording import word_figure, word_number, word_period, word_periods
from allmende.errors import RecipeInvalid
from allmende.model.city import City
from allmende.model.dataset import Dataset, Pin
from allmende.model.document import Area, Block, ChartBlock, MapBlock, Point, Series, Span, TableBlock
from allmende.model.figure import Figure, FigureId
from allmende.model.knowledge import Indicator
from allmende.model.text import Language
from allmende.ports import Engine
from allmende.understand.tables import word_value

MOST_POINTS = 2_000
MOST_ROWS = 200
_TARGET = {"de": "Ziel", "en": "Target"}


class StoryAnswers:
    """Answers the calls of one story in one language; remembers which versions and columns it used."""

    def __init__(self, city: City, figures: Figures, engine: Engine, language: Language) -> None:
        self._city = city
        self._figures = figures
        self._engine = engine
        self._language = language
        self.used: list[Figure] = []
        self.pins: dict[Pin, None] = {}
        self.columns: dict[tuple[str, str], None] = {}

    # --- in running text ---

    def inline(self, call: Call) -> Sequence[Span]:
        """The spans of a call in running text. RecipeInvalid when there is nothing to show."""
        answer = {
            "value": self._value, "place": self._place, "change": self._change, "difference": self._change,
            "period": self._period, "rows": self._rows, "cell": self._cell,
        }[call.name]  # fmt: skip
        return [answer(call)]

    def _value(self, call: Call) -> Span:
        figure = self._ranked(call) if "rank" in call.arguments else self._one(call)
        return self._span(
            figure, word_figure(figure, self._language, unit=bool(call.arguments.get("unit", True)))
        )

    def _place(self, call: Call) -> Span:
        figure = self._ranked(call)
        return self._span(figure, figure.place or "")

    def _change(self, call: Call) -> Span:
        since = call.text("since")
        if since is None:
            raise RecipeInvalid(f"{call.name}() needs since=", hint='Write for example since="2006".')
        operation: Literal["change", "difference"] = "change" if call.name == "change" else "difference"
        figure = self._figures.compared(
            operation, self._indicator(call).id, since, call.text("period"), call.text("place")
        )
        return self._span(
            figure, word_figure(figure, self._language, unit=bool(call.arguments.get("unit", True)))
        )

    def _period(self, call: Call) -> Span:
        figure = self._latest(self._indicator(call), call.text("place"))
        return self._span(figure, word_period(figure.period, self._language))

    def _rows(self, call: Call) -> Span:
        figure = self._figures.resolve(FigureId.of("rows", *self._pinned(call)))
        return self._span(
            figure, word_figure(figure, self._language, unit=bool(call.arguments.get("unit", False)))
        )

    def _cell(self, call: Call) -> Span:
        cell = {"column": str(call.arguments["column"])} | {f"key.{k}": v for k, v in call.keys.items()}
        dataset, _ = self._dataset(call)
        self.columns |= dict.fromkeys((dataset.id, name) for name in [cell["column"], *call.keys])
        figure = self._figures.resolve(FigureId.of("cell", *self._pinned(call), cell=cell))
        return self._span(figure, word_figure(figure, self._language))

    def _one(self, call: Call) -> Figure:
        indicator, place, period = self._indicator(call), call.text("place"), call.text("period")
        if period is None:
            return self._latest(indicator, place)
        found = next((f for f in self._figures.series(indicator.id, place) if f.period == period), None)
        if found is None:
            raise RecipeInvalid(
                f"{indicator.id} has no value for {period}", hint="Look at /ziele for its periods."
            )
        return found

    def _latest(self, indicator: Indicator, place: str | None) -> Figure:
        figure = self._figures.latest(indicator.id, place)
        if figure is None:
            raise RecipeInvalid(
                f"{indicator.id} has no value yet" + (f" for place {place}" if place else ""),
                where=indicator.id,
            )
        return figure

    def _ranked(self, call: Call) -> Figure:
        indicator = self._indicator(call)
        known = [
            f for f in self._figures.by_place(indicator.id, call.text("period")) if isinstance(f.value, float)
        ]
        ordered = sorted(known, key=lambda f: (-float(f.value or 0), f.place or ""))
        rank = int(call.arguments.get("rank", 1))
        try:
            return ordered[rank - 1 if rank > 0 else rank]
        except IndexError:
            raise RecipeInvalid(f"{indicator.id} has no place number {rank}", where=indicator.id) from None

    # --- on a line of their own ---

    def block(self, call: Call) -> Block:
        """The chart, map or table of a call."""
        if call.name == "map":
            return self._map(call)
        return self._chart(call) if call.name == "chart" else self._table(call)

    def _chart(self, call: Call) -> ChartBlock:
        indicators = [self._known(name) for name in call.indicators]
        if not indicators:
            raise RecipeInvalid("chart() needs at least one indicator")
        form: Literal["line", "bar"] = "bar" if call.arguments.get("form") == "bar" else "line"
        series = self._bars(call, indicators) if form == "bar" else self._lines(call, indicators)
        first = indicators[0]
        target = first.target if form == "line" and not call.arguments.get("places") else None
        label = f"{_TARGET[self._language]} {target.by}" if target and target.by else _TARGET[self._language]
        return ChartBlock(
            form=form, title=call.text("title") or first.title.of(self._language), unit=first.unit.of(self._language),
            series=series, indicator=first.id, decimals=first.decimals, target=target.value if target else None,
            target_label=f"{label}: {word_number(target.value, first.decimals, self._language)}" if target else "",
            note=call.text("note") or "",
        )  # fmt: skip

    def _lines(self, call: Call, indicators: Sequence[Indicator]) -> tuple[Series, ...]:
        places = call.arguments.get("places") or (None,)
        wanted = [
            (i, place) for i in indicators for place in ([places] if isinstance(places, str) else places)
        ]
        since, until = call.text("since") or "", call.text("until") or "\uffff"
        found = []
        for indicator, place in wanted:
            figures = [
                f for f in self._figures.series(indicator.id, place) if since <= (f.period or "") <= until
            ]
            shown = figures[-MOST_POINTS:]
            labels = word_periods([f.period for f in shown], self._language)
            name = self._figures.place_name(place) if place else indicator.title.of(self._language)
            found.append(
                Series(name, tuple(self._point(f, label) for f, label in zip(shown, labels, strict=True)))
            )
        return tuple(found)

    def _bars(self, call: Call, indicators: Sequence[Indicator]) -> tuple[Series, ...]:
        found = []
        for indicator in indicators:
            known = [
                f
                for f in self._figures.by_place(indicator.id, call.text("period"))
                if isinstance(f.value, float)
            ]
            known.sort(key=lambda f: (-float(f.value or 0), f.place or ""))
            shown = known[: int(call.arguments.get("limit", 60))]
            found.append(
                Series(
                    indicator.title.of(self._language), tuple(self._point(f, f.place or "") for f in shown)
                )
            )
        return tuple(found)

    def _point(self, figure: Figure, label: str) -> Point:
        self._use(figure)
        value = figure.value if isinstance(figure.value, float) else None
        text = word_figure(figure, self._language, unit=False)
        return Point(label, value, str(figure.id), text, figure.low, figure.high, figure.trust)

    def _map(self, call: Call) -> MapBlock:
        indicator = self._indicator(call)
        figures = {f.place_code: f for f in self._figures.by_place(indicator.id, call.text("period"))}
        areas = tuple(
            self._area(code, name, figures.get(code)) for code, name in self._figures.place_names().items()
        )
        return MapBlock(
            title=call.text("title") or indicator.title.of(self._language), unit=indicator.unit.of(self._language),
            indicator=indicator.id, areas=areas, decimals=indicator.decimals, note=call.text("note") or "",
        )  # fmt: skip

    def _area(self, code: str, name: str, figure: Figure | None) -> Area:
        if figure is None:
            return Area(code, name, None, "", word_number(None, 0, self._language), "unknown")
        self._use(figure)
        value = figure.value if isinstance(figure.value, float) else None
        return Area(
            code, name, value, str(figure.id), word_figure(figure, self._language, unit=False), figure.trust
        )

    def _table(self, call: Call) -> TableBlock:
        dataset, pin = self._dataset(call)
        names = [
            str(name)
            for name in call.arguments.get("columns")
            or [c.name for c in dataset.columns if c.type != "geometry"]
        ]
        columns = [column for name in names if (column := dataset.column(name))]
        if len(columns) != len(names):
            raise RecipeInvalid(f"{dataset.id} lacks one of the columns {', '.join(names)}")
        self.columns |= dict.fromkeys(
            (dataset.id, name) for name in [*names, *filter(None, [call.text("sort")])]
        )
        sort, limit = call.text("sort"), min(MOST_ROWS, int(call.arguments.get("limit", 10)))
        if sort and dataset.column(sort) is None:
            raise RecipeInvalid(f"{dataset.id} has no column {sort} to sort by")
        down = " desc" if call.arguments.get("descending") else ""
        order = f" order by {quote(sort)}{down} nulls last" if sort else ""
        sql = f"select {', '.join(quote(name) for name in names)} from t{order} limit {limit}"  # noqa: S608
        self.pins[pin] = None
        rows = self._engine.query(sql, {"t": pin}).to_pylist()
        key = [name for name in dataset.key if name in names]
        cells = tuple(
            tuple(
                (word_value(row[c.name], c, self._language, self._cell_id(pin, c.name, key, row)),)
                for c in columns
            )
            for row in rows
        )
        header = tuple(column.title.of(self._language) or column.name for column in columns)
        numeric = tuple(n for n, column in enumerate(columns) if column.type in ("integer", "number"))
        return TableBlock(call.text("title") or dataset.title.of(self._language), header, cells, numeric)

    def _cell_id(self, pin: Pin, column: str, key: Sequence[str], row: dict[str, object]) -> str:
        """The figure of a cell; only rows whose key is shown can be addressed."""
        if not key or any(row[name] is None for name in key):
            return ""
        cell = {"column": column} | {f"key.{name}": _key_text(row[name]) for name in key}
        return str(FigureId.of("cell", pin.dataset, pin.version, cell=cell))

    # --- shared ---

    def _indicator(self, call: Call) -> Indicator:
        return self._known(call.indicators[0])

    def _known(self, name: str) -> Indicator:
        if name not in self._city.indicators:
            raise RecipeInvalid(f"there is no indicator {name!r}")
        return self._city.indicators[name]

    def _dataset(self, call: Call) -> tuple[Dataset, Pin]:
        name = str(call.arguments["dataset"])
        pin = self._figures.pin(name)
        if name not in self._city.datasets or pin is None:
            raise RecipeInvalid(f"there is no dataset {name!r}, or it has no version yet")
        return self._city.datasets[name], pin

    def _pinned(self, call: Call) -> tuple[str, int]:
        _, pin = self._dataset(call)
        return pin.dataset, pin.version

    def _span(self, figure: Figure, text: str) -> Span:
        self._use(figure)
        return Span(text, figure=str(figure.id), trust=figure.trust)

    def _use(self, figure: Figure) -> None:
        self.used.append(figure)
        self.pins[figure.pin] = None


def _key_text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
