"""What the search can find: datasets, closed columns, indicators, stories and places as plain entries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from allmende.errors import NotFound
from allmende.model.access import Access, strictest
from allmende.model.city import City
from allmende.model.dataset import Column, Dataset
from allmende.model.document import Heading, ListBlock, Paragraph, Span, StoryVersion
from allmende.model.knowledge import Indicator
from allmende.model.place import Place
from allmende.model.text import Language
from allmende.ports import Store

if TYPE_CHECKING:
    from allmende.catalogue.access import Accesses

EntryKind = Literal["dataset", "indicator", "story", "place"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that can be found, in one language. `id` and `kind` make its address.

    `datasets` are those it was made from: a reader must be allowed to read `access` of each.
    """

    kind: EntryKind
    id: str
    language: Language
    title: str
    keywords: str = ""
    text: str = ""
    summary: str = ""
    access: Access = Access.INTERNAL
    datasets: tuple[str, ...] = ()


def entries(city: City, store: Store, accesses: Accesses, places: Iterable[Place] = ()) -> Iterator[Entry]:
    """Everything of the city that can be found, in each of its languages."""
    known_places = tuple(places)
    for language in city.languages:
        for dataset in city.datasets.values():
            yield from _dataset(dataset, city, accesses, language)
        for indicator in city.indicators.values():
            yield _indicator(indicator, city, accesses, language)
        for story in store.latest_stories(language):
            if story.story in city.story_ids():
                yield _story(story, city, accesses, store)
        for place in known_places:
            yield _place(place, city, accesses, language)


def _dataset(dataset: Dataset, city: City, accesses: Accesses, language: Language) -> Iterator[Entry]:
    """One entry, and one more for the columns that are more closed than the dataset itself."""
    access = accesses.dataset(dataset.id)
    classes = {column.name: accesses.column(dataset.id, column.name) for column in dataset.columns}
    readable = [column for column in dataset.columns if classes[column.name] <= access]
    yield _dataset_entry(dataset, city, language, readable, access)
    closed = [column for column in dataset.columns if classes[column.name] > access]
    if closed:
        strict = strictest(classes[column.name] for column in closed)
        yield _dataset_entry(dataset, city, language, closed, strict)


def _dataset_entry(
    dataset: Dataset, city: City, language: Language, columns: Iterable[Column], access: Access
) -> Entry:
    text = [dataset.description.of(language), dataset.limits.of(language), dataset.publisher]
    text += [f"{c.name} {c.title.of(language)} {c.description.of(language)}" for c in columns]
    return Entry(
        "dataset",
        dataset.id,
        language,
        dataset.title.of(language),
        " ".join([*dataset.keywords, _theme(city, dataset.theme, language), dataset.id.replace("-", " ")]),
        " ".join(text),
        dataset.description.of(language),
        access,
        (dataset.id,),
    )


def _indicator(indicator: Indicator, city: City, accesses: Accesses, language: Language) -> Entry:
    return Entry(
        "indicator",
        indicator.id,
        language,
        indicator.title.of(language),
        " ".join(
            [*indicator.keywords, _theme(city, indicator.theme, language), indicator.id.replace("-", " ")]
        ),
        " ".join(
            [indicator.definition.of(language), indicator.unit.of(language), indicator.limits.of(language)]
        ),
        indicator.definition.of(language),
        accesses.indicator(indicator.id),
        (indicator.dataset,),
    )


def _story(story: StoryVersion, city: City, accesses: Accesses, store: Store) -> Entry:
    datasets = tuple(dict.fromkeys(pin.dataset for pin in story.pins)) or (story.story,)
    now = [_access_of(dataset, city, accesses) for dataset in datasets] if story.pins else []
    answer = _words(story.answer)
    return Entry(
        "story",
        story.story,
        story.language,
        story.title,
        " ".join([*story.keywords, _theme(city, story.theme, story.language)]),
        " ".join([answer, *_story_text(story)]),
        answer,
        strictest([story.access, *now]),
        datasets,
    )


def _access_of(dataset: str, city: City, accesses: Accesses) -> Access:
    try:
        return accesses.dataset(dataset) if dataset in city.datasets else Access.INTERNAL
    except NotFound:
        return Access.INTERNAL


def _story_text(story: StoryVersion) -> Iterator[str]:
    for block in story.blocks:
        if isinstance(block, Paragraph | Heading):
            yield _words(block.spans)
        elif isinstance(block, ListBlock):
            yield from (_words(line) for line in block.entries)
        else:
            yield block.title


def _place(place: Place, city: City, accesses: Accesses, language: Language) -> Entry:
    assert city.districts is not None
    dataset = city.districts.dataset
    kind = city.districts.title.of(language)
    return Entry(
        "place",
        place.slug,
        language,
        place.name,
        kind,
        "",
        kind,
        _access_of(dataset, city, accesses),
        (dataset,),
    )


def _words(spans: Iterable[Span]) -> str:
    return "".join(span.text for span in spans)


def _theme(city: City, theme: str, language: Language) -> str:
    return city.themes[theme].title.of(language) if theme in city.themes else ""
