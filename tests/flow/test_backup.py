"""A backup is consistent while the city runs, and comes back whole or not at all."""

from __future__ import annotations

import json
import tarfile
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from allmende.errors import StoreFault
from allmende.flow.archive import sha256_of
from allmende.flow.backup import Manifest, backup, restore
from allmende.flow.run import run_city
from allmende.lake.local import LocalLake
from allmende.model.dataset import Pin
from allmende.model.standing import Standing
from allmende.model.withdrawal import Incident
from allmende.store.sql import SqlStore
from allmende.testing.small_work import small_workspace
from tests.flow.conftest import ROWS, Work


def _fill(work: Work) -> None:
    """Two versions, one of them with a rejected row."""
    work.run()
    work.answer([*ROWS, [4, 2021, 1], [None, 2021, 1]])
    work.wait(hours=2)
    work.run()


def _everything(data: Path) -> dict[str, Any]:
    """All that readers could ask of the data in a folder."""
    store, lake = SqlStore.open(f"sqlite:///{data / 'store.sqlite'}"), LocalLake(data)
    versions = [v for name in store.latest_versions() for v in store.versions(name)]
    found = {
        "versions": versions,
        "rows": {str(v.pin): lake.read(v.dataset, v.lake_version).read_all().to_pylist() for v in versions},
        "hashes": {
            str(v.pin): lake.content_hash(lake.read(v.dataset, v.lake_version).read_all()) for v in versions
        },
        "stories": [store.story_versions(s.story, "de") for s in store.latest_stories("de")],
        "receipts": store.receipts("benches"),
        "raw": {name: sha256_of(lake.raw_path(name)) for name in store.raw_files()},
        "runs": store.latest_runs(),
    }
    store.close()
    return found


@pytest.mark.parametrize("name", ["copy", "copy.tar"])
def test_what_comes_back_is_what_was_there(work: Work, tmp_path: Path, name: str) -> None:
    """Versions, rows, hashes, stories, receipts, raw files and runs are the same; as a folder and as a tar."""
    _fill(work)
    manifest = backup(work.workspace, tmp_path / name)
    restore(tmp_path / name, tmp_path / "back")
    found = _everything(tmp_path / "back")
    assert found == _everything(work.workspace.data)
    assert all(key == value for key, value in found["raw"].items())
    assert (manifest.counts.versions, manifest.counts.raw_files) == (4, 3)
    assert manifest.counts.rows == sum(len(rows) for rows in found["rows"].values())


def test_the_city_goes_on_after_a_restore(work: Work, tmp_path: Path) -> None:
    """The restored data are worked with as before: nothing is due but the index, then new rows make version 3."""
    _fill(work)
    backup(work.workspace, tmp_path / "copy")
    restore(tmp_path / "copy", tmp_path / "back")
    other = small_workspace(work.workspace.city, tmp_path / "back", [*ROWS, [9, 2022, 1]])
    other = replace(other, clock=work.workspace.clock)
    assert [str(run.step) for run in run_city(other, lambda run: None)] == ["index:search"]
    work.wait(hours=2)
    run_city(other, lambda run: None)
    assert other.store.latest_versions()["benches"].number == 3
    assert other.store.version(Pin("benches", 1)).rows == 3


def test_consistent_while_it_is_written_to(work: Work, tmp_path: Path) -> None:
    """While runs publish one version after another, every backup taken meanwhile can be brought back."""
    work.run()
    stop, published = threading.Event(), []

    def keep_publishing() -> None:
        number = 4
        while not stop.is_set():
            work.answer([*ROWS, *([n, 2021, 1] for n in range(4, number + 1))])
            work.wait(hours=2)
            published.append(work.run())
            number += 1

    writer = threading.Thread(target=keep_publishing)
    writer.start()
    try:
        manifests: list[Manifest] = []
        while len(manifests) < 3 or len(published) < 3:
            manifests.append(backup(work.workspace, tmp_path / f"copy{len(manifests)}"))
    finally:
        stop.set()
        writer.join()
    for number, manifest in enumerate(manifests):
        restore(tmp_path / f"copy{number}", tmp_path / f"back{number}")
        found = _everything(tmp_path / f"back{number}")
        assert len(found["versions"]) == manifest.counts.versions
        assert {str(v.pin): v.content_hash for v in found["versions"]} == found["hashes"]
    assert manifests[-1].counts.versions > manifests[0].counts.versions


