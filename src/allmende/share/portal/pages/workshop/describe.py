"""The short form: what the data are, under which terms, and which columns others see."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any, get_args

from litestar import Response, get, post

from allmende.errors import AllmendeError, Conflict, FormFault
from allmende.model.access import CHOICES, Access
from allmende.model.city import City
from allmende.model.dataset import ColumnType
from allmende.model.licence import LICENCES, UNKNOWN_LICENCE
from allmende.model.look import DescribedColumn, Description, Look, SeenColumn, Take
from allmende.model.release import Release
from allmende.model.source import Schedule
from allmende.model.text import Language
from allmende.ports import Clock, Desk
from allmende.share.given import GivenCity, GivenClock, GivenDesk, GivenForm, GivenLanguage, GivenSigned
from allmende.share.people.forms import Form
from allmende.share.people.signing_in import SignedIn
from allmende.share.portal.pages.sign_in import go
from allmende.share.portal.pages.workshop.parts import (
    HOME,
    Around,
    around,
    refusal,
    status_of,
    workshop_page,
)
from allmende.share.portal.words import Words

TYPES: tuple[ColumnType, ...] = get_args(ColumnType)
TAKES: tuple[Take, ...] = get_args(Take)
SCHEDULES: tuple[Schedule, ...] = ("once", "daily", "weekly", "monthly", "yearly")
LARGEST_FORM = 1_000_000


@dataclass(frozen=True, slots=True)
class Context:
    """The form with what was typed (or is suggested), what can be chosen, the field at fault, and, when somebody
    else was quicker, what they wrote."""

    around: Around
    release: Release
    look: Look
    typed: Description
    columns: tuple[tuple[SeenColumn, DescribedColumn], ...]
    themes: tuple[tuple[str, str], ...]
    licences: tuple[tuple[str, str], ...]
    classes: tuple[str, ...]
    types: tuple[ColumnType, ...]
    schedules: tuple[Schedule, ...]
    fault: str
    theirs: Description | None


@get("/werkstatt/r/{name:str}/beschreiben", include_in_schema=False, sync_to_thread=True)
def describe_form(
    name: str, signed: GivenSigned, desk: GivenDesk, city: GivenCity, language: GivenLanguage, clock: GivenClock
) -> Response[Any]:  # fmt: skip
    """The form, filled with what is known or likely."""
    release, look = desk.get(signed.person, name), desk.look(signed.person, name)
    if look is None:
        return go(f"{_start(language)}{HOME}/r/{name}")
    return _page(
        signed, release, look, described(release) or suggested(release, look, city), city, language, clock
    )


@post(
    "/werkstatt/r/{name:str}/beschreiben", include_in_schema=False, sync_to_thread=True, status_code=200,
    request_max_body_size=LARGEST_FORM,
)  # fmt: skip
def describe(
    name: str, signed: GivenSigned, desk: GivenDesk, city: GivenCity, language: GivenLanguage,
    clock: GivenClock, form: GivenForm,
) -> Response[Any]:  # fmt: skip
    """Take the description; then the data are checked under it."""
    look = desk.look(signed.person, name)
    if look is None:
        return go(f"{_start(language)}{HOME}/r/{name}")
    typed = typed_in(form, look)
    try:
        desk.describe(signed.person, name, form.number("revision"), typed)
    except AllmendeError as error:
        return _refused(signed, desk, name, look, typed, city, language, clock, error)
    return go(f"{_start(language)}{HOME}/r/{name}")


def _refused(
    signed: SignedIn, desk: Desk, name: str, look: Look, typed: Description, city: City, language: Language,
    clock: Clock, error: AllmendeError,
) -> Response[str]:  # fmt: skip
    """The form again with everything that was typed; of two who wrote at once, both texts."""
    now = desk.get(signed.person, name)
    theirs = described(now) if isinstance(error, Conflict) else None
    return _page(signed, now, look, typed, city, language, clock, error, theirs)


def typed_in(form: Form, look: Look) -> Description:
    """What was typed, as it was typed."""
    columns = tuple(_typed_column(form, n, seen) for n, seen in enumerate(look.columns))
    access = next((one for one in CHOICES if one.label == form.text("access", 20)), Access.INTERNAL)
    schedule = form.text("schedule", 20)
    return Description(
        form.text("id", 80).lower(), form.text("title", 300), form.text("description", 4_000),
        form.text("theme", 80), form.text("licence", 40) or UNKNOWN_LICENCE, form.text("attribution", 300),
        access, schedule if schedule in SCHEDULES else "once",
        form.text("title_en", 300), form.text("description_en", 4_000),
        tuple(word for part in form.text("keywords", 500).split(",") if (word := part.strip())), columns,
    )  # fmt: skip


def _typed_column(form: Form, number: int, seen: SeenColumn) -> DescribedColumn:
    type_, take = form.text(f"type-{number}", 20), form.text(f"take-{number}", 20)
    return DescribedColumn(
        seen.name,
        form.text(f"title-{number}", 200) or seen.title,
        type_ if type_ in TYPES else seen.type,
        form.text(f"unit-{number}", 40),
        take if take in TAKES else "leave_out",
    )


def described(release: Release) -> Description | None:
    """What a release was described as; None when nobody did."""
    if release.definition is None:
        return None
    dataset, source = release.definition.dataset, release.definition.source
    columns = tuple(
        DescribedColumn(
            one.name, one.title.de, one.type, one.unit, "public" if one.access is Access.OPEN else "internal"
        )
        for one in dataset.columns
    )
    return Description(
        dataset.id, dataset.title.de, dataset.description.de, dataset.theme, source.licence, source.attribution,
        dataset.access, source.schedule, dataset.title.en, dataset.description.en, dataset.keywords, columns,
    )  # fmt: skip


def suggested(release: Release, look: Look, city: City) -> Description:
    """A form that is filled with what is likely, for a person to mend."""
    columns = tuple(
        DescribedColumn(one.name, one.title, one.type, one.unit, "leave_out" if one.personal else "public")
        for one in look.columns
    )
    licences = Counter(one.licence for one in city.sources.values() if one.licence != UNKNOWN_LICENCE)
    usual = next((name for name, _ in licences.most_common(1)), "dl-de/by-2-0")
    return Description(
        release.dataset, _title(release.file_name), "", _theme(release, look, city), look.licence or usual,
        city.contact.publisher, Access.OPEN, "monthly" if release.address else "once", columns=columns,
    )  # fmt: skip


def _title(name: str) -> str:
    stem = re.sub(r"\.(csv|tsv|txt|xlsx?|ods|json|geojson|kml|gpkg|zip|gz)$", "", name, flags=re.IGNORECASE)
    words = " ".join(re.split(r"[\s_-]+", stem)).strip()
    return words[:1].upper() + words[1:]


def _theme(release: Release, look: Look, city: City) -> str:
    """The theme whose words stand in the file's name or its columns."""
    text = " ".join([release.file_name, *(one.title for one in look.columns)]).casefold()
    for theme in city.themes.values():
        words = re.findall(r"\w{4,}", f"{theme.title.de} {theme.title.en} {theme.id}".casefold())
        if any(word in text for word in words):
            return theme.id
    return "city"


