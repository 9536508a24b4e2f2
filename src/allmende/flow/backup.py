"""A consistent copy of a city's data while it runs, and the way back.

The database is copied first, by its own online backup; then only the files that this copy speaks of.
All of them are immutable, so whatever is published meanwhile cannot disturb them. The manifest with
every file's SHA-256 comes last: a backup without one was never finished.
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from allmende.errors import AllmendeError, StoreFault
from allmende.flow.archive import copy_into, is_hash, pack, read_manifest, sha256_of, sync, unpack
from allmende.flow.workspace import Workspace
from allmende.lake.local import SECRETS
from allmende.model.text import LANGUAGES
from allmende.store.sql import SqlStore

MANIFEST = "manifest.json"
STORE = "store.sqlite"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Counts:
    """What a backup holds, to be compared after it was brought back."""

    versions: int
    rows: int
    stories: int
    raw_files: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """The last file of a backup: which city, when, how much, and every file with its SHA-256."""

    city: str
    created: str
    counts: Counts
    files: dict[str, str]
    format: int = _FORMAT


def backup(workspace: Workspace, target: Path) -> Manifest:
    """Copy the city's data and files to `target`, a new folder or a file `*.tar`.

    Raises StoreFault when `target` exists, or when a file is missing or damaged (all are named).
    """
    if target.exists() and (target.is_file() or any(target.iterdir())):
        raise StoreFault("there is something already", where=str(target), hint="Name a new place.")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as temporary:
        folder = Path(temporary) / "backup"
        manifest = _copy_all(workspace, folder)
        if target.suffix == ".tar":
            pack(folder, target, last=MANIFEST)
        else:
            folder.replace(target)
            sync(target.parent)
    return manifest


def _copy_all(workspace: Workspace, folder: Path) -> Manifest:
    folder.mkdir()
    created = workspace.clock.now().isoformat()
    _copy_store(workspace.data / STORE, folder / STORE)
    store = SqlStore.open(f"sqlite:///{folder / STORE}")
    try:
        counts = count(store)
        names = [*_raw_names(store), *_table_names(workspace, store), *_secret_names(workspace)]
    finally:
        store.close()
    files = _copy_files(workspace.data, folder, names)
    files |= _copy_city(workspace.city_folder, folder)
    _tidy_store(folder / STORE)
    files[STORE] = sha256_of(folder / STORE)
    manifest = Manifest(workspace.city.slug, created, counts, dict(sorted(files.items())))
    (folder / MANIFEST).write_text(json.dumps(asdict(manifest), indent=1), encoding="utf-8")
    for path in (folder / STORE, folder / MANIFEST, folder):
        sync(path)
    return manifest


def _copy_store(source: Path, target: Path) -> None:
    """SQLite's online backup: a state between two transactions, whoever writes meanwhile."""
    if not source.is_file():
        raise StoreFault(
            "there is no SQLite store", where=str(source), hint="Back up PostgreSQL with pg_dump."
        )
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def _tidy_store(path: Path) -> None:
    """One file without a write-ahead log beside it."""
    with closing(sqlite3.connect(path)) as store:
        store.execute("PRAGMA journal_mode=DELETE")


def count(store: SqlStore) -> Counts:
    """How much the store speaks of."""
    versions = [v for name in store.latest_versions() for v in store.versions(name)]
    stories = sum(
        len(store.story_versions(s.story, language))
        for language in LANGUAGES
        for s in store.latest_stories(language)
    )
    return Counts(len(versions), sum(v.rows for v in versions), stories, len(store.raw_files()))


def _secret_names(workspace: Workspace) -> Iterator[str]:
    """Without the family's secret the noise of cell keys would be another, and the difference would tell."""
    for path in sorted((workspace.data / SECRETS).glob("*.key")):
        yield path.relative_to(workspace.data).as_posix()


def _raw_names(store: SqlStore) -> Iterator[str]:
    """What was fetched and uploaded, also for what is not published yet, and the logs of changed cells."""
    uploaded = {one.raw for one in store.releases.of_departments(None) if one.raw and not one.ended}
    versions = (v for name in store.latest_versions() for v in store.versions(name))
    changes = {version.changes_raw for version in versions if version.changes_raw}
    for sha256 in sorted({*store.raw_files(), *uploaded, *changes}):
        yield f"raw/{sha256[:2]}/{sha256}"


def _table_names(workspace: Workspace, store: SqlStore) -> Iterator[str]:
    """The Parquet files of every version, and of each table's log all up to the newest version."""
    for dataset in store.latest_versions():
        versions = [version.lake_version for version in store.versions(dataset)]
        files = {name for version in versions for name in workspace.lake.files(dataset, version)}
        yield from sorted(Path(name).relative_to(workspace.data).as_posix() for name in files)
        log = workspace.data / "lake" / dataset / "_delta_log"
        for path in sorted(log.iterdir()):
            number = path.name.partition(".")[0]
            if number.isdigit() and int(number) <= max(versions) and path.is_file():
                yield path.relative_to(workspace.data).as_posix()


