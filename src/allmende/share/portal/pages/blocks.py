"""What several pages show alike: charts and maps with their tables, and how a version was made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from allmende.catalogue.wording import word_figure, word_number, word_periods
from allmende.errors import NotFound
from allmende.model.access import Principal
from allmende.model.dataset import Pin
from allmende.model.document import Area, Block, ChartBlock, MapBlock, Point, Series
from allmende.model.figure import Figure
from allmende.model.knowledge import Indicator
from allmende.model.place import Place
from allmende.model.text import Language
from allmende.share.draw.drawings import Drawing, Drawings
from allmende.share.reads import Reads
from allmende.share.views import DatasetView

_TARGET = {"de": "Ziel", "en": "Target"}


@dataclass(frozen=True, slots=True)
class Shown:
    """A block with its drawing; the drawing is empty for text and when it could not be drawn."""

    block: Block
    drawing: Drawing = field(default_factory=Drawing)


def shown(
    blocks: Iterable[Block], drawings: Drawings, places: Sequence[Place], language: Language
) -> tuple[Shown, ...]:
    """Blocks with their drawings."""
    return tuple(Shown(block, _drawing(block, drawings, places, language)) for block in blocks)


def _drawing(block: Block, drawings: Drawings, places: Sequence[Place], language: Language) -> Drawing:
    if isinstance(block, ChartBlock):
        known = any(point.value is not None for series in block.series for point in series.points)
        return drawings.chart(block, language) if known else Drawing()
    return drawings.map(block, places, language) if isinstance(block, MapBlock) else Drawing()


def series_chart(
    indicator: Indicator, figures: Sequence[Figure], language: Language, name: str = ""
) -> ChartBlock:
    """A line over the periods of an indicator, with its target."""
    labels = word_periods([figure.period for figure in figures], language)
    points = tuple(_point(figure, label, language) for figure, label in zip(figures, labels, strict=True))
    target = indicator.target if not name else None
    label = f"{_TARGET[language]} {target.by}" if target and target.by else _TARGET[language]
    return ChartBlock(
        form="line",
        title=indicator.title.of(language),
        unit=indicator.unit.of(language),
        series=(Series(name or indicator.title.of(language), points),),
        indicator=indicator.id,
        decimals=indicator.decimals,
        target=target.value if target else None,
        target_label=f"{label}: {word_number(target.value, indicator.decimals, language)}" if target else "",
    )


def _point(figure: Figure, label: str, language: Language) -> Point:
    value = figure.value if isinstance(figure.value, float) else None
    return Point(
        label,
        value,
        str(figure.id),
        word_figure(figure, language, unit=False),
        figure.low,
        figure.high,
        figure.trust,
    )


def indicator_map(
    indicator: Indicator, figures: Sequence[Figure], places: Sequence[Place], language: Language
) -> MapBlock:
    """The districts coloured by an indicator."""
    by_code = {figure.place_code: figure for figure in figures}
    areas = tuple(_area(place, by_code.get(place.code), language) for place in places)
    return MapBlock(
        indicator.title.of(language), indicator.unit.of(language), indicator.id, areas, indicator.decimals
    )


def _area(place: Place, figure: Figure | None, language: Language) -> Area:
    if figure is None:
        return Area(place.code, place.name, None, "", word_number(None, 0, language), "unknown")
    value = figure.value if isinstance(figure.value, float) else None
    return Area(
        place.code, place.name, value, str(figure.id), word_figure(figure, language, unit=False), figure.trust
    )


def made_from(reads: Reads, principal: Principal, pins: Iterable[Pin]) -> tuple[DatasetView, ...]:
    """All versions behind these pins that the reader may see, sources first, each once."""
    found: dict[Pin, DatasetView] = {}
    waiting = list(pins)
    while waiting:
        pin = waiting.pop(0)
        if pin in found:
            continue
        try:
            view = reads.dataset(principal, pin.dataset, pin.version)
        except NotFound:
            continue
        found[pin] = view
        waiting.extend(view.version.inputs if view.version else ())
    return tuple(sorted(found.values(), key=lambda view: bool(view.dataset.recipe)))
