"""Computing a version again: from its own raw bytes or input versions, compared by hash. Writes nothing."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter

from allmende.catalogue.applied import read_applied
from allmende.catalogue.disclosed import disclose, is_mark
from allmende.errors import AllmendeError, NotFound
from allmende.extensions import load_connector
from allmende.flow.observed import observatory
from allmende.flow.workspace import Workspace
from allmende.model.dataset import DatasetVersion, Pin
from allmende.model.finding import Finding
from allmende.ports import Recomputed
from allmende.structure.observed import known_on, make_observed
from allmende.structure.publish import remake
from allmende.understand.recipe import make_result, maker_hash

SAME = "same"
SAME_THOUGH_CHANGED = "same, although the definition changed since"
CHANGED = "the definition changed since"
OTHER_FINDINGS = "the same rows, but the instrument says something else of them"
DIFFERENT = "the same definition gives other rows today"


class Recomputer:
    """The Recompute port for one city."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def __call__(self, pin: Pin) -> Recomputed:
        """Make the version again. `reason` is one of this module's words, or what prevented it.

        Raises NotFound when there is no such version.
        """
        version = self._workspace.store.version(pin)
        started = perf_counter()
        try:
            made, same_definition, findings = self._make(version)
        except AllmendeError as error:
            return Recomputed(pin, False, str(error), "", perf_counter() - started)
        same_rows, same_words = made == version.content_hash, findings == version.findings
        reason = OTHER_FINDINGS if same_rows and not same_words else _reason(same_rows, same_definition)
        return Recomputed(pin, same_rows and same_words, reason, made, perf_counter() - started)

    def _make(self, version: DatasetVersion) -> tuple[str, bool, tuple[Finding, ...]]:
        """The hash of the rows, whether the definition is the same, and the findings."""
        if version.recipe_text:
            return self._compute(version)
        workspace = self._workspace
        dataset = workspace.city.datasets.get(version.dataset)
        if dataset is not None and dataset.observations is not None:
            shop = observatory(workspace)
            made = make_observed(shop, dataset, known_on(version), past=True)
            same = made.maker_hash == version.maker_hash
            return workspace.lake.content_hash(made.table), same, ()
        if dataset is None or dataset.source not in workspace.city.sources:
            raise NotFound("the city no longer makes this dataset from a source", where=str(version.pin))
        connector = load_connector(workspace.city.sources[dataset.source].connector)
        again = remake(workspace.city, version, connector, workspace.store, workspace.lake)
        return again.content_hash, again.same_definition, ()

    def _compute(self, version: DatasetVersion) -> tuple[str, bool, tuple[Finding, ...]]:
        """Run the recipe as it was then: its own text, inputs and columns."""
        workspace = self._workspace
        dataset = workspace.city.datasets.get(version.dataset)
        if dataset is None:
            raise NotFound("the city no longer has this dataset", where=str(version.pin))
        own = tuple(column for column in version.columns if not is_mark(column.name, dataset))
        applied = read_applied(version.applied) if version.applied else None
        as_then = replace(dataset, columns=own, instrument=applied)
        tables = {pin.dataset.replace("-", "_"): pin for pin in version.inputs}
        result = make_result(as_then, version.recipe_text, tables, workspace.engine)
        table = disclose(
            workspace.city,
            dataset,
            result.table,
            own,
            workspace.store,
            workspace.lake,
            before=version.created,
        ).table
        known = dataset.recipe in workspace.city.recipes
        same = known and maker_hash(workspace.city, dataset) == version.maker_hash
        return workspace.lake.content_hash(table), same, result.findings


def _reason(equal: bool, same_definition: bool) -> str:
    if equal:
        return SAME if same_definition else SAME_THOUGH_CHANGED
    return DIFFERENT if same_definition else CHANGED
