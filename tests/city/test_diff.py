"""`plan` tells what changed between two states of a city's folder."""

from __future__ import annotations

from pathlib import Path

from allmende.city.diff import Change, diff
from allmende.city.load import load_city
from allmende.city.snapshot import keep, kept


def test_nothing_changed(folder: Path) -> None:
    """The same folder twice has no difference."""
    assert diff(load_city(folder), load_city(folder)) == ()


def test_changes_name_the_settings(folder: Path) -> None:
    """A changed, an added and a removed file are told apart, with the settings that changed."""
    old = load_city(folder)
    source = folder / "sources" / "benches.toml"
    (folder / "sources" / "more.toml").write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    source.write_text(source.read_text(encoding="utf-8").replace("cc0-1.0", "odbl-1.0"), encoding="utf-8")
    city = folder / "city.toml"
    city.write_text(city.read_text(encoding="utf-8").replace('stories = ["sitting"]', ""), encoding="utf-8")
    (folder / "stories" / "sitting.de.md").unlink()
    assert diff(old, load_city(folder)) == (
        Change("city", "kleinstadt", "changed", ("front",)),
        Change("sources", "benches", "changed", ("licence",)),
        Change("sources", "more", "added"),
        Change("stories", "sitting.de", "removed"),
    )


def test_a_new_city_is_all_added(folder: Path) -> None:
    """Compared with nothing, everything is added."""
    changes = diff(None, load_city(folder))
    assert {change.what for change in changes} == {"added"}
    assert len(changes) == 7


def test_the_last_run_is_remembered(folder: Path, tmp_path: Path) -> None:
    """The copy beside the data is the city as it was when it was kept; kept again it is the new one."""
    data = tmp_path / "data"
    data.mkdir()
    assert kept(data, "kleinstadt") is None
    keep(folder, data)
    before = load_city(folder)
    (folder / "recipes" / "benches-count.sql").write_text(
        "select 1 as benches from benches", encoding="utf-8"
    )
    assert kept(data, "kleinstadt") == before
    keep(folder, data)
    assert kept(data, "kleinstadt") == load_city(folder)
