"""The examinations of `allmende doctor`: each looks at one thing and says what it found."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from allmende.errors import AllmendeError
from allmende.model.run import Step
from allmende.model.text import Text

if TYPE_CHECKING:
    from allmende.flow.workspace import Workspace

ENOUGH_SPACE = 1024**3
SAMPLE = 50
EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = {"every 10 minutes": 1, "hourly": 1, "daily": 3, "weekly": 14, "monthly": 62, "yearly": 400}
RESTORE = Text(
    "Spielen Sie die letzte Sicherung zurück: allmende restore.",
    "Restore the last backup: allmende restore.",
)
Examination = Callable[["Workspace", bool], Iterator["Diagnosis"]]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What one examination found; `advice` is empty when all is well."""

    well: bool
    found: Text
    advice: Text = Text()


def space(workspace: Workspace, everything: bool) -> Iterator[Diagnosis]:
    """Is there room on the disk?"""
    free = shutil.disk_usage(workspace.data).free
    gigabytes = f"{free / 1024**3:.1f}"
    yield Diagnosis(
        free >= ENOUGH_SPACE,
        Text(f"Auf der Platte sind {gigabytes} GiB frei.", f"{gigabytes} GiB are free on the disk."),
        Text("Schaffen Sie mindestens 1 GiB Platz.", "Make at least 1 GiB of room."),
    )


def permissions(workspace: Workspace, everything: bool) -> Iterator[Diagnosis]:
    """May we write where the data are, and may others not?"""
    folder = workspace.data
    writable = os.access(folder, os.W_OK | os.X_OK)
    yield Diagnosis(
        writable,
        Text(f"In {folder} kann geschrieben werden.", f"{folder} can be written to.")
        if writable
        else Text(f"In {folder} darf nicht geschrieben werden.", f"{folder} cannot be written to."),
        Text(
            "Geben Sie dem Konto, unter dem Allmende läuft, das Recht.",
            "Give the account of Allmende the right.",
        ),
    )
    open_to_all = bool(folder.stat().st_mode & 0o002)
    if open_to_all:
        yield Diagnosis(
            False,
            Text(f"Jedes Konto darf in {folder} schreiben.", f"Every account may write to {folder}."),
            Text(f"Führen Sie aus: chmod o-w {folder}", f"Run: chmod o-w {folder}"),
        )


def store(workspace: Workspace, everything: bool) -> Iterator[Diagnosis]:
    """Is the database in order?"""
    try:
        with sqlite3.connect(f"file:{workspace.data / 'store.sqlite'}?mode=ro", uri=True) as database:
            answer = str(database.execute("PRAGMA integrity_check").fetchone()[0])
    except sqlite3.Error as error:
        answer = str(error)
    yield Diagnosis(
        answer == "ok",
        Text(f"Prüfung der Datenbank: {answer}.", f"Check of the database: {answer}."),
        RESTORE,
    )


def raw_files(workspace: Workspace, everything: bool) -> Iterator[Diagnosis]:
    """Do raw files still have the hash that their name says? A sample of the newest, or all."""
    files = [path for path in (workspace.data / "raw").glob("??/*") if path.is_file()]
    if not everything:
        files = sorted(files, key=lambda path: path.stat().st_mtime, reverse=True)[:SAMPLE]
    broken = [path for path in files if _hash(path) != path.name]
    for path in broken:
        yield Diagnosis(
            False,
            Text(f"Die Rohdatei {path.name} ist beschädigt.", f"The raw file {path.name} is damaged."),
            Text("Holen Sie sie aus einer Sicherung.", "Take it from a backup."),
        )
    yield Diagnosis(
        not broken,
        Text(
            f"{len(files)} Rohdateien geprüft, {len(broken)} beschädigt.",
            f"{len(files)} raw files checked, {len(broken)} damaged.",
        ),
        Text("Prüfen Sie die Platte.", "Check the disk."),
    )


def _hash(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def versions(workspace: Workspace, everything: bool) -> Iterator[Diagnosis]:
    """Are the files of every published version there?"""
    lost, count = [], 0
    for dataset in workspace.store.latest_versions():
        found = workspace.store.versions(dataset)
        for version in found if everything else found[:1]:
            count += 1
            if not _is_there(workspace, dataset, version.lake_version):
                lost.append(str(version.pin))
    for pin in lost:
        yield Diagnosis(
            False,
            Text(f"Dateien der Fassung {pin} fehlen.", f"Files of the version {pin} are missing."),
            RESTORE,
        )
    yield Diagnosis(
        not lost,
        Text(
            f"{count} Fassungen geprüft, {len(lost)} unvollständig.",
            f"{count} versions checked, {len(lost)} incomplete.",
        ),
        Text("Siehe oben.", "See above."),
    )


def _is_there(workspace: Workspace, dataset: str, lake_version: int) -> bool:
    try:
        return all(Path(name).is_file() for name in workspace.lake.files(dataset, lake_version))
    except AllmendeError:
        return False


def clock(workspace: Workspace, everything: bool) -> Iterator[Diagnosis]:
    """Does the clock tell a believable time, not before what it told earlier?"""
    now = workspace.clock.now()
    last = max((run.finished for run in workspace.store.latest_runs().values()), default=EARLIEST)
    yield Diagnosis(
        now >= last - timedelta(minutes=5),
        Text(f"Die Uhr zeigt {now:%d.%m.%Y %H:%M} UTC.", f"The clock says {now:%Y-%m-%d %H:%M} UTC."),
        Text("Sie geht nach; schalten Sie NTP ein.", "It is behind; switch NTP on."),
    )


def sources(workspace: Workspace, everything: bool) -> Iterator[Diagnosis]:
    """Which sources fail, or were not answered for long?"""
    runs, now = workspace.store.latest_runs(), workspace.clock.now()
    troubled = 0
    for source in workspace.city.sources.values():
        run = runs.get(Step("fetch", source.id))
        old = run is not None and now - run.finished > timedelta(days=DAYS.get(source.schedule, 10_000))
        if run is None or run.outcome == "failed" or old:
            troubled += 1
            reason = run.message if run else Text("noch nie geholt", "never fetched")
            told = reason if isinstance(reason, Text) else Text(reason, reason)
            hint = Text(run.hint, run.hint) if run and run.hint else Text("allmende run", "allmende run")
            yield Diagnosis(
                False, Text(f"Quelle {source.id}: {told.de}", f"Source {source.id}: {told.en}"), hint
            )
    total = len(workspace.city.sources)
    yield Diagnosis(
        troubled == 0,
        Text(
            f"{total - troubled} von {total} Quellen sind frisch.",
            f"{total - troubled} of {total} sources are fresh.",
        ),
        Text("Siehe oben.", "See above."),
    )


EXAMINATIONS: tuple[Examination, ...] = (space, permissions, store, raw_files, versions, clock, sources)
