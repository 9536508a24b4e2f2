"""Source to version: parse the newest raw bytes, hold them to the contract, check, publish.

Every step is a function of its own; nothing is published unless all of them went well.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from allmende.catalogue.access import Accesses
from allmende.catalogue.checks import check_table
from allmende.catalogue.disclosed import disclose
from allmende.catalogue.versions import Made, publish_table, seen
from allmende.errors import AllmendeError, ContractBroken, HeldBack, NotFound
from allmende.model.city import City
from allmende.model.dataset import Check, Dataset, DatasetVersion, Pin
from allmende.model.guard import Decision
from allmende.model.run import Run, Step
from allmende.model.source import Receipt
from allmende.ports import Clock, Connector, Lake, Store
from allmende.structure.contract import COLUMNS, fit_columns, refuse_loss
from allmende.structure.locate import locate, read_districts
from allmende.structure.parse import Rows, maker_hash, parse_receipt
from allmende.structure.persons import refuse_persons
from allmende.structure.sift import rejected_file, sift
from allmende.structure.terms import refuse_terms


@dataclass(frozen=True)
class Workshop:
    """What is at hand while one dataset is made."""

    city: City
    dataset: Dataset
    connector: Connector
    store: Store
    lake: Lake


@dataclass(frozen=True)
class Clearance:
    """People's word for one content (by the SHA-256 of its bytes): what was held back for these reasons may go on.

    `decisions` are on what the guard found. `described` says that people described the columns in the workshop,
    and so can describe them anew when they change.
    """

    raw: str
    reasons: frozenset[str] = frozenset()
    decisions: tuple[Decision, ...] = ()
    described: bool = False


NOT_CLEARED = Clearance("")


def publish_dataset(
    city: City,
    dataset: Dataset,
    connector: Connector,
    store: Store,
    lake: Lake,
    clock: Clock,
    cleared: Clearance = NOT_CLEARED,
) -> Run:
    """Publish what the newest receipt of the dataset's source holds. Of our faults only HeldBack is raised.

    Outcome `new`, `unchanged` (the same rows make no version), `failed` (the last version stays),
    or `skipped` when nothing was fetched yet.
    """
    started = clock.now()
    step = Step("publish", dataset.id)
    receipt = newest_receipt(dataset, store)
    if receipt is None:
        return Run(step, started, clock.now(), "skipped", "nothing was fetched yet from its source")
    try:
        return _publish(Workshop(city, dataset, connector, store, lake), receipt, clock, started, cleared)
    except HeldBack:
        raise
    except AllmendeError as error:
        message = f"{error.where}: {error.message}" if error.where else error.message
        return Run(step, started, clock.now(), "failed", message, error.hint, error.transient)


def newest_receipt(dataset: Dataset, store: Store) -> Receipt | None:
    """The receipt of the bytes that the dataset is published from, or None."""
    return next(iter(store.receipts(dataset.source)), None)


def inputs_of(city: City, dataset: Dataset, store: Store) -> tuple[Pin, ...]:
    """The versions that the dataset needs beside its raw bytes: the districts', when rows are located.

    Raises NotFound when the districts were not published yet.
    """
    if not dataset.district_column or city.districts is None or city.districts.dataset == dataset.id:
        return ()
    districts = next(iter(store.versions(city.districts.dataset)), None)
    if districts is None:
        raise NotFound(
            f"the districts ({city.districts.dataset}) are not published yet",
            where=f"datasets/{dataset.id}.toml",
            hint="Rows are given their district at publication: mend the districts' source first.",
        )
    return (districts.pin,)


def _publish(shop: Workshop, receipt: Receipt, clock: Clock, started: datetime, cleared: Clearance) -> Run:
    dataset, store = shop.dataset, shop.store
    step = Step("publish", dataset.id)
    maker, inputs = maker_hash(shop.city, dataset), inputs_of(shop.city, dataset, store)
    newest = next(iter(store.versions(dataset.id)), None)
    if newest is not None and seen(store, newest, maker, (receipt.sha256,), inputs):
        return Run(step, started, clock.now(), "unchanged", "nothing new", rows=newest.rows)
    known = cleared if cleared.raw == receipt.sha256 else NOT_CLEARED
    try:
        rows = make_rows(shop, receipt, inputs, None if COLUMNS in known.reasons else newest)
    except ContractBroken as fault:
        if not cleared.described or fault.code != COLUMNS:
            raise
        raise HeldBack(fault.message, reasons=(COLUMNS,), where=fault.where, hint=fault.hint) from fault
    refuse_loss(rows, dataset, maker, None if "rows" in known.reasons else newest)
    refuse_terms(shop.city, dataset, known.decisions)
    refuse_persons(rows, shop.city, dataset, known.decisions)
    made = _made(shop, rows, maker, receipt, inputs)
    version = publish_table(dataset.id, made, store, shop.lake, clock)
    return Run(
        step,
        started,
        clock.now(),
        "new" if version else "unchanged",
        _summary(rows, version),
        rows=rows.table.num_rows,
        rejected=rows.rows_rejected,
    )


def make_rows(
    shop: Workshop, receipt: Receipt, inputs: tuple[Pin, ...], newest: DatasetVersion | None
) -> Rows:
    """Raw bytes to rows that keep the contract; `newest` is the version whose columns are promised."""
    source = shop.city.sources[shop.dataset.source]
    rows = parse_receipt(receipt, source, shop.dataset, shop.connector, shop.lake)
    rows = sift(fit_columns(rows, shop.dataset, newest), shop.dataset)
    if inputs and shop.city.districts is not None:
        districts = read_districts(shop.city.districts, inputs[0], shop.store, shop.lake)
        rows = locate(rows, shop.dataset, districts)
    return rows


def _made(shop: Workshop, rows: Rows, maker: str, receipt: Receipt, inputs: tuple[Pin, ...]) -> Made:
    accesses = Accesses(shop.city)
    shown = disclose(shop.city, shop.dataset, rows.table, rows.columns, shop.store, shop.lake)
    return Made(
        table=shown.table,
        columns=shown.columns,
        changes_raw=shop.lake.keep_raw([shown.log()])[0] if shown.changes else "",
        maker_hash=maker,
        raw=(receipt.sha256,),
        inputs=inputs,
        rejected=rows.rows_rejected,
        rejected_raw=shop.lake.keep_raw([rejected_file(rows.rejected)])[0] if rows.rejected else "",
        checks=_checks(rows, shop.dataset),
        access=accesses.dataset(shop.dataset.id),
        licences=tuple(licence.id for licence in accesses.licences(shop.dataset.id)),
        attributions=accesses.attributions(shop.dataset.id),
    )


def _checks(rows: Rows, dataset: Dataset) -> tuple[Check, ...]:
    # Rows that repeat a key were rejected before, so the key need not be looked at again.
    detail = f"{rows.rows_rejected} of {rows.rows_in} rows were not taken" if rows.rows_rejected else ""
    accepted = Check("rejected", rows.rows_rejected == 0, rows.rows_rejected, detail)
    checks = (*_read(rows), accepted, *check_table(rows.table, rows.columns))
    if not dataset.key or not set(dataset.key) <= set(rows.table.column_names):
        return checks
    return (*checks, Check(f"unique:{'+'.join(dataset.key)}", True))


def _read(rows: Rows) -> tuple[Check, ...]:
    """How the file was read (encoding, coordinate system, repairs), so that a guess can be seen."""
    found = "; ".join(f"{name}: {what}" for name, what in rows.detected.items())
    return (Check("read", True, 0, found),) if found else ()


def _summary(rows: Rows, version: DatasetVersion | None) -> str:
    count = f"{rows.table.num_rows} rows" + (f", {rows.rows_rejected} rejected" if rows.rows_rejected else "")
    return f"version {version.number}: {count}" if version else f"the same {count} again"


@dataclass(frozen=True)
class Remade:
    """The rows of a version made again: their hash, and whether today's definitions are those of then."""

    content_hash: str
    same_definition: bool


