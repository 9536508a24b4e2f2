"""A dataset in the workshop: its versions, newer bytes for it, withdrawing it and showing it again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from litestar import Response, get, post

from allmende.errors import AllmendeError, NotFound
from allmende.model.access import Access
from allmende.model.city import City
from allmende.model.dataset import Dataset, DatasetVersion
from allmende.model.release import Release
from allmende.model.run import Run, Step
from allmende.model.source import Source
from allmende.model.text import Language
from allmende.model.withdrawal import Incident
from allmende.ports import Clock, Desk, Store
from allmende.share.given import (
    GivenCity,
    GivenClock,
    GivenDesk,
    GivenForm,
    GivenLanguage,
    GivenSigned,
    GivenStore,
)
from allmende.share.people.forms import Form
from allmende.share.people.signing_in import READING, SignedIn
from allmende.share.portal.pages.sign_in import go
from allmende.share.portal.pages.workshop.begin import LARGEST_UPLOAD, LONGEST_PASTE, brought
from allmende.share.portal.pages.workshop.parts import (
    HOME,
    Around,
    around,
    may,
    refusal,
    status_of,
    today_of,
    workshop_page,
)


@dataclass(frozen=True, slots=True)
class Context:
    """A dataset for those who look after it. `working` is True while newer bytes are looked at."""

    around: Around
    dataset: Dataset
    withdrawn: bool
    uploaded: bool
    working: bool
    run: Run | None
    versions: tuple[DatasetVersion, ...]
    releases: tuple[Release, ...]
    incidents: tuple[Incident, ...]
    may_fill: bool
    may_withdraw: bool
    may_show: bool
    described_here: bool


@get("/werkstatt/d/{name:str}", include_in_schema=False, sync_to_thread=True)
def workshop_dataset(
    name: str, signed: GivenSigned, desk: GivenDesk, city: GivenCity, language: GivenLanguage,
    clock: GivenClock, store: GivenStore,
) -> Response[str]:  # fmt: skip
    """How a dataset stands."""
    return _page(name, signed, desk, city, language, clock, store)


@post(
    "/werkstatt/d/{name:str}/{action:str}", include_in_schema=False, sync_to_thread=True, status_code=200,
    request_max_body_size=LARGEST_UPLOAD + LONGEST_PASTE,
)  # fmt: skip
def change_dataset(
    name: str, action: str, signed: GivenSigned, desk: GivenDesk, city: GivenCity, language: GivenLanguage,
    clock: GivenClock, store: GivenStore, form: GivenForm,
) -> Response[str]:  # fmt: skip
    """Bring newer bytes, describe anew, withdraw, or show again."""
    start = "/en" if language == "en" else ""
    try:
        address = _do(action, name, signed, desk, form)
    except AllmendeError as error:
        return _page(name, signed, desk, city, language, clock, store, error)
    return go(f"{start}{HOME}{address}")


def _do(action: str, name: str, signed: SignedIn, desk: Desk, form: Form) -> str:
    person, reason = signed.person, form.text("reason", 2_000)
    if action == "aktualisieren":
        file, chunks = brought(form)
        desk.refresh(person, name, desk.keep(chunks), file)
    elif action == "beschreiben":
        return f"/r/{desk.change(person, name).id}"
    elif action == "zuruecknehmen":
        desk.withdraw(person, name, reason)
    elif action == "zeigen":
        desk.show_again(person, name, reason)
    return f"/d/{name}"


def _page(
    name: str, signed: SignedIn, desk: Desk, city: City, language: Language, clock: Clock, store: Store,
    error: AllmendeError | None = None,
) -> Response[str]:  # fmt: skip
    person, today = signed.person, today_of(clock.now(), city)
    dataset = city.datasets.get(name)
    if dataset is None or not person.may_one_of(READING, dataset.department, today):
        raise NotFound(f"there is no dataset {name!r}", where=f"/d/{name}")
    source, run = city.sources.get(dataset.source), store.latest_runs().get(Step("publish", name))
    releases = tuple(one for one in desk.seen_by(person) if one.dataset == name)
    working = source is not None and source.uploaded and _is_newer(store, source, run)
    context = Context(
        around(signed, clock.now(), city, refusal(error, language) if error else ""), dataset,
        dataset.access is Access.WITHDRAWN, source is not None and source.uploaded, working, run,
        tuple(store.versions(name)), releases,
        tuple(one for one in desk.incidents(person) if one.dataset == name),
        may(person, "fill", dataset.department, today), may(person, "withdraw", dataset.department, today),
        may(person, "approve", dataset.department, today), any(one.definition for one in releases),
    )  # fmt: skip
    headers = {"refresh": "2"} if working else {}
    status = status_of(error) if error else 200
    title = dataset.title.of(language)
    return workshop_page("dataset.html", context, title, f"{HOME}/d/{name}", city, language, status, headers)


def _is_newer(store: Store, source: Source, run: Run | None) -> bool:
    """True while newer bytes are there that no run has looked at."""
    newest = next(iter(store.receipts(source.id)), None)
    if newest is None:
        return False
    seen: datetime | None = run.finished if run else None
    return seen is None or newest.fetched_at > seen