def test_nothing_is_overwritten(work: Work, tmp_path: Path) -> None:
    """Neither a backup over something, nor a restore over data."""
    work.run()
    backup(work.workspace, tmp_path / "copy")
    with pytest.raises(StoreFault, match="already"):
        backup(work.workspace, tmp_path / "copy")
    with pytest.raises(StoreFault, match="already"):
        restore(tmp_path / "copy", work.workspace.data)
    (tmp_path / "empty").mkdir()
    restore(tmp_path / "copy", tmp_path / "empty")
    assert (tmp_path / "empty" / "store.sqlite").is_file()


@pytest.mark.parametrize("kind", ["raw", "lake", "store.sqlite"])
def test_a_damaged_backup_is_refused_whole(work: Work, tmp_path: Path, kind: str) -> None:
    """One changed byte anywhere: the file is named, and nothing is put in place."""
    work.run()
    manifest = backup(work.workspace, tmp_path / "copy")
    name = next(name for name in manifest.files if name.startswith(kind))
    victim = tmp_path / "copy" / name
    victim.chmod(0o644)
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 1
    victim.write_bytes(content)
    with pytest.raises(StoreFault, match=r"damaged") as caught:
        restore(tmp_path / "copy", tmp_path / "back")
    assert name in str(caught.value)
    victim.unlink()
    with pytest.raises(StoreFault, match="missing"):
        restore(tmp_path / "copy", tmp_path / "back")
    assert not (tmp_path / "back").exists()


def test_damage_in_the_data_is_found_when_backing_up(work: Work, tmp_path: Path) -> None:
    """Raw bytes that changed are no longer what their name says: no backup is made of them."""
    work.run()
    raw = work.workspace.lake.raw_path(work.workspace.store.receipts("benches")[0].sha256)
    raw.chmod(0o644)
    raw.write_bytes(b"changed")
    with pytest.raises(StoreFault, match="its bytes changed"):
        backup(work.workspace, tmp_path / "copy")
    assert [p.name for p in tmp_path.iterdir()] == ["data"]


def test_hostile_backups_are_refused(work: Work, tmp_path: Path) -> None:
    """A manifest or tar that leads outside, an unfinished folder, and anything else."""
    work.run()
    backup(work.workspace, tmp_path / "copy")
    path = tmp_path / "copy" / "manifest.json"
    manifest = json.loads(path.read_text())
    for names, said in (({"../evil": "0" * 64}, "outside"), ({"x": "short"}, "outside")):
        path.write_text(json.dumps(manifest | {"files": names}))
        with pytest.raises(StoreFault, match=said):
            restore(tmp_path / "copy", tmp_path / "back")
    path.write_text(json.dumps(manifest | {"format": 99}))
    with pytest.raises(StoreFault, match="format 99"):
        restore(tmp_path / "copy", tmp_path / "back")
    path.unlink()
    with pytest.raises(StoreFault, match="no readable manifest"):
        restore(tmp_path / "copy", tmp_path / "back")
    (tmp_path / "evil.txt").write_text("x")
    with tarfile.open(tmp_path / "evil.tar", "w") as tar:
        tar.add(tmp_path / "evil.txt", "../outside.txt")
    with pytest.raises(StoreFault, match="cannot be unpacked"):
        restore(tmp_path / "evil.tar", tmp_path / "back")
    with pytest.raises(StoreFault, match="cannot be unpacked"):
        restore(tmp_path / "evil.txt", tmp_path / "back")
    assert not (tmp_path / "back").exists()


def test_what_was_withdrawn_since_stays_withdrawn(work: Work, tmp_path: Path) -> None:
    """A backup from before a withdrawal does not show the data again, and the record of it is kept."""
    _fill(work)
    backup(work.workspace, tmp_path / "copy")
    incident = Incident("i1", "benches", work.workspace.clock.now(), "p1", "Namen", (1, 2))
    work.workspace.store.releases.stand(Standing("benches", "withdrawn"))
    work.workspace.store.releases.add_incident(incident)
    restore(tmp_path / "copy", tmp_path / "forgetful")
    restore(tmp_path / "copy", tmp_path / "back", work.workspace.data)
    assert _standings(tmp_path / "forgetful") == ([], [])
    assert _standings(tmp_path / "back") == ([("benches", "withdrawn")], [incident])
    with pytest.raises(StoreFault, match="until now"):
        restore(tmp_path / "copy", tmp_path / "again", tmp_path / "copy" / "city")


def _standings(data: Path) -> tuple[list[tuple[str, str]], list[Incident]]:
    store = SqlStore.open(f"sqlite:///{data / 'store.sqlite'}")
    try:
        found = [(one.dataset, str(one.shown)) for one in store.releases.standings()]
        return found, list(store.releases.incidents())
    finally:
        store.close()