def remake(city: City, version: DatasetVersion, connector: Connector, store: Store, lake: Lake) -> Remade:
    """Parse a version's raw bytes again with today's definitions. Writes nothing.

    Raises NotFound (dataset or raw bytes are gone), Unreadable or ContractBroken.
    """
    dataset = city.datasets.get(version.dataset)
    if dataset is None or dataset.source not in city.sources or not version.raw:
        raise NotFound("the city no longer makes this dataset from a source", where=str(version.pin))
    receipt = _receipt_of(version, dataset, store)
    promised = None if version.number == 1 else version
    shop = Workshop(city, dataset, connector, store, lake)
    rows = make_rows(shop, receipt, version.inputs, promised)
    shown = disclose(city, dataset, rows.table, rows.columns, store, lake, before=version.created)
    return Remade(lake.content_hash(shown.table), version.maker_hash == maker_hash(city, dataset))


def _receipt_of(version: DatasetVersion, dataset: Dataset, store: Store) -> Receipt:
    """The oldest receipt of this source for the version's bytes: the one they were first parsed with."""
    found = [r for r in store.receipts_of(version.raw[0]) if r.source == dataset.source]
    if not found:
        raise NotFound("there is no receipt for the version's raw bytes", where=version.raw[0])
    return found[-1]
