"""A city's folder is loaded whole or not at all, and every fault is told at once."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allmende.city.load import load_city
from allmende.errors import CityInvalid
from allmende.model.access import Access
from allmende.model.city import City
from allmende.model.problem import Problem
from allmende.model.text import Text
from tests.city.conftest import FILES, write


def faults(folder: Path) -> tuple[Problem, ...]:
    """The faults of a city that must have some."""
    with pytest.raises(CityInvalid) as caught:
        load_city(folder)
    return caught.value.problems


def change(folder: Path, name: str, old: str, new: str) -> None:
    """Write `new` for `old` in a file; both must differ in effect, or the test tests nothing."""
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_good_folder_is_a_city(folder: Path) -> None:
    """Everything that the files say is in the city, with the ids of the files' names."""
    city = load_city(folder)
    assert city.slug == "kleinstadt"
    assert city.name == Text("Kleinstadt", "Kleinstadt")
    assert city.datasets["benches"].access is Access.OPEN
    assert city.datasets["benches"].columns[1].minimum == 0.0
    assert city.themes["green"].id == "green"
    assert city.stories["sitting", "de"].body.startswith("Am Markt")
    assert city.indicators["benches"].target is not None


def test_all_faults_are_told_at_once(folder: Path) -> None:
    """Four faults in three files are four problems, each with its file, path and hint."""
    change(folder, "datasets/benches.toml", 'type = "integer"', 'type = "intger"')
    change(folder, "datasets/benches.toml", "minimum = 0", 'minimum = "0"')
    change(folder, "sources/benches.toml", 'licence = "cc0-1.0"', 'licence = "cc0"')
    change(folder, "indicators/benches.toml", "value_column", "value_colum")
    found = {(p.file, p.path) for p in faults(folder)}
    assert found >= {
        ("datasets/benches.toml", "$.columns[0].type"),
        ("datasets/benches.toml", "$.columns[1].minimum"),
        ("sources/benches.toml", "$.licence"),
        ("indicators/benches.toml", "$.value_colum"),
    }
    hints = {p.path: p.hint for p in faults(folder)}
    assert hints["$.columns[0].type"] == "Did you mean 'integer'?"
    assert hints["$.licence"] == "Did you mean 'cc0-1.0'?"
    assert hints["$.value_colum"] == "Did you mean 'value_column'?"


LINKS = [
    ("city.toml", 'indicators = ["benches"]', 'indicators = ["benchs"]', "$.front.indicators"),
    ("city.toml", 'stories = ["sitting"]', 'stories = ["siting"]', "$.front.stories"),
    ("city.toml", "[contact]", 'time_zone = "Europe/Jena"\n[contact]', "$.time_zone"),
    ("sources/benches.toml", '"json"', '"jsn"', "$.connector"),
    ("sources/benches.toml", "https://", "", "$.address"),
    ("sources/benches.toml", "https://", "https://[", "$.address"),
    ("sources/benches.toml", "https://", "https://me:pass@", "$.address"),
    ("sources/benches.toml", "licence", '[options]\napi_key = "x"\nlicence', "$.options.api_key"),
    ("datasets/benches.toml", 'source = "benches"', 'source = "bench"', "$.source"),
    ("datasets/benches.toml", 'theme = "green"', 'theme = "gren"', "$.theme"),
    ("datasets/benches.toml", 'key = ["number"]', 'key = ["numbr"]', "$.key"),
    ("datasets/benches.toml", 'key = ["number"]', 'recipe = "benches-count"', "$.source"),
    ("datasets/benches.toml", 'key = ["number"]', 'district_column = "d"', "$.district_column"),
    ("datasets/benches.toml", 'name = "height"', 'name = "number"', "$.columns[1].name"),
    ("datasets/benches.toml", 'name = "height"', 'name = "Höhe"', "$.columns[1].name"),
    ("datasets/benches-count.toml", '"benches-count"', '"benches-sum"', "$.recipe"),
    ("indicators/benches.toml", '"benches-count"', '"benches-counts"', "$.dataset"),
    ("indicators/benches.toml", 'value_column = "benches"', 'value_column = "bench"', "$.value_column"),
    ("recipes/benches-count.sql", "from benches", "from benchs", "$"),
    ("recipes/benches-count.sql", "from benches", "from benches_count", "$"),
    ("recipes/benches-count.sql", "select count(*)", "select sum(height) / max(height)", "line 1, column 10"),
    ("datasets/benches.toml", 'source = "benches"', 'recipe = "benches-count"', "$.recipe"),
    ("city.toml", 'value(\\"benches\\")', 'value(\\"bench\\")', "$.front.sentence.de"),
    ("stories/sitting.de.md", 'value(\\"benches\\")', 'valu(\\"benches\\")', "$.answer"),
    ("stories/sitting.de.md", 'value(\\"benches\\") }}', 'value(\\"benches\\")', "$.answer"),
    ("stories/sitting.de.md", "Am Markt", 'Am {{ chart("benches") }}', "$.body"),
    ("stories/sitting.de.md", "Am Markt stehen viele.", '{{ map("bench") }}', "$.body"),
    ("stories/sitting.de.md", "Am Markt", '{{ rows("bench") }}', "$.body"),
    ("stories/sitting.de.md", "Am Markt", '{{ cell("benches", "hight", number="1") }}', "$.body"),
    ("stories/sitting.de.md", "Am Markt", '{{ cell("benches", "height", nr="1") }}', "$.body"),
    ("stories/sitting.de.md", 'indicator = "benches"', 'indicator = "bench"', "$.indicator"),
]


