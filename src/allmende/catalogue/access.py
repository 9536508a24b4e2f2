"""Access travels: the class of a dataset, column or indicator under the city's files as they are now.

A dataset is as closed as the strictest of: what its file says, its licence (unknown closes it), and,
for a recipe, every column that the recipe reads. Columns are as closed as their dataset at least.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from allmende.engine.subset import columns_of, tables_of
from allmende.model.access import Access, strictest
from allmende.model.city import City
from allmende.model.dataset import Dataset
from allmende.model.disclosure import MARK
from allmende.model.licence import LICENCES, UNKNOWN_LICENCE, Licence


class Accesses:
    """Answers for one loaded city; each answer is worked out once."""

    def __init__(self, city: City) -> None:
        self._city = city
        self._by_table = {dataset.table: dataset for dataset in city.datasets.values()}
        self._known: dict[str, Access] = {}

    def dataset(self, dataset: str) -> Access:
        """The effective class of a dataset; internal when it does not exist."""
        if dataset not in self._known:
            self._known[dataset] = Access.INTERNAL  # what a recipe that reads itself would get
            self._known[dataset] = self._dataset(dataset)
        return self._known[dataset]

    def _dataset(self, name: str) -> Access:
        dataset = self._city.datasets.get(name)
        if dataset is None:
            return Access.INTERNAL
        own = [dataset.access, *self._licence_class(dataset), *self._bound_class(name)]
        if dataset.recipe:
            own.extend(self._input_classes(dataset))
        return strictest(own)

    def _licence_class(self, dataset: Dataset) -> Iterable[Access]:
        if (dataset.source or dataset.observations) and self._licence(dataset) not in LICENCES:
            yield Access.INTERNAL

    def _bound_class(self, dataset: str) -> Iterable[Access]:
        """Data under a licence that is not open stay with those who were let in; what is changed of data that may
        not be changed stays in the house."""
        bans = {ban for one in self.licences(dataset) for ban in one.bans}
        if "changes" in bans and self.inputs(dataset):
            yield Access.INTERNAL
        elif bans & {"commercial", "changes"}:
            yield Access.PROTECTED

    def _licence(self, dataset: Dataset) -> str:
        source = self._city.sources.get(dataset.source)
        return dataset.licence or (source.licence if source else UNKNOWN_LICENCE)

    def _input_classes(self, dataset: Dataset) -> Iterable[Access]:
        recipe = self._city.recipes.get(dataset.recipe)
        inputs = self.inputs(dataset.id)
        if recipe is None or not inputs:
            yield Access.INTERNAL
            return
        yield from (self.dataset(name) for name in inputs)
        for table, column in columns_of(recipe.sql, self._schema(inputs)):
            yield self.column(self._by_table[table].id, column)

    def _schema(self, inputs: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
        datasets = (self._city.datasets[name] for name in inputs)
        return {dataset.table: tuple(column.name for column in dataset.columns) for dataset in datasets}

    def column(self, dataset: str, column: str) -> Access:
        """The effective class of a column. One that is not declared is internal unless the contract takes it along."""
        found = self._city.datasets.get(dataset)
        if found is None:
            return Access.INTERNAL
        declared = found.column(column)
        if declared is not None:
            return strictest([declared.access, self.dataset(dataset)])
        if found.disclosure is not None and column in found.disclosure.marks:
            return self.column(dataset, column.removesuffix(MARK))  # as open as what it speaks of
        return self.dataset(dataset) if not found.columns else Access.INTERNAL

    def inputs(self, dataset: str) -> tuple[str, ...]:
        """The datasets that a dataset is made from: those its recipe reads, and the districts it is laid over."""
        found = self._city.datasets.get(dataset)
        if found is None:
            return ()
        names: list[str] = []
        if found.recipe in self._city.recipes:
            tables = sorted(tables_of(self._city.recipes[found.recipe].sql))
            names = [self._by_table[table].id for table in tables if table in self._by_table]
        if found.district_column and self._city.districts and self._city.districts.dataset != dataset:
            names.append(self._city.districts.dataset)
        return tuple(dict.fromkeys(names))

    def licences(self, dataset: str) -> tuple[Licence, ...]:
        """All licences that a dataset carries, its own first, each once; none when one of them is not known."""
        ids = dict.fromkeys(self._licence(found) for found in self._sources_of(dataset))
        return tuple(LICENCES[name] for name in ids) if ids.keys() <= LICENCES.keys() else ()

    def attributions(self, dataset: str) -> tuple[str, ...]:
        """All sources that have to be named, each once."""
        named = (self._attribution(found) for found in self._sources_of(dataset))
        return tuple(dict.fromkeys(text for text in named if text))

    def _attribution(self, dataset: Dataset) -> str:
        source = self._city.sources.get(dataset.source)
        return (source.attribution or source.owner) if source else dataset.publisher

    def _sources_of(self, dataset: str, seen: frozenset[str] = frozenset()) -> list[Dataset]:
        """The datasets with a source, or from observations, that stand behind a dataset, itself first."""
        found = self._city.datasets.get(dataset)
        if found is None or dataset in seen:
            return []
        own = [found] if found.source or found.observations else []
        deeper = (self._sources_of(name, seen | {dataset}) for name in self.inputs(dataset))
        return own + [one for several in deeper for one in several]

    def indicator(self, indicator: str) -> Access:
        """The class of an indicator: that of the columns it shows."""
        found = self._city.indicators.get(indicator)
        if found is None:
            return Access.INTERNAL
        optional = (found.period_column, found.place_column, found.coverage_column, *(found.interval or ()))
        columns = [found.value_column, *found.where, *(name for name in optional if name)]
        return strictest(
            [self.dataset(found.dataset), *(self.column(found.dataset, name) for name in columns)]
        )


def closed_parts(city: City, dataset: Dataset) -> dict[str, object]:
    """What of a dataset is closed, for the hash of its making; nothing when all is open.

    It changes no row, but what is opened goes past the guard again.
    """
    own = Accesses(city).dataset(dataset.id)
    closed = {one.name: one.access.label for one in dataset.columns if one.access is not Access.OPEN}
    return {"closed": [own.label, closed]} if closed or own is not Access.OPEN else {}
