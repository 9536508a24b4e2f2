"""A city's folder with everything that stands only in the store: datasets described in the browser, and their bytes.

What is there already is copied as it is. The folder that comes out runs on a fresh machine, and publishes the
same rows. It appears under its name only when it is whole and the city in it has no new faults.
"""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from allmende.city.load import read_city
from allmende.city.write import dataset_text, source_text, with_access
from allmende.collect.files import FOLDER, SCHEME
from allmende.errors import CityInvalid, StoreFault
from allmende.flow.archive import copy_into
from allmende.flow.workspace import Workspace
from allmende.model.access import Access
from allmende.model.dataset import Dataset
from allmende.model.guard import Allowed
from allmende.model.source import Receipt, Source
from allmende.model.standing import Definition, Standing

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: datasets from the store, and of these those whose data are not there, or not public.

    `withheld` and `withdrawn` datasets are internal in the folder, also those that the city's files describe.
    """

    written: tuple[str, ...]
    withheld: tuple[str, ...]
    withdrawn: tuple[str, ...]
    without_bytes: tuple[str, ...]
    closed: tuple[str, ...]


def export_city(workspace: Workspace, target: Path) -> Exported:
    """Write the city as it stands to the folder `target`, which must be empty or absent.

    The bytes of withdrawn datasets are not written. Raises StoreFault, and CityInvalid when the city
    would have faults in the new folder that it does not have in the old one.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise StoreFault("there is something already", where=str(target), hint="Name a new folder.")
    target = target.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".export-") as temporary:
        folder = Path(temporary) / target.name
        _copy_files(workspace.city_folder, folder)
        exported = _write_standings(workspace, folder)
        _check(workspace.city_folder, folder)
        if target.exists():
            target.rmdir()
        folder.replace(target)
    return exported


def _copy_files(city: Path, folder: Path) -> None:
    """Every file of the city, byte by byte; hidden ones and links are nothing that a city is made of."""
    folder.mkdir()
    for place, folders, names in os.walk(city, followlinks=False):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = Path(place) / name
            if not name.startswith(".") and path.is_file() and not path.is_symlink():
                copy_into(path, folder / path.relative_to(city))


def _check(before: Path, after: Path) -> None:
    known = set(read_city(before)[1]) if before.is_dir() else set()
    problems = [one for one in read_city(after)[1] if one not in known]
    if problems:
        raise CityInvalid(sorted(set(problems)))


def _write_standings(workspace: Workspace, folder: Path) -> Exported:
    standings = sorted(workspace.store.releases.standings(), key=lambda one: one.dataset)
    written: dict[str, bool] = {}
    for one in standings:
        if one.dataset in workspace.files.datasets:
            _close(one, folder)
        elif one.definition is not None:
            written[one.dataset] = _write(workspace, one, one.definition, folder)
    datasets = workspace.city.datasets
    return Exported(
        tuple(written),
        tuple(one.dataset for one in standings if one.shown == "withheld"),
        tuple(one.dataset for one in standings if one.shown == "withdrawn"),
        without_bytes=tuple(name for name, whole in written.items() if not whole),
        closed=tuple(n for n, whole in written.items() if whole and datasets[n].access > Access.OPEN),
    )


def _close(standing: Standing, folder: Path) -> None:
    """The file of a dataset that is not to be shown says so."""
    if standing.shown == "released":
        return
    path = folder / "datasets" / f"{standing.dataset}.toml"
    path.write_text(with_access(path.read_text(encoding="utf-8-sig"), Access.INTERNAL), encoding="utf-8")


def _write(workspace: Workspace, standing: Standing, definition: Definition, folder: Path) -> bool:
    """The two files of a described dataset, and its bytes; False when its bytes are not in the folder."""
    dataset, source = definition.dataset, definition.source
    dataset = replace(dataset, guard_allowed=_decided(workspace, dataset))
    if standing.shown != "released":
        dataset = replace(dataset, access=Access.INTERNAL)
    whole = not source.uploaded
    if source.uploaded and standing.shown != "withdrawn":
        source, whole = _with_bytes(workspace, dataset, source, folder)
    _put(folder / "datasets" / f"{dataset.id}.toml", dataset_text(dataset))
    if source.id not in workspace.files.sources:
        _put(folder / "sources" / f"{source.id}.toml", source_text(source))
    return whole


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _decided(workspace: Workspace, dataset: Dataset) -> tuple[Allowed, ...]:
    """What people decided on the published content holds in the folder, too: it would be held back otherwise."""
    releases = workspace.store.releases.of_dataset(dataset.id)
    published = next((one for one in releases if one.state == "published"), None)
    known = {(one.kind, one.column) for one in dataset.guard_allowed}
    decisions = published.decisions if published else ()
    new = (Allowed(d.kind, d.column, d.reason) for d in decisions if (d.kind, d.column) not in known)
    return (*dataset.guard_allowed, *new)


def _with_bytes(workspace: Workspace, dataset: Dataset, source: Source, folder: Path) -> tuple[Source, bool]:
    """The source with the address of its bytes in the folder; as it is when there are none."""
    receipt = _published_receipt(workspace, dataset, source)
    if receipt is None:
        return source, False
    name = _file_name(receipt)
    path = PurePosixPath(FOLDER) / dataset.id / name
    copy_into(workspace.lake.raw_path(receipt.sha256), folder / path)
    return replace(source, address=f"{SCHEME}{path}"), True


def _published_receipt(workspace: Workspace, dataset: Dataset, source: Source) -> Receipt | None:
    """The bytes that are public: what waits for people is not theirs to give away yet."""
    versions, receipts = workspace.store.versions(dataset.id), workspace.store.receipts(source.id)
    if not versions:
        return next(iter(receipts), None)
    return next((one for one in receipts if one.sha256 in versions[0].raw), None)


def _file_name(receipt: Receipt) -> str:
    """A name that any disk and any address can carry; its end tells what kind of file it is."""
    name = _UNSAFE.sub("-", PurePosixPath(receipt.file_name).name).lstrip(".-")
    return name[-_LONGEST_NAME:].lstrip(".-") or "data"