def _copy_files(data: Path, folder: Path, names: list[str]) -> dict[str, str]:
    """Copy files with their hashes; all that are missing or damaged are named in one StoreFault."""
    done: dict[str, str] = {}
    faults: list[str] = []
    for name in names:
        try:
            done[name] = copy_into(data / name, folder / name)
        except OSError as error:
            faults.append(f"{name} ({error.strerror or error})")
            continue
        if name.startswith("raw/") and done[name] != PurePosixPath(name).name:
            faults.append(f"{name} (its bytes changed)")
    if faults:
        raise StoreFault(
            f"{len(faults)} file(s) are missing or damaged: {', '.join(faults[:5])}",
            where=str(data),
            hint="No backup was made. Run `allmende doctor`, bring the last good backup back.",
        )
    return done


def _copy_city(city: Path, folder: Path) -> dict[str, str]:
    """The city's files too, so that a backup explains itself; they are not brought back by `restore`."""
    if not city.is_dir():
        return {}
    paths = [p for p in sorted(city.rglob("*")) if p.is_file() and not p.is_symlink()]
    names = {f"city/{path.relative_to(city).as_posix()}": path for path in paths}
    return {name: copy_into(path, folder / name) for name, path in names.items()}


def restore(source: Path, data: Path, after: Path | None = None) -> Manifest:
    """Bring a backup back as the data folder `data`, which must be empty or absent.

    Every hash and count is compared before anything is put in place. `after` is the folder of the data as they were
    until now: what was withdrawn there stays withdrawn. Raises StoreFault.
    """
    if data.exists() and any(data.iterdir()):
        raise StoreFault(
            "there are data already", where=str(data), hint="Move them away first, or give another --data."
        )
    data.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=data.parent, prefix=f".{data.name}-") as temporary:
        opened = source
        if source.is_file():
            opened = Path(temporary) / "opened"
            unpack(source, opened)
        manifest = _read(opened)
        folder = Path(temporary) / "data"
        _bring(opened, folder, manifest)
        _compare(folder, manifest)
        if after is not None:
            _withdraw_again(after, folder)
        if data.exists():
            data.rmdir()
        folder.replace(data)
        sync(data.parent)
    return manifest


def _withdraw_again(after: Path, folder: Path) -> None:
    """What was withdrawn since the backup was made is not shown by bringing it back; its records come along."""
    if not (after / STORE).is_file():
        raise StoreFault("there is no store of data as they were until now", where=str(after / STORE))
    newer, older = SqlStore.open(f"sqlite:///{after / STORE}"), SqlStore.open(f"sqlite:///{folder / STORE}")
    try:
        known = {one.id for one in older.releases.incidents()}
        for standing in newer.releases.standings():
            if standing.shown == "withdrawn":
                older.releases.stand(standing)
        for incident in newer.releases.incidents():
            if incident.id not in known:
                older.releases.add_incident(incident)
    finally:
        newer.close()
        older.close()
    _tidy_store(folder / STORE)


def _read(folder: Path) -> Manifest:
    """The manifest, looked at closely: it decides which files are written where."""
    values = read_manifest(folder / MANIFEST)
    try:
        counts = Counts(**values.pop("counts"))
        manifest = Manifest(counts=counts, **values)
        names = [PurePosixPath(name) for name in manifest.files]
    except (TypeError, KeyError) as error:
        raise StoreFault(f"the manifest cannot be read: {error}", where=str(folder)) from error
    if manifest.format != _FORMAT:
        raise StoreFault(
            f"the backup has format {manifest.format}, known is {_FORMAT}",
            where=str(folder),
            hint="Use the edition of Allmende that made it, or a newer one.",
        )
    if any(name.is_absolute() or ".." in name.parts for name in names) or not all(
        is_hash(value) for value in manifest.files.values()
    ):
        raise StoreFault("the manifest names files outside of the backup", where=str(folder))
    return manifest


def _bring(source: Path, folder: Path, manifest: Manifest) -> None:
    folder.mkdir()
    faults = []
    for name, sha256 in manifest.files.items():
        if name.startswith("city/"):
            continue
        try:
            found = copy_into(source / name, folder / name)
        except OSError:
            found = ""
        if found != sha256:
            faults.append(f"{name} ({'damaged' if found else 'missing'})")
    if faults:
        raise StoreFault(
            f"{len(faults)} file(s) of the backup are missing or damaged: {', '.join(faults[:5])}",
            where=str(source),
            hint="Nothing was brought back. Use another backup.",
        )


def _compare(folder: Path, manifest: Manifest) -> None:
    """The database is whole, and speaks of as much as it did."""
    try:
        store = SqlStore.open(f"sqlite:///{folder / STORE}")
        found = count(store)
        store.close()
    except AllmendeError:
        raise
    except Exception as error:
        raise StoreFault(f"the database cannot be read: {error}", where=STORE) from error
    if found != manifest.counts:
        raise StoreFault(f"counts differ: {found} instead of {manifest.counts}", where=str(folder))
