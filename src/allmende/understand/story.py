"""Publishing a story: its numbers are computed in place, and the whole is kept as an immutable version."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import datetime

from allmende.catalogue.access import Accesses
from allmende.catalogue.figures import Figures
from allmende.catalogue.trust import worst
from allmende.errors import AllmendeError, RecipeInvalid
from allmende.model.access import Access, strictest
from allmende.model.city import City
from allmende.model.document import StoryVersion
from allmende.model.knowledge import Story
from allmende.model.run import Run, Step
from allmende.model.text import Language
from allmende.ports import Clock, Engine, Store
from allmende.store.bodies import plain
from allmende.understand.answers import StoryAnswers
from allmende.understand.markdown import Answers, read_blocks, read_spans

FRONT = "front"


def publish_story(
    city: City, story: Story, store: Store, figures: Figures, engine: Engine, clock: Clock
) -> Run:
    """Compute a story's numbers and publish it when anything changed.

    Outcome `new`, `unchanged` or `failed` (then the last version stays); never an exception of ours.
    """
    started = clock.now()
    step = Step("story", f"{story.id}.{story.language}")
    try:
        version = _publish(city, story, store, figures, engine, clock)
    except AllmendeError as error:
        message = f"{error.where}: {error.message}" if error.where else error.message
        hint = error.hint or "Mend the story; its last version stays public."
        return Run(step, started, clock.now(), "failed", message, hint, error.transient)
    if version is None:
        return Run(step, started, clock.now(), "unchanged", "same numbers as before")
    return Run(step, started, clock.now(), "new", f"version {version.number}")


def front_stories(city: City) -> tuple[Story, ...]:
    """The sentence of the first page as stories called `front`, one for each language; none when there is no sentence."""
    languages: tuple[Language, ...] = city.languages
    texts = ((language, city.front.sentence.of(language)) for language in languages)
    return tuple(Story(FRONT, language, city.name.of(language), text, "") for language, text in texts if text)


def _publish(
    city: City, story: Story, store: Store, figures: Figures, engine: Engine, clock: Clock
) -> StoryVersion | None:
    figures.keep_definitions()
    made = make_story(city, story, figures, engine, clock.now())
    latest = next(iter(store.story_versions(story.id, story.language)), None)
    if latest is not None and latest.content_hash == made.content_hash:
        return None
    numbered = replace(made, number=latest.number + 1 if latest else 1)
    store.add_story(numbered)
    return numbered


def make_story(city: City, story: Story, figures: Figures, engine: Engine, moment: datetime) -> StoryVersion:
    """The story with all its numbers as of now, as version 0. Raises RecipeInvalid."""
    answers = StoryAnswers(city, figures, engine, story.language)
    shown = Answers(answers.inline, answers.block)
    answer, blocks = read_spans(story.answer, shown), read_blocks(story.body, shown)
    if story.indicator and story.indicator not in city.indicators:
        raise RecipeInvalid(f"there is no indicator {story.indicator!r}", where=story.id)
    accesses = Accesses(city)
    datasets = list(dict.fromkeys(pin.dataset for pin in answers.pins))
    classes = [figure.access for figure in answers.used] + [accesses.dataset(name) for name in datasets]
    classes += [accesses.column(dataset, column) for dataset, column in answers.columns]
    made = StoryVersion(
        story=story.id, language=story.language, number=0, created=moment, content_hash="", title=story.title,
        answer=answer, blocks=blocks, theme=story.theme, owner=story.owner, checked=story.checked,
        indicator=story.indicator, judgement=figures.judge(story.indicator) if story.indicator else None,
        pins=tuple(answers.pins),
        licences=tuple(dict.fromkeys(licence.id for name in datasets for licence in accesses.licences(name))),
        attributions=tuple(dict.fromkeys(text for name in datasets for text in accesses.attributions(name))),
        # A text without any number shows no data.
        access=strictest(classes) if classes else Access.OPEN,
        trust=worst([figure.trust for figure in answers.used if figure.value is not None]),
        keywords=story.keywords,
    )  # fmt: skip
    return replace(made, content_hash=_content_hash(made))


def _content_hash(made: StoryVersion) -> str:
    parts = plain(made)
    for name in ("number", "created", "content_hash"):
        del parts[name]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
