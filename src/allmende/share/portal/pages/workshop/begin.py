"""Bringing data: a file, a pasted table, or an address."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import IO

from litestar import Response, get, post
from litestar.datastructures import UploadFile

from allmende.errors import AllmendeError, FormFault
from allmende.model.city import City
from allmende.model.release import Release
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
    department_title,
    refusal,
    status_of,
    workshop_page,
)
from allmende.share.portal.words import Words

LARGEST_UPLOAD = 1_000_000 * int(os.environ.get("ALLMENDE_LARGEST_UPLOAD") or 500)
"""Bytes; larger tables are better fetched from an address."""
LONGEST_PASTE = 5_000_000
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Context:
    """The form: (id, title) of the departments that can be chosen, and what was typed."""

    around: Around
    departments: tuple[tuple[str, str], ...]
    department: str
    address: str
    pasted: str
    megabytes: int


@get("/werkstatt/neu", include_in_schema=False, sync_to_thread=True)
def begin_form(
    signed: GivenSigned, desk: GivenDesk, city: GivenCity, language: GivenLanguage, clock: GivenClock
) -> Response[str]:
    """The form to bring data."""
    return _page(signed, desk, city, language, clock, Form({}))


@post(
    "/werkstatt/neu", include_in_schema=False, sync_to_thread=True, status_code=200,
    request_max_body_size=LARGEST_UPLOAD + LONGEST_PASTE,
)  # fmt: skip
def begin(
    signed: GivenSigned, desk: GivenDesk, city: GivenCity, language: GivenLanguage, clock: GivenClock,
    form: GivenForm,
) -> Response[str]:  # fmt: skip
    """Keep what was brought, and go on with its page."""
    try:
        release = _begun(signed, desk, form)
    except AllmendeError as error:
        return _page(signed, desk, city, language, clock, form, error)
    start = "/en" if language == "en" else ""
    return go(f"{start}{HOME}/r/{release.id}")


def _begun(signed: SignedIn, desk: Desk, form: Form) -> Release:
    department = form.text("department", 120)
    if form.text("address"):
        return desk.begin_address(signed.person, department, form.text("address", 2_000))
    name, chunks = brought(form)
    return desk.begin(signed.person, department, desk.keep(chunks), name)


def brought(form: Form) -> tuple[str, Iterator[bytes]]:
    """Name and bytes of an uploaded file or a pasted table. Raises FormFault when there is neither."""
    files = form.fields.get("file", [])
    for file in files if isinstance(files, list) else [files]:
        if isinstance(file, UploadFile) and file.filename:
            return file_name(file.filename), _pieces(file.file)
    pasted = form.text("pasted", LONGEST_PASTE)
    if not pasted:
        raise FormFault("file", "nothing_brought")
    name = "Tabelle.tsv" if "\t" in pasted else "Tabelle.csv"
    return name, iter([pasted.replace("\r\n", "\n").encode()])


def file_name(sent: str) -> str:
    """The last part of a file's name, as browsers send it, without signs that cannot be shown."""
    last = PurePath(sent.replace("\\", "/")).name
    return "".join(sign for sign in last if sign.isprintable())[:120] or "data"


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(_PIECE):
        yield piece


def _page(
    signed: SignedIn, desk: Desk, city: City, language: Language, clock: Clock, form: Form,
    error: AllmendeError | None = None,
) -> Response[str]:  # fmt: skip
    departments = tuple(
        (one, department_title(one, city, language)) for one in desk.departments(signed.person)
    )
    problem = refusal(error, language) if error else ""
    context = Context(
        around(signed, clock.now(), city, problem), departments, form.text("department", 120),
        form.text("address", 2_000), form.text("pasted", LONGEST_PASTE), LARGEST_UPLOAD // 1_000_000,
    )  # fmt: skip
    status = status_of(error) if error else 200
    return workshop_page(
        "begin.html", context, Words(language)("workshop.begin"), f"{HOME}/neu", city, language, status
    )
