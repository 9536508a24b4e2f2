"""From the short form to the two files it stands for: a dataset and its source, checked against the city."""

from __future__ import annotations

import re
from dataclasses import replace

from allmende.city.links import check_links
from allmende.city.overlay import overlay
from allmende.errors import FormFault
from allmende.model.access import Access
from allmende.model.city import City
from allmende.model.dataset import Column, Dataset
from allmende.model.licence import LICENCES, UNKNOWN_LICENCE
from allmende.model.look import DescribedColumn, Description, Look, SeenColumn
from allmende.model.release import Release
from allmende.model.source import UPLOAD, Source
from allmende.model.standing import Definition, Standing
from allmende.model.text import Text

_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LONGEST_ID = 60


def define(release: Release, look: Look, description: Description, city: City) -> Definition:
    """The definition that a filled form stands for. Raises FormFault."""
    _check_form(release, description, city)
    _check_terms(description)
    seen = {column.name: column for column in look.columns}
    taken = tuple(
        _column(one, seen[one.name])
        for one in description.columns
        if one.take != "leave_out" and one.name in seen
    )
    if not taken:
        raise FormFault("columns", "no_columns")
    return Definition(
        _dataset(release, look, description, taken, city), _source(release, look, description, city)
    )


def _check_form(release: Release, description: Description, city: City) -> None:
    if not 3 <= len(description.title) <= 120:
        raise FormFault("title", "title_length")
    if len(description.description) < 10:
        raise FormFault("description", "description_short")
    if not _ID.fullmatch(description.id) or len(description.id) > LONGEST_ID:
        raise FormFault("id", "id_form")
    if description.id != release.dataset and is_taken(description.id, city):
        raise FormFault("id", "id_taken")
    if description.theme not in {*city.themes, "city"}:
        raise FormFault("theme", "choose")


def _check_terms(description: Description) -> None:
    if description.licence not in {*LICENCES, UNKNOWN_LICENCE}:
        raise FormFault("licence", "choose")
    if description.licence == UNKNOWN_LICENCE and description.access is not Access.INTERNAL:
        raise FormFault("licence", "licence_unknown")
    licence = LICENCES.get(description.licence)
    if licence is not None and licence.attribution and not description.attribution:
        raise FormFault("attribution", "attribution_missing")


def is_taken(id_: str, city: City) -> bool:
    """True when a dataset, source or recipe of the city has this id already."""
    return id_ in city.datasets or id_ in city.sources or id_ in city.recipes


def _column(said: DescribedColumn, seen: SeenColumn) -> Column:
    return Column(
        said.name,
        said.type,
        Text(said.title or seen.title, said.title or seen.title),
        unit=said.unit,
        source_name=seen.source_name,
        access=Access.INTERNAL if said.take == "internal" else Access.OPEN,
    )


def _dataset(
    release: Release, look: Look, description: Description, columns: tuple[Column, ...], city: City
) -> Dataset:
    names = {column.name for column in columns}
    left_out = len(columns) < len(look.columns)
    return Dataset(
        description.id,
        Text(description.title, description.title_en),
        Text(description.description, description.description_en),
        theme=description.theme,
        source=description.id,
        columns=columns,
        contract="declared" if left_out else "freeze",
        key=look.key if set(look.key) <= names else (),
        place_column=look.place if look.place in names else "",
        time_column=look.time if look.time in names else "",
        access=description.access,
        publisher=city.contact.publisher,
        keywords=description.keywords,
        department=release.department,
    )


def _source(release: Release, look: Look, description: Description, city: City) -> Source:
    return Source(
        description.id,
        Text(description.title, description.title_en),
        look.connector,
        release.address or f"{UPLOAD}{description.id}",
        "once" if not release.address else description.schedule,
        licence=description.licence,
        attribution=description.attribution,
        owner=city.contact.publisher,
        options=look.options,
    )


def with_definition(city: City, definition: Definition) -> City:
    """The city as it will be when this definition is released."""
    id_ = definition.dataset.id
    # What a person describes anew takes the place of what they described before.
    kept = {name: one for name, one in city.datasets.items() if name != id_}
    sources = {name: one for name, one in city.sources.items() if name != id_}
    return overlay(_without(city, kept, sources), [Standing(id_, "released", definition)])


def _without(city: City, datasets: dict[str, Dataset], sources: dict[str, Source]) -> City:
    return replace(city, datasets=datasets, sources=sources)


def faults_of(city: City, dataset: str) -> tuple[str, ...]:
    """What is wrong with a dataset and its source among the others of the city, in sentences."""
    files = (f"datasets/{dataset}.toml", f"sources/{dataset}.toml")
    return tuple(
        f"{problem.message} {problem.hint}".strip()
        for problem in check_links(city, frozenset(), options=True)
        if problem.file in files
    )
