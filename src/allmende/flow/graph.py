"""The steps of a city and what each of them waits for: fetch, publish, recipe, story, index."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

from allmende.catalogue.access import Accesses
from allmende.catalogue.story_calls import figures_named
from allmende.errors import RecipeInvalid
from allmende.flow.polled import OBSERVE, observed_sources
from allmende.model.city import City
from allmende.model.dataset import Dataset
from allmende.model.knowledge import Story
from allmende.model.run import Step
from allmende.understand.story import front_stories

INDEX = Step("index", "search")


def graph(city: City) -> Mapping[Step, tuple[Step, ...]]:
    """Each step with the steps it waits for, in an order in which they can be done.

    Raises RecipeInvalid when recipes wait for each other.
    """
    fetched = (source.id for source in city.sources.values() if not source.uploaded)
    waits: dict[Step, tuple[Step, ...]] = {Step("fetch", source): () for source in fetched}
    accesses = Accesses(city)
    observed = tuple(Step(OBSERVE, source) for source in observed_sources(city))
    waits |= {step: (Step("fetch", step.subject),) for step in observed}
    for dataset in city.datasets.values():
        made_of = observed if dataset.observations else _source(city, dataset)
        waits[maker(dataset)] = (*made_of, *_makers(city, accesses.inputs(dataset.id)))
    for story in stories(city):
        waits[story_step(story)] = _makers(city, datasets_of(city, story))
    waits[INDEX] = tuple(step for step in waits if step.kind != "fetch")
    return {step: waits[step] for step in _ordered(waits)}


def maker(dataset: Dataset) -> Step:
    """The step that makes versions of a dataset."""
    return Step("recipe" if dataset.recipe else "publish", dataset.id)


def stories(city: City) -> tuple[Story, ...]:
    """Every story in every language, and the sentence of the first page."""
    return (*city.stories.values(), *front_stories(city))


def story_step(story: Story) -> Step:
    """The step that publishes a story in one language."""
    return Step("story", f"{story.id}.{story.language}")


def datasets_of(city: City, story: Story) -> tuple[str, ...]:
    """The datasets that a story's numbers come from, and the districts that give places their names."""
    named = figures_named(f"{story.answer}\n{story.body}")
    indicators = {*named.indicators, story.indicator} & city.indicators.keys()
    found = {city.indicators[name].dataset for name in indicators} | named.datasets
    if city.districts is not None:
        found.add(city.districts.dataset)
    return tuple(sorted(found & city.datasets.keys()))


def _source(city: City, dataset: Dataset) -> tuple[Step, ...]:
    source = city.sources.get(dataset.source)
    return (Step("fetch", source.id),) if source is not None and not source.uploaded else ()


def _makers(city: City, datasets: Iterable[str]) -> tuple[Step, ...]:
    return tuple(maker(city.datasets[name]) for name in datasets if name in city.datasets)


def _ordered(waits: Mapping[Step, tuple[Step, ...]]) -> tuple[Step, ...]:
    """Sources, then datasets, stories and the index; among equals as the city's files are named."""
    try:
        return tuple(TopologicalSorter(waits).static_order())
    except CycleError as error:
        circle = " -> ".join(str(step) for step in error.args[1])
        raise RecipeInvalid(
            f"steps wait for each other: {circle}", hint="Let one recipe read from sources only."
        ) from None
