"""The guard over what recipes and observations make: it passes the same eyes as what comes from sources.

What was decided for a column of an input is decided for the same column of the result, as long as it holds no other
values: then it shows nothing that is not public already.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from allmende.catalogue.versions import Made, digest
from allmende.errors import AllmendeError, HeldBack
from allmende.flow.observed import observatory
from allmende.flow.workspace import Workspace
from allmende.model.dataset import Dataset, DatasetVersion, Pin
from allmende.model.guard import Allowed, Decision, GuardFinding, undecided
from allmende.model.source import Receipt
from allmende.structure.observed import observed_hash
from allmende.structure.persons import hold_persons, table_findings
from allmende.structure.publish import Clearance
from allmende.understand import recipe

FINDING = "finding"


def judge(workspace: Workspace, dataset: Dataset, cleared: Clearance, made: Made) -> None:
    """HeldBack when a result comes to a verdict that nobody confirmed, or seems to speak of people and nobody has
    decided on it here or at an input."""
    if FINDING not in cleared.reasons:
        hold_findings(dataset, made, next(iter(workspace.store.versions(dataset.id)), None))
    _hold_persons(workspace, dataset, cleared.decisions, made)


def hold_findings(dataset: Dataset, made: Made, newest: DatasetVersion | None) -> None:
    """HeldBack when one of the findings comes to another verdict than the last version's, and the city's files do
    not confirm it. New numbers under a verdict that stands need nobody, as long as the question is the same."""
    said = {one.verdict for one in dataset.instrument.confirmed} if dataset.instrument else set()
    asked = (made.recipe_text, made.applied)
    same = newest is not None and (newest.recipe_text, newest.applied) == asked
    stands = {(one.key, one.verdict) for one in newest.findings} if newest and same else set()
    new = [f for f in made.findings if f.verdict not in said and (f.key, f.verdict) not in stands]
    if new:
        raise HeldBack(
            "somebody has to confirm what an instrument found",
            reasons=(FINDING,),
            conclusions=made.findings,
            where=f"datasets/{dataset.id}.toml",
            hint="`allmende release show` tells it, as does the desk; release it there, or write the verdict under "
            "confirmed in [instrument].",
        )


def _hold_persons(workspace: Workspace, dataset: Dataset, decisions: Iterable[Decision], made: Made) -> None:
    found = table_findings(made.table, made.columns, workspace.city, dataset)
    open_ = undecided(found, (*dataset.guard_allowed, *decisions))
    hold_persons([one for one in open_ if not _carried(workspace, one, made.table, made.inputs)], dataset)


def content_of(workspace: Workspace, dataset: Dataset) -> Receipt | None:
    """What a result is made from, in the place of raw bytes: `sha256` is over it, the address names it.

    Of a recipe its text and exact inputs; of observations their selection and all that describes their
    datastreams, so that a decision holds while only the values go on. None when an input is missing.
    """
    now = workspace.clock.now()
    if dataset.recipe:
        try:
            pins = recipe.newest_inputs(workspace.city, dataset, workspace.store)
        except AllmendeError:
            return None
        said = digest([recipe.maker_hash(workspace.city, dataset), sorted(str(pin) for pin in pins.values())])
        return Receipt("", f"recipe:{dataset.recipe}", said, 0, now)
    said = observed_hash(observatory(workspace), dataset)
    return Receipt("", f"observations:{dataset.id}", said, 0, now)


def _carried(workspace: Workspace, finding: GuardFinding, table: pa.Table, inputs: Iterable[Pin]) -> bool:
    """Was this finding decided on where the column comes from, and are all of its values from there?"""
    if finding.column not in table.column_names:
        return False
    return any(_from(workspace, finding, table, pin) for pin in inputs)


def _from(workspace: Workspace, finding: GuardFinding, table: pa.Table, pin: Pin) -> bool:
    version = workspace.store.version(pin)
    if not any(column.name == finding.column for column in version.columns):
        return False
    rows = workspace.lake.read(pin.dataset, version.lake_version)
    known = rows.read_all().select([finding.column])
    if not _within(table.column(finding.column), known.column(0)):
        return False
    if not undecided([finding], _said(workspace, pin.dataset)):
        return True
    return _carried(workspace, finding, known, version.inputs)


def _within(values: pa.ChunkedArray[Any], known: pa.ChunkedArray[Any]) -> bool:
    """Is every value one of those that are known?"""
    if values.type != known.type:
        return False
    return pc.all(pc.is_in(values.drop_null(), value_set=known.combine_chunks())).as_py() is not False


def _said(workspace: Workspace, dataset: str) -> tuple[Decision | Allowed, ...]:
    """What people decided on the dataset: in its file, and on its published content."""
    found = workspace.city.datasets.get(dataset)
    releases = workspace.store.releases.of_dataset(dataset)
    published = next((one for one in releases if one.state == "published"), None)
    return (*(found.guard_allowed if found else ()), *(published.decisions if published else ()))
