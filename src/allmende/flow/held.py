"""Refreshes that are held back: a release is opened for people, and what they cleared is published.

The old version stays public meanwhile. A newer refresh takes the place of one that nobody answered for.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from allmende import __version__
from allmende.catalogue.access import Accesses, closed_parts
from allmende.catalogue.versions import digest
from allmende.errors import AllmendeError, HeldBack
from allmende.extensions import load_connector
from allmende.flow.graph import maker
from allmende.flow.looking import look
from allmende.flow.observed import observe
from allmende.flow.results import content_of, judge
from allmende.flow.workspace import Workspace
from allmende.model.city import City
from allmende.model.dataset import Check, Dataset
from allmende.model.release import (
    SYSTEM,
    Action,
    Release,
    ReleaseStep,
    Step,
    advance,
    checked,
)
from allmende.model.run import Run
from allmende.model.source import UPLOAD, Receipt
from allmende.model.standing import Definition
from allmende.structure.contract import COLUMNS
from allmende.structure.parse import maker_hash
from allmende.structure.publish import NOT_CLEARED, Clearance, newest_receipt, publish_dataset
from allmende.understand.recipe import maker_hash as recipe_hash
from allmende.understand.recipe import run_recipe

_BEFORE = ("draft", "described", "checked")
"""What is still being described says nothing yet of what is published."""
DISCLOSURE = "disclosure"
HELD = "held back until somebody releases it"


def publish_or_hold(workspace: Workspace, dataset: Dataset) -> Run:
    """Publish a dataset's newest content, or hold it back for people when they have to look first."""
    started, receipt = workspace.clock.now(), _content(workspace, dataset)
    release, step = release_of(workspace, dataset, receipt), maker(dataset)
    if release is not None and release.state == "refused" and release.maker == _maker(workspace, dataset):
        refused = "the newest content was refused; the last stays"
        return Run(step, started, workspace.clock.now(), "unchanged", refused)
    try:
        run = _publish(workspace, dataset, _cleared(workspace, dataset, release))
    except HeldBack as fault:
        definition = _definition(workspace, dataset) if COLUMNS in fault.reasons else None
        hold(workspace, dataset, receipt, fault, definition)
        known = held_hash(workspace, dataset, receipt.sha256 if receipt else "")
        workspace.store.keep_definition(known, f"held: {dataset.id}")
        return _held_run(dataset, fault, started, workspace)
    if run.outcome in ("new", "unchanged"):
        if release is not None and release.state == "approved" and _stands(workspace, release):
            _published(workspace, release)
        _close_older(workspace, dataset, workspace.clock.now(), "it was published without that")
    return run


def _content(workspace: Workspace, dataset: Dataset) -> Receipt | None:
    """What is to be published, by its hash."""
    return newest_receipt(dataset, workspace.store) if dataset.source else content_of(workspace, dataset)


def _publish(workspace: Workspace, dataset: Dataset, cleared: Clearance) -> Run:
    """Publish a dataset, however it is made. Of our faults only HeldBack is raised."""
    city, store, lake, clock = workspace.city, workspace.store, workspace.lake, workspace.clock
    look_at = partial(judge, workspace, dataset, cleared)
    if dataset.recipe:
        return run_recipe(city, dataset, store, lake, workspace.engine, clock, look_at)
    if dataset.observations is not None:
        return observe(workspace, dataset, look_at)
    connector = load_connector(city.sources[dataset.source].connector)
    cleared = replace(cleared, described=_definition(workspace, dataset) is not None)
    return publish_dataset(city, dataset, connector, store, lake, clock, cleared)


def said_hash(city: City, dataset: Dataset) -> str:
    """What a person said about a dataset: when that changes, an old word about it no longer counts."""
    made_by = _made_by(city, dataset)
    return digest([made_by, [repr(one) for one in dataset.guard_allowed]])


def _made_by(city: City, dataset: Dataset) -> str:
    if dataset.observations is not None:
        return digest([repr(dataset.observations), closed_parts(city, dataset)])
    return recipe_hash(city, dataset) if dataset.recipe else maker_hash(city, dataset)


def _maker(workspace: Workspace, dataset: Dataset) -> str:
    return said_hash(workspace.city, dataset)


def release_of(workspace: Workspace, dataset: Dataset, receipt: Receipt | None) -> Release | None:
    """The release for exactly these bytes of a dataset: the one approved, under way, or the newest that ended."""
    sha256 = receipt.sha256 if receipt else None
    known = workspace.store.releases.of_dataset(dataset.id)
    found = [one for one in known if one.raw == sha256 and one.state not in _BEFORE]
    waiting = [one for one in found if one.state == "approved"]
    return next(iter([*waiting, *(one for one in found if not one.ended), *found]), None)


def _cleared(workspace: Workspace, dataset: Dataset, release: Release | None) -> Clearance:
    """What people said of these bytes under this definition, as long as who approved still may."""
    if release is None or release.maker != _maker(workspace, dataset) or not _stands(workspace, release):
        return NOT_CLEARED
    return Clearance(release.raw, frozenset(release.held_for), release.decisions)


def _stands(workspace: Workspace, release: Release) -> bool:
    if release.state != "approved":
        return release.state == "published"
    return may_still_release(workspace, release)