@pytest.mark.parametrize(("file", "old", "new", "path"), LINKS)
def test_every_name_leads_somewhere(folder: Path, file: str, old: str, new: str, path: str) -> None:
    """A name without what it names is a fault at exactly its place."""
    change(folder, file, old, new)
    assert (file, path) in {(p.file, p.path) for p in faults(folder)}


def test_a_broken_file_is_told_once(folder: Path) -> None:
    """When a source does not read, the datasets made from it are not blamed."""
    change(folder, "sources/benches.toml", 'licence = "cc0-1.0"', "licence =")
    assert [p.file for p in faults(folder)] == ["sources/benches.toml"]


WRONG = [
    ("title = 3", "$.title", "a text is wanted"),
    ('title = { de = "x", fr = "y" }', "$.title", "not a language"),
    ('key = "number"', "$.key", "a list is wanted"),
    ("stale_after_days = true", "$.stale_after_days", "a whole number is wanted"),
    ('access = "opne"', "$.access", "not an access class"),
    ('id = "other"', "$.id", "may not be written"),
]


@pytest.mark.parametrize(("line", "path", "message"), WRONG)
def test_values_are_taken_strictly(folder: Path, line: str, path: str, message: str) -> None:
    """No value is silently turned into another: a number is no text, a text is no list."""
    text = FILES["datasets/benches.toml"]
    name = line.partition(" =")[0]
    kept = [old for old in text.splitlines() if not old.startswith(f"{name} =")]
    write(folder, {"datasets/benches.toml": "\n".join([line, *kept])})
    assert any(p.path == path and message in p.message and p.file for p in faults(folder))


def test_a_story_says_what_is_not_known(folder: Path) -> None:
    """A story without the section on what is not known is refused, and so is an empty one."""
    change(folder, "stories/sitting.de.md", "Ob sie bequem sind.", "")
    assert "is empty" in faults(folder)[0].message
    change(folder, "stories/sitting.de.md", "## Was wir nicht wissen", "")
    assert "is missing" in faults(folder)[0].message


def test_front_matter_must_close(folder: Path) -> None:
    """A story whose front matter is not closed is told so, not guessed."""
    write(folder, {"stories/sitting.de.md": '+++\ntitle = "x"\n'})
    assert "front matter" in faults(folder)[0].message


