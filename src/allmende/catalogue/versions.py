"""Publishing a table as the next immutable version of a dataset, or not, when nothing changed.

Both verbs that make versions, structuring a source and running a recipe, come through here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pyarrow as pa

from allmende.model.access import Access
from allmende.model.dataset import Check, Column, DatasetVersion, Pin
from allmende.model.finding import Finding
from allmende.ports import Clock, Lake, Store


@dataclass(frozen=True)
class Made:
    """A table that is ready to be published, and how it was made."""

    table: pa.Table
    columns: tuple[Column, ...]
    maker_hash: str
    raw: tuple[str, ...] = ()
    inputs: tuple[Pin, ...] = ()
    recipe_text: str = ""
    rejected: int = 0
    rejected_raw: str = ""
    checks: tuple[Check, ...] = ()
    access: Access = Access.INTERNAL
    licences: tuple[str, ...] = ()
    attributions: tuple[str, ...] = ()
    changes_raw: str = ""
    applied: str = ""
    findings: tuple[Finding, ...] = ()


Judge = Callable[[Made], None]
"""Looks at a result before it is published; raises HeldBack when people have to look first."""


def seen(
    store: Store, latest: DatasetVersion, maker_hash: str, raw: Iterable[str], inputs: Iterable[Pin]
) -> bool:
    """True when `latest` was made from exactly this, or this was tried and gave the same rows."""
    raw, inputs = tuple(raw), tuple(inputs)
    if (latest.maker_hash, latest.raw, latest.inputs) == (maker_hash, raw, inputs):
        return True
    return store.definition(_hash(_record(latest.pin, maker_hash, raw, inputs))) is not None


def remember(store: Store, pin: Pin, made: Made) -> None:
    """Remember that this making gave the rows of `pin` again, so that it need not be tried twice."""
    for record in (
        _record(pin, made.maker_hash, made.raw, made.inputs),
        _confirmed(pin, made.inputs),
    ):
        store.keep_definition(_hash(record), record)


def confirmed(store: Store, pin: Pin, inputs: Iterable[Pin]) -> bool:
    """True when these inputs were tried, too, and gave the rows of `pin` again: then it stands on them."""
    return store.definition(_hash(_confirmed(pin, inputs))) is not None


def digest(value: object) -> str:
    """SHA-256 (hex) of any plain value (texts, numbers, lists, dicts), whatever the order of its keys."""
    return _hash(json.dumps(value, sort_keys=True, ensure_ascii=False, default=str))


def _record(pin: Pin, maker_hash: str, raw: Iterable[str], inputs: Iterable[Pin]) -> str:
    making = {"same_as": str(pin), "maker": maker_hash, "raw": list(raw), "inputs": [str(i) for i in inputs]}
    return json.dumps(making, sort_keys=True)


def _confirmed(pin: Pin, inputs: Iterable[Pin]) -> str:
    return json.dumps({"confirms": str(pin), "inputs": [str(i) for i in inputs]})


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def publish_table(dataset: str, made: Made, store: Store, lake: Lake, clock: Clock) -> DatasetVersion | None:
    """Publish the table; None when the newest version has the same content, columns and terms.

    The lake is written first. A crash before the store knows leaves an unused table version behind,
    which no reader can reach.
    """
    latest = next(iter(store.versions(dataset)), None)
    if latest is not None and _unchanged(latest, made, lake.content_hash(made.table)):
        remember(store, latest.pin, made)
        return None
    written = lake.write(dataset, made.table)
    version = DatasetVersion(
        dataset=dataset,
        number=latest.number + 1 if latest else 1,
        lake_version=written.lake_version,
        content_hash=written.content_hash,
        maker_hash=made.maker_hash,
        rows=written.rows,
        rejected=made.rejected,
        columns=made.columns,
        created=clock.now(),
        raw=made.raw,
        inputs=made.inputs,
        recipe_text=made.recipe_text,
        rejected_raw=made.rejected_raw,
        access=made.access,
        licences=made.licences,
        attributions=made.attributions,
        checks=made.checks,
        changes_raw=made.changes_raw,
        applied=made.applied,
        findings=made.findings,
    )
    store.add_version(version)
    return version


def _unchanged(latest: DatasetVersion, made: Made, content_hash: str) -> bool:
    """Equal content under equal terms; newer raw bytes with the same rows make no version."""
    return (
        latest.content_hash == content_hash
        and latest.columns == made.columns
        and latest.rejected == made.rejected
        and latest.access == made.access
        and latest.licences == made.licences
        and latest.recipe_text == made.recipe_text
        and (latest.applied, latest.findings) == (made.applied, made.findings)
    )
