"""Reading knowledge: figures with their passports, indicators, stories."""

from __future__ import annotations

from collections.abc import Iterable

from allmende.catalogue.definition import read_definition
from allmende.errors import NotFound
from allmende.model.access import Principal
from allmende.model.dataset import DatasetVersion, Pin
from allmende.model.document import StoryVersion
from allmende.model.figure import Figure, FigureId
from allmende.model.knowledge import Indicator
from allmende.model.licence import LICENCES
from allmende.model.source import Receipt
from allmende.model.text import Language
from allmende.share.row_reads import RowReads
from allmende.share.views import IndicatorView, Passport, PassportStep

DEEPEST = 12


class KnowledgeReads(RowReads):
    """What the city knows."""

    def figure(self, principal: Principal, figure: FigureId) -> Figure:
        """One number by its address. Raises NotFound, RecipeInvalid."""
        self._check_subject(principal, figure)
        found = self._figures.resolve(figure)
        if not self._may_figure(principal, found):
            raise no_figure(figure)
        return found

    def passport(self, principal: Principal, figure: FigureId) -> Passport:
        """A figure with every version and raw file behind it that the reader may see."""
        found = self.figure(principal, figure)
        steps, withheld = self._steps(principal, found.pin)
        return Passport(
            figure=found,
            indicator=self.city.indicators.get(figure.subject) if figure.of_indicator else None,
            definition=self._definition(figure),
            steps=steps,
            licences=tuple(LICENCES[name] for name in found.licences if name in LICENCES),
            attributions=found.attributions,
            withheld=withheld,
        )

    def indicators(self, principal: Principal) -> tuple[IndicatorView, ...]:
        """All indicators the reader may see, in the city's order."""
        readable = (i for i in self.city.indicators if self._may_indicator(principal, i))
        return tuple(self._indicator_view(self.city.indicators[i]) for i in readable)

    def indicator(self, principal: Principal, indicator: str) -> IndicatorView:
        """One indicator. Raises NotFound."""
        return self._indicator_view(self._readable_indicator(principal, indicator))

    def series(self, principal: Principal, indicator: str, place: str | None = None) -> tuple[Figure, ...]:
        """Its figures by period, oldest first; of the whole city, or of the place with that code."""
        self._readable_indicator(principal, indicator)
        return self._shown_figures(principal, self._figures.series(indicator, place))

    def by_place(self, principal: Principal, indicator: str, period: str | None = None) -> tuple[Figure, ...]:
        """Its figures in one period (the newest when None), one for each place."""
        self._readable_indicator(principal, indicator)
        return self._shown_figures(principal, self._figures.by_place(indicator, period))

    def stories(self, principal: Principal, language: Language) -> tuple[StoryVersion, ...]:
        """The newest version of every story of the city in that language, in the city's order.

        The sentence of the first page (the story `front`) is not among them.
        """
        newest = {v.story: v for v in self._store.latest_stories(language)}
        found = (newest[story] for story in self.city.story_ids() if story in newest)
        return tuple(version for version in found if self._may_story(principal, version))

    def story(
        self, principal: Principal, story: str, language: Language, number: int | None = None
    ) -> StoryVersion:
        """One story, as asked for or newest. Raises NotFound."""
        version = self._store.story(story, language, number)
        if not self._may_story(principal, version):
            raise NotFound(f"there is no story {story!r}", where=f"/w/{story}")
        return version

    def story_versions(
        self, principal: Principal, story: str, language: Language
    ) -> tuple[StoryVersion, ...]:
        """All versions of a story the reader may see, newest first."""
        versions = self._store.story_versions(story, language)
        return tuple(version for version in versions if self._may_story(principal, version))

    def _check_subject(self, principal: Principal, figure: FigureId) -> None:
        """Refuse before anything is computed, so that closed and absent take the same way."""
        name = figure.subject
        may = (
            self._may_indicator(principal, name)
            if figure.of_indicator
            else self._may_dataset(principal, name)
        )
        if not may:
            raise no_figure(figure)

    def _may_figure(self, principal: Principal, figure: Figure) -> bool:
        return self._may_pin(principal, figure.pin, figure.access) and self._may_cell(principal, figure)

    def _may_cell(self, principal: Principal, figure: Figure) -> bool:
        """A figure needs every column that it shows or that chose it, so that nothing can be guessed."""
        asked = self._columns_behind(figure)
        if not asked:
            return True
        version = self._store.version(figure.pin)
        return asked <= {column.name for column in self._columns(principal, version)}

    def _columns_behind(self, figure: Figure) -> set[str]:
        if figure.id.operation == "rows":
            return set()
        if figure.id.operation == "finding":  # any column may have gone into it
            return {column.name for column in self._store.version(figure.pin).columns}
        if figure.id.operation == "cell":
            keys = (name.removeprefix("key.") for name, _ in figure.id.cell if name.startswith("key."))
            return {figure.id.get("column") or "", *keys}
        return columns_shown(self._defined(figure.id))

    def _defined(self, figure: FigureId) -> Indicator:
        """The indicator as it was defined when the figure was made."""
        text = self._definition(figure)
        return (
            self.city.indicators[figure.subject] if text is None else read_definition(text, figure.definition)
        )

    def _shown_figures(self, principal: Principal, figures: Iterable[Figure]) -> tuple[Figure, ...]:
        return tuple(figure for figure in figures if self._may_figure(principal, figure))

    def _readable_indicator(self, principal: Principal, indicator: str) -> Indicator:
        if not self._may_indicator(principal, indicator):
            raise NotFound(f"there is no indicator {indicator!r}", where=f"/ziele/{indicator}")
        return self.city.indicators[indicator]

    def _indicator_view(self, indicator: Indicator) -> IndicatorView:
        return IndicatorView(
            indicator=indicator,
            access=self._accesses.indicator(indicator.id),
            latest=self._figures.latest(indicator.id),
            judgement=self._figures.judge(indicator.id),
            licences=tuple(self._accesses.licences(indicator.dataset)),
            attributions=tuple(self._accesses.attributions(indicator.dataset)),
        )

    def _definition(self, figure: FigureId) -> str | None:
        return self._store.definition(figure.definition) if figure.definition else None

    def _steps(self, principal: Principal, pin: Pin) -> tuple[tuple[PassportStep, ...], int]:
        """The versions behind a pin, nearest first, each once, and how many are withheld."""
        steps: dict[Pin, PassportStep] = {}
        closed: set[Pin] = set()
        pending = [(pin, 0)]
        while pending:
            current, depth = pending.pop(0)
            if current in steps or current in closed or depth > DEEPEST:
                continue
            version = self._version_or_none(current)
            if version is None or not self._may_version(principal, version):
                closed.add(current)
                continue
            steps[current] = self._passport_step(principal, version, depth)
            pending += [(inner, depth + 1) for inner in version.inputs]
        return tuple(steps.values()), len(closed)

    def _version_or_none(self, pin: Pin) -> DatasetVersion | None:
        try:
            return self._store.version(pin)
        except NotFound:
            return None

    def _passport_step(self, principal: Principal, version: DatasetVersion, depth: int) -> PassportStep:
        title = self.city.datasets[version.dataset].title.of("de")
        return PassportStep(depth, self._shown(principal, version), title, self._proofs(version))

    def _proofs(self, version: DatasetVersion) -> tuple[Receipt, ...]:
        """One receipt for each raw file: the first, which is the one the version was made after."""
        firsts = (self._store.receipts_of(sha) for sha in version.raw)
        return tuple(min(found, key=lambda receipt: receipt.fetched_at) for found in firsts if found)


def columns_shown(indicator: Indicator) -> set[str]:
    """The columns that an indicator shows or that choose its rows."""
    optional = (indicator.period_column, indicator.place_column, indicator.coverage_column)
    shown = (indicator.value_column, *indicator.where, *(indicator.interval or ()), *optional)
    return {name for name in shown if name}


def no_figure(figure: FigureId) -> NotFound:
    """The one answer for figures that are not there and for those the reader may not see."""
    return NotFound("there is no such figure", where=f"/f/{figure}")
