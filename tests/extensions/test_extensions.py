"""Extensions are found without importing them, and a broken one breaks nobody else."""

from __future__ import annotations

import json
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from allmende import extensions
from allmende.errors import NotFound
from allmende.extensions import FOLDERS, Manifest, manifests, parse_manifest, problems, read_manifests

GOOD = """
id = "tram"
kind = "connector"
title = { de = "Bahn", en = "Tram" }
owner = "A stranger"
maturity = "experimental"
entry = "code:Tram"
version = "3"
"""
OURS = Path(extensions.__file__).parent


def stranger(folder: Path, manifest: str = GOOD, code: str = "class Tram: pass") -> Path:
    place = folder / "strange_city" / "tram"
    place.mkdir(parents=True)
    (place / "manifest.toml").write_text(manifest)
    (place / "code.py").write_text(code)
    return place


def test_a_stranger_is_found_without_importing_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry point names the package; its manifest is read while its code would end the program."""
    stranger(tmp_path, code="raise SystemExit('imported')")
    monkeypatch.syspath_prepend(str(tmp_path))
    points = [EntryPoint("tram", "strange_city.tram", extensions.GROUP)]
    found = read_manifests(extensions._strangers(points))
    assert [(m.id, m.version, m.package) for m in found.manifests] == [("tram", "3", "strange_city.tram")]
    assert found.problems == ()
    assert not any(name.startswith("strange_city") for name in sys.modules)


def test_a_package_that_is_not_there_is_a_problem() -> None:
    """It is named, and the others are found all the same."""
    points = [EntryPoint("gone", "no_such_package.tram", extensions.GROUP)]
    found = read_manifests([*extensions._strangers(points), *extensions._own()])
    assert len(found.problems) == 1
    assert "no_such_package" in found.problems[0].message
    assert "json" in {m.id for m in found.manifests}


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ('id = "tram"', "", "id"),
        ('kind = "connector"', 'kind = "conector"', "kind"),
        ('maturity = "experimental"', 'maturity = "old"', "maturity"),
        (', en = "Tram"', "", "title"),
        ('version = "3"', "version = 3", "version"),
        ('owner = "A stranger"', "owner = ", "line 5"),
    ],
)
def test_a_faulty_manifest_is_a_problem_that_names_the_key(
    tmp_path: Path, old: str, new: str, word: str
) -> None:
    """Each key that is missing or wrong is named."""
    place = stranger(tmp_path, GOOD.replace(old, new))
    found = read_manifests([("strange_city.tram", place)])
    assert found.manifests == ()
    assert word in found.problems[0].message


def test_the_first_of_two_with_one_id_counts(tmp_path: Path) -> None:
    """A stranger cannot replace one of ours unseen."""
    place = stranger(tmp_path, GOOD.replace("tram", "json"))
    found = read_manifests([*extensions._own(), ("strange_city.tram", place)])
    assert [m.package for m in found.manifests if m.id == "json"] == ["allmende.connectors.json"]
    assert "already allmende.connectors.json" in found.problems[0].message


def test_code_that_does_not_load_is_told_with_its_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error says what failed and whom to ask."""
    place = stranger(tmp_path, code="import no_such_library")
    monkeypatch.syspath_prepend(str(tmp_path))
    manifest = parse_manifest(GOOD, "strange_city.tram", place)
    monkeypatch.setattr(extensions, "found", lambda: extensions.Found((manifest,), ()))
    with pytest.raises(NotFound, match=r"no_such_library.*A stranger"):
        extensions.load("connector", "tram")


def test_an_unknown_connector_is_answered_with_the_nearest() -> None:
    """A typing error in a source file is mended in a second."""
    with pytest.raises(NotFound, match="Did you mean 'json'"):
        extensions.load_connector("jsno")


def test_ours_have_no_problems() -> None:
    """Every folder of ours is an extension that loads."""
    assert problems() == ()
    for one in manifests():
        assert extensions.load(one.kind, one.id) is not None


def test_our_connectors_are_listed() -> None:
    """The ids that a source may name."""
    assert {"ckan", "geo", "json"} <= set(extensions.connector_ids())


@pytest.mark.parametrize("manifest", manifests(), ids=lambda m: f"{m.kind}-{m.id}")
def test_every_extension_is_one_complete_folder(manifest: Manifest) -> None:
    """Id = folder name; kind = parent folder; a README, tests, and a sample with its expected output."""
    folder = manifest.folder
    assert folder.name.replace("_", "-") == manifest.id.replace("_", "-")
    assert FOLDERS[folder.parent.name] == manifest.kind
    assert len((folder / "README.md").read_text(encoding="utf-8")) > 300
    assert list((folder / "tests").glob("test_*.py"))
    if manifest.kind == "connector":
        expected = list((folder / "samples").glob("*.expected.json"))
        assert expected
        for path in expected:
            assert "rows_in" in json.loads(path.read_text(encoding="utf-8"))


def test_no_folder_is_forgotten() -> None:
    """A folder of an extension without a manifest would never be found."""
    found = {manifest.folder for manifest in manifests()}
    for plural in FOLDERS:
        for init in (OURS / plural).glob("*/__init__.py"):
            assert init.parent in found
