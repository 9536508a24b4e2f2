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
from allmende.errors import AllmendeError
from allmende.flow.observed import observatory
from allmende.flow.workspace import Workspace
from allmende.model.dataset import Dataset, Pin
from allmende.model.guard import Allowed, Decision, GuardFinding, undecided
from allmende.model.source import Receipt
from allmende.structure.observed import observed_hash
from allmende.structure.persons import hold_persons, table_findings
from allmende.understand import recipe


def judge(workspace: Workspace, dataset: Dataset, decisions: Iterable[Decision], made: Made) -> None:
    """HeldBack when a result seems to speak of people, and nobody has decided on it here or at an input."""
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