HOSTILE: dict[str, bytes] = {
    "not utf-8": b'title = "B\xe4nke"',
    "nul": b'title = "a\x00b"',
    "huge": b"# " + b"x" * 2_000_000,
    "deep": b"x = " + b"[" * 100_000,
    "huge number": b"title = " + b"9" * 5000,
    "impossible date": b"title = 2024-02-31",
    "no toml": b"<html>",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_files_are_faults_not_crashes(folder: Path, kind: str) -> None:
    """Whatever lies in the folder, the answer is a fault that names the file."""
    (folder / "datasets" / "benches.toml").write_bytes(HOSTILE[kind])
    assert {p.file for p in faults(folder)} == {"datasets/benches.toml"}


def test_links_do_not_lead_out(folder: Path, tmp_path: Path) -> None:
    """A symbolic link out of the folder is not followed, neither as a file nor as a folder."""
    secret = tmp_path / "secret.toml"
    secret.write_text("password = 1", encoding="utf-8")
    (folder / "sources" / "evil.toml").symlink_to(secret)
    (folder / "recipes" / "round").symlink_to(folder / "recipes")
    (folder / "sources" / "circle.toml").symlink_to(folder / "sources" / "circle.toml")
    found = {p.file: p.message for p in faults(folder)}
    assert "leads out" in found["sources/evil.toml"]
    assert {"recipes/round", "sources/circle.toml"} <= found.keys()


def test_special_files_do_not_block(folder: Path) -> None:
    """A named pipe is not read (reading would wait for ever)."""
    os.mkfifo(folder / "sources" / "pipe.toml")
    assert "sources/pipe.toml" in {p.file for p in faults(folder)}


def test_stray_files_are_noticed(folder: Path) -> None:
    """Files that nobody would read are told, with the folder that was probably meant."""
    write(
        folder,
        {"dataset/x.toml": "", "sources/Benches 2.toml": "", "sources/x.tml": "", "stories/x.fr.md": ""},
    )
    found = {p.file: p.hint for p in faults(folder)}
    assert found["dataset"] == "Did you mean 'datasets'?"
    assert {"sources/Benches 2.toml", "sources/x.tml", "stories/x.fr.md"} <= found.keys()


def test_no_folder_is_a_fault(tmp_path: Path) -> None:
    """A folder that does not exist, or has no city.toml, is told in words."""
    assert "no such folder" in faults(tmp_path / "nowhere")[0].message
    assert "no city.toml" in faults(tmp_path)[-1].message or "city.toml" in faults(tmp_path)[0].file


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), count=st.integers(1, 4))
def test_any_mutation_is_a_city_or_its_faults(seed: int, count: int) -> None:
    """Bytes of a good folder changed at random give a city or CityInvalid, never anything else."""
    chance = random.Random(seed)
    with TemporaryDirectory() as place:
        folder = write(Path(place) / "kleinstadt", FILES)
        for _ in range(count):
            _spoil(folder, chance)
        problems: tuple[Problem, ...] = ()
        try:
            assert isinstance(load_city(folder), City)
        except CityInvalid as error:
            problems = error.problems
            assert problems, "refused without a reason"
    assert all(problem.file and problem.message for problem in problems)


def _spoil(folder: Path, chance: random.Random) -> None:
    path = chance.choice(sorted(p for p in folder.rglob("*") if p.is_file()))
    text = bytearray(path.read_bytes())
    at = chance.randrange(len(text) + 1)
    match chance.randrange(5):
        case 0:
            text[at:at] = chance.randbytes(chance.randrange(1, 8))
        case 1:
            del text[at : at + chance.randrange(1, 30)]
        case 2:
            text[at:at] = chance.choice(
                [b"\n[[columns]]\n", b"{", b'"', b"= 1e999", b"\x00", b"[[", b"'''", b"{{"]
            )
        case 3:
            path.unlink()
            return
        case _:
            lines = bytes(text).split(b"\n")
            chance.shuffle(lines)
            text = bytearray(b"\n".join(lines))
    path.write_bytes(text)


def test_a_city_needs_city_toml(folder: Path) -> None:
    """Without city.toml nothing is loaded."""
    shutil.move(folder / "city.toml", folder / "other.txt")
    assert faults(folder)[0].file == "city.toml"


OBSERVED = """
title = "Bodenfeuchte"
access = "open"
licence = "cc0-1.0"

[observations]
properties = ["soil-moisture"]
"""


def test_a_dataset_from_observations_has_the_columns_that_all_of_them_have(folder: Path) -> None:
    """Its file need not name any; indicators are checked against them."""
    write(folder, {"datasets/soil.toml": OBSERVED})
    soil = load_city(folder).datasets["soil"]
    assert (soil.key, soil.time_column) == (("series", "period"), "period")
    assert soil.observations is not None
    assert (soil.observations.every, soil.observations.days) == ("day", 400)
    assert {column.name for column in soil.columns} >= {"value", "state", "geometry"}
    indicator = FILES["indicators/benches.toml"].replace('dataset = "benches-count"', 'dataset = "soil"')
    write(folder, {"indicators/benches.toml": indicator})
    assert {problem.path for problem in faults(folder)} >= {"$.value_column"}


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (OBSERVED.replace('["soil-moisture"]', "[]"), "$.observations.properties"),
        (OBSERVED + "days = 0\n", "$.observations.days"),
        (OBSERVED + 'every = "week"\n', "$.observations.every"),
        (OBSERVED + '[[columns]]\nname = "value"\n', "$.columns"),
        ('source = "benches"\n' + OBSERVED, "$.source"),
    ],
)
def test_faults_of_datasets_from_observations_are_told(folder: Path, text: str, path: str) -> None:
    """Nothing selected, no days, a period that is none, columns of its own, two origins."""
    write(folder, {"datasets/soil.toml": text})
    assert path in {problem.path for problem in faults(folder)}
