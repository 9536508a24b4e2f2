"""The city as it stands: what its files say, and over it what the store knows of datasets.

Datasets described in the browser are added with their sources, withheld ones are internal, withdrawn ones
are closed to everyone; access travels from there to everything that is made from them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from allmende.model.access import Access
from allmende.model.city import City
from allmende.model.dataset import Dataset
from allmende.model.standing import Standing


def overlay(city: City, standings: Iterable[Standing]) -> City:
    """The city with the datasets of the store. A file of the city wins over a description in the store."""
    datasets, sources = dict(city.datasets), dict(city.sources)
    for standing in standings:
        definition = standing.definition
        if definition is not None and standing.dataset not in city.datasets:
            datasets[standing.dataset] = definition.dataset
            sources.setdefault(definition.source.id, definition.source)
        found = datasets.get(standing.dataset)
        if found is not None:
            datasets[standing.dataset] = _as_shown(found, standing)
    return replace(city, datasets=datasets, sources=sources)


def _as_shown(dataset: Dataset, standing: Standing) -> Dataset:
    if standing.shown == "withdrawn":
        return replace(dataset, access=Access.WITHDRAWN)
    if standing.shown == "withheld":
        return replace(dataset, access=Access.INTERNAL)
    return dataset