def _page(
    signed: SignedIn, release: Release, look: Look, typed: Description, city: City, language: Language,
    clock: Clock, error: AllmendeError | None = None, theirs: Description | None = None,
) -> Response[str]:  # fmt: skip
    known = {one.name: one for one in typed.columns}
    take = _take_of_others(release)
    columns = tuple(
        (
            seen,
            known.get(seen.name) or DescribedColumn(seen.name, seen.title, seen.type, seen.unit, take),
        )
        for seen in look.columns
    )
    t = Words(language)
    context = Context(
        around(signed, clock.now(), city, refusal(error, language) if error else ""), release, look,
        replace(typed, columns=()), columns,
        (("city", t("form.whole_city")), *((one.id, one.title.of(language)) for one in city.themes.values())),
        tuple((one.id, one.title) for one in LICENCES.values()),
        tuple(one.label for one in CHOICES), TYPES, SCHEDULES,
        error.field if isinstance(error, FormFault) else "", theirs,
    )  # fmt: skip
    status = status_of(error) if error else 200
    path = f"{HOME}/r/{release.id}/beschreiben"
    return workshop_page("describe.html", context, t("workshop.describe"), path, city, language, status)


def _take_of_others(release: Release) -> Take:
    """What is suggested for columns that were not described before: nothing that may have been left out on
    purpose comes back by itself."""
    if release.definition is not None and release.definition.dataset.contract == "freeze":
        return "public"
    return "leave_out"


def _start(language: Language) -> str:
    return "/en" if language == "en" else ""
