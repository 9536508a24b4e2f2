"""What was described and uploaded in the browser becomes files that run on another machine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from allmende.app import open_workspace
from allmende.errors import CityInvalid, StoreFault
from allmende.flow.exporting import export_city
from allmende.flow.run import run_city
from allmende.flow.workspace import Workspace
from allmende.model.access import Access
from allmende.model.standing import Standing
from tests.city.conftest import FILES, write
from tests.flow.desk_city import ANNA, BEN, CLARA, DeskCity, open_desk
from tests.flow.test_desk import BENCHES, WITH_ACCOUNT

CITY = """# the smallest of all
name = "Kleinstadt"
[contact]
publisher = "Stadt Kleinstadt"
[departments.green]
title = "Grünflächenamt"
[departments.roads]
title = "Tiefbauamt"
[themes.green]
title = "Grün"
"""


@pytest.fixture
def city(tmp_path: Path) -> DeskCity:
    """The city with a folder of its own."""
    folder = write(tmp_path / "kleinstadt", {"city.toml": CITY})
    made = open_desk(tmp_path / "data")
    workspace = replace(made.workspace, city_folder=folder)
    made.workspace = workspace
    return made


def fresh(folder: Path, data: Path) -> Workspace:
    """The exported folder on a machine that knows nothing, after one run."""
    workspace = open_workspace(folder, data, offline=True)
    run_city(workspace, lambda run: None)
    return workspace


def hashes(workspace: Workspace) -> dict[str, str]:
    """The content of every dataset that somebody can be shown."""
    return {name: one.content_hash for name, one in workspace.store.latest_versions().items()}


def test_an_uploaded_dataset_runs_elsewhere_with_the_same_content(city: DeskCity, tmp_path: Path) -> None:
    """Description and bytes are in the folder; the rows are the same, and public there, too."""
    release = city.publish(BENCHES)
    exported = export_city(city.workspace, tmp_path / "out" / "kleinstadt")
    assert (exported.written, exported.without_bytes, exported.closed) == ((release.dataset,), (), ())
    other = fresh(tmp_path / "out" / "kleinstadt", tmp_path / "other")
    assert hashes(other) == hashes(city.workspace) != {}
    assert other.city.datasets[release.dataset].access is Access.OPEN
    assert (tmp_path / "out" / "kleinstadt" / "city.toml").read_text(encoding="utf-8") == CITY


def test_what_people_decided_holds_in_the_folder(city: DeskCity, tmp_path: Path) -> None:
    """A finding that the privacy officer decided on does not stop the same bytes elsewhere."""
    checked = city.describe(city.bring(WITH_ACCOUNT))
    decided = city.desk.decide(CLARA, checked.id, checked.revision, "iban", "konto", "the city's own")
    city.desk.approve(BEN, decided.id, decided.revision)
    exported = export_city(city.workspace, tmp_path / "kleinstadt-2")
    text = (tmp_path / "kleinstadt-2" / "datasets" / f"{exported.written[0]}.toml").read_text("utf-8")
    assert "[[guard_allowed]]" in text
    assert "the city's own" in text
    assert hashes(fresh(tmp_path / "kleinstadt-2", tmp_path / "other")) == hashes(city.workspace) != {}


def test_bytes_that_wait_are_not_exported(city: DeskCity, tmp_path: Path) -> None:
    """A refresh that is held back stays here: the folder has what is public."""
    release = city.publish(BENCHES)
    held = "Bank Nr;Jahr;Höhe;Neu\n1;2020;0,5;x\n"
    city.desk.refresh(ANNA, release.dataset, city.desk.keep([held.encode()]), "neu.csv")
    assert city.numbers(release.dataset) == [1]
    export_city(city.workspace, tmp_path / "export")
    assert hashes(fresh(tmp_path / "export", tmp_path / "other")) == hashes(city.workspace) != {}


def test_withdrawn_data_stay_here(city: DeskCity, tmp_path: Path) -> None:
    """The description goes along as internal, the bytes do not, and nothing is published from it."""
    release = city.publish(BENCHES)
    city.desk.withdraw(CLARA, release.dataset, "names were in it")
    exported = export_city(city.workspace, tmp_path / "export")
    assert exported.withdrawn == exported.without_bytes == (release.dataset,)
    assert not (tmp_path / "export" / "files").exists()
    other = fresh(tmp_path / "export", tmp_path / "other")
    assert other.city.datasets[release.dataset].access is Access.INTERNAL
    assert hashes(other) == {}


def test_a_file_of_the_city_is_only_closed(tmp_path: Path) -> None:
    """A withdrawn dataset of the files is internal in the new folder; no other file is touched."""
    folder = write(tmp_path / "kleinstadt", {**FILES, "files/a.csv": "a\n", ".secret/key": "b"})
    workspace = open_workspace(folder, tmp_path / "data", offline=True)
    workspace.store.releases.stand(Standing("benches", "withdrawn"))
    exported = export_city(workspace, tmp_path / "export")
    assert (exported.written, exported.withdrawn) == ((), ("benches",))
    changed = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file()
        and not (
            (other := tmp_path / "export" / path.relative_to(folder)).exists()
            and other.read_bytes() == path.read_bytes()
        )
    }
    assert changed == {"datasets/benches.toml", ".secret/key"}
    assert not (tmp_path / "export" / ".secret").exists()
    text = (tmp_path / "export" / "datasets" / "benches.toml").read_text(encoding="utf-8")
    assert 'access = "internal"' in text


def test_a_folder_with_something_in_it_is_refused(city: DeskCity, tmp_path: Path) -> None:
    """Nothing is written over, and nothing is left lying about."""
    target = tmp_path / "export"
    target.mkdir()
    (target / "mine").write_text("mine", encoding="utf-8")
    with pytest.raises(StoreFault, match="something already"):
        export_city(city.workspace, target)
    assert [path.name for path in target.iterdir()] == ["mine"]


def test_a_name_that_no_city_can_have_is_refused(city: DeskCity, tmp_path: Path) -> None:
    """The folder's name is the city's address; half an export is never left."""
    with pytest.raises(CityInvalid):
        export_city(city.workspace, tmp_path / "Nicht So")
    assert not list(tmp_path.glob("*icht*"))
    assert not list(tmp_path.glob(".export*"))