def may_still_release(workspace: Workspace, release: Release) -> bool:
    """True when whoever approved it still has the role; what the deadline opened, nobody has to."""
    if release.approved_by == SYSTEM:
        return True
    today = workspace.clock.now().astimezone(ZoneInfo(workspace.city.time_zone)).date()
    people = (one for one in workspace.store.people.all() if one.id == release.approved_by)
    return any(one.may("releaser", release.department, today) for one in people)


def _definition(workspace: Workspace, dataset: Dataset) -> Definition | None:
    """What a person described the dataset as; None when the city's files do."""
    known = (one for one in workspace.store.releases.standings() if one.dataset == dataset.id)
    return None if dataset.id in workspace.files.datasets else next((one.definition for one in known), None)


def _held_run(dataset: Dataset, fault: HeldBack, started: datetime, workspace: Workspace) -> Run:
    message = f"{fault.where}: {fault.message}; {HELD}"
    return Run(maker(dataset), started, workspace.clock.now(), "held", message, fault.hint)


def held_hash(workspace: Workspace, dataset: Dataset, content: str) -> str:
    """The hash of all that a held content was judged by: its bytes, who may see it, licences, what people said.

    While it stays the same nothing is parsed again. A newer edition of Allmende looks anew.
    """
    city, store = workspace.city, workspace.store
    newest = next(iter(store.versions(dataset.id)), None)
    releases = [[one.id, one.state] for one in store.releases.of_dataset(dataset.id)]
    accesses = Accesses(city)
    judged = [repr(dataset), repr(city.sources.get(dataset.source)), accesses.dataset(dataset.id).label]
    judged += [one.id for one in accesses.licences(dataset.id)]
    return digest(["held", __version__, content, newest.number if newest else 0, judged, releases])


def hold(
    workspace: Workspace,
    dataset: Dataset,
    receipt: Receipt | None,
    fault: HeldBack,
    definition: Definition | None = None,
) -> Release:
    """Open a release for what was held back, unless one waits already for the same bytes and reasons.

    With a `definition` the bytes no longer fit what a person described: they have to describe them anew.
    """
    now, known = workspace.clock.now(), release_of(workspace, dataset, receipt)
    maker = _maker(workspace, dataset)
    if (
        known is not None
        and known.state == "held"
        and set(fault.reasons) <= set(known.held_for)
        and (known.maker, known.findings, known.conclusions) == (maker, fault.findings, fault.conclusions)
    ):
        return known
    _close_older(workspace, dataset, now, "something newer came")
    # What was cleared for one reason and stopped by another needs both: or each would undo the other.
    before = _cleared(workspace, dataset, known)
    reasons = tuple(sorted({*before.reasons, *fault.reasons}))
    made = Release(
        id=secrets.token_hex(6), dataset=dataset.id, department=dataset.department, state="held", revision=1,
        started=now, changed=now, begun_by=_begun_by(workspace, dataset, receipt, known),
        involved=known.involved if known else (), raw=receipt.sha256 if receipt else "",
        address=_fetched_from(receipt), file_name=receipt.file_name if receipt else "", definition=definition,
        held_for=reasons, maker=maker, decisions=before.decisions,
    )  # fmt: skip
    # Nobody can decide these away: the columns, the table or the rule have to become others.
    stuck = definition is not None or DISCLOSURE in fault.reasons
    checks = (Check("contract", False, 0, f"{fault.message} {fault.hint}"),) if stuck else ()
    made = replace(checked(made, checks, fault.findings, None, None), conclusions=fault.conclusions)
    workspace.store.releases.add(made, ReleaseStep(made.id, 1, now, SYSTEM, "hold", "held", fault.message))
    if definition is not None:
        _look(workspace, made)
    return made


def _fetched_from(receipt: Receipt | None) -> str:
    return "" if receipt is None or receipt.address.startswith(UPLOAD) else receipt.address


def _look(workspace: Workspace, release: Release) -> None:
    """Show people what came, as far as it can be read."""
    try:
        look(workspace, release)
    except AllmendeError as error:
        faulty = replace(release, fault=error.message, hint=error.hint)
        workspace.store.releases.save(faulty, release.revision)


def _begun_by(workspace: Workspace, dataset: Dataset, receipt: Receipt | None, known: Release | None) -> str:
    """Who brought these bytes: they had a hand in it, so somebody else has to release them."""
    if known is not None and known.begun_by != SYSTEM:
        return known.begun_by
    uploader = workspace.store.releases.uploader(dataset.id, receipt.sha256) if receipt else ""
    return uploader or SYSTEM


def _close_older(workspace: Workspace, dataset: Dataset, now: datetime, reason: str) -> None:
    for old in workspace.store.releases.of_dataset(dataset.id):
        if old.state in ("held", "approved"):
            take(workspace, old, "refuse", reason, now)


def _published(workspace: Workspace, release: Release) -> None:
    """The release is public now, and those before it are superseded."""
    now = workspace.clock.now()
    for old in workspace.store.releases.of_dataset(release.dataset):
        if old.state == "published":
            take(workspace, old, "supersede", "", now)
    version = workspace.store.latest_versions()[release.dataset].number
    take(workspace, replace(release, version=version), "publish", "", now)


def take(workspace: Workspace, release: Release, action: Action, reason: str, now: datetime) -> Release:
    """A step that the system takes by itself."""
    after = advance(release, Step(action, release.revision, reason), None, now, now.date())
    step = ReleaseStep(release.id, 0, now, SYSTEM, action, after.state, reason)
    workspace.store.releases.save(after, release.revision, step)
    return after
