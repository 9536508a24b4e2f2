"""What is written is read back as it was: datasets and sources, those of both cities and any others."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.city.decode import decode, read_toml
from allmende.city.load import load_city
from allmende.city.write import dataset_text, source_text, with_access
from allmende.model.access import CHOICES, Access
from allmende.model.dataset import Column, Dataset
from allmende.model.guard import Allowed
from allmende.model.source import Source
from allmende.model.text import Text

CITIES = Path(__file__).parents[2] / "cities"
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
TEXTS = st.builds(Text, WORDS, WORDS)
NUMBERS = st.none() | st.floats(-1e299, 1e299)
COLUMNS = st.builds(
    Column, name=WORDS, type=st.sampled_from(["text", "integer", "geometry"]), title=TEXTS, description=TEXTS,
    unit=WORDS, source_name=WORDS, required=st.booleans(), minimum=NUMBERS, maximum=NUMBERS,
    values=st.lists(WORDS, max_size=3).map(tuple), access=st.sampled_from(CHOICES),
)  # fmt: skip
DATASETS = st.builds(
    Dataset, id=st.just("trees"), title=TEXTS, description=TEXTS, source=WORDS, recipe=WORDS,
    columns=st.lists(COLUMNS, max_size=3).map(tuple), contract=st.sampled_from(["freeze", "evolve"]),
    key=st.lists(WORDS, max_size=2).map(tuple), access=st.sampled_from(CHOICES), steward=WORDS,
    keywords=st.lists(WORDS, max_size=2).map(tuple), stale_after_days=st.none() | st.integers(0, 9999),
    limits=TEXTS, observations=st.none(), department=WORDS,
    guard_allowed=st.lists(st.builds(Allowed, WORDS, WORDS, WORDS), max_size=2).map(tuple),
)  # fmt: skip
ANY = st.recursive(
    WORDS | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.dates()
    | st.datetimes() | st.times(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
SOURCES = st.builds(
    Source, id=st.just("trees"), title=TEXTS, connector=WORDS, address=WORDS, schedule=st.just("once"),
    attribution=WORDS, options=st.dictionaries(WORDS, ANY, max_size=4),
)  # fmt: skip


def read(text: str, type_: Any) -> Any:
    """What the loader makes of a file's text."""
    values = read_toml(text.encode("utf-8").decode("utf-8-sig").replace("\r\n", "\n"), "trees.toml")
    assert isinstance(values, dict), values
    return decode(values, type_, "trees.toml", {"id": "trees"})


@given(DATASETS)
def test_any_dataset_is_read_back_as_it_was(dataset: Dataset) -> None:
    """Whatever stands in it: quotes, control characters, numbers, nothing."""
    assert read(dataset_text(dataset), Dataset) == dataset


@given(SOURCES)
def test_any_source_is_read_back_as_it_was(source: Source) -> None:
    """Whatever the options of its connector are, however deep."""
    assert read(source_text(source), Source) == source


def test_an_option_without_a_value_is_left_out() -> None:
    """TOML has no null, and what is not said is not known."""
    source = Source("trees", Text("a", "a"), "table", "https://a.example", options={"sheet": None, "b": [1]})
    assert read(source_text(source), Source).options == {"b": [1]}


@pytest.mark.parametrize("name", ["jena", "musterstadt"])
def test_all_files_of_a_city_written_anew_make_the_same_city(name: str, tmp_path: Path) -> None:
    """Every dataset and source of our cities, with its links checked."""
    folder = tmp_path / name
    shutil.copytree(CITIES / name, folder)
    city = load_city(folder)
    assert len(city.datasets) > 10
    for source in city.sources.values():
        (folder / "sources" / f"{source.id}.toml").write_text(source_text(source), encoding="utf-8")
    for dataset in city.datasets.values():
        (folder / "datasets" / f"{dataset.id}.toml").write_text(dataset_text(dataset), encoding="utf-8")
    assert load_city(folder) == city


@given(DATASETS, st.sampled_from(CHOICES))
def test_another_access_changes_nothing_else(dataset: Dataset, access: Access) -> None:
    """Where access stands in the file or does not, only it is changed."""
    assert read(with_access(dataset_text(dataset), access), Dataset) == replace(dataset, access=access)


def test_another_access_leaves_comments() -> None:
    """What officials wrote beside their settings stays, and so does the access of a column."""
    text = '# ours\ntitle = "a" # said\naccess = "open"\n\n[[columns]]\nname = "b"\naccess = "protected"\n'
    assert with_access(text, Access.INTERNAL) == text.replace('"open"', '"internal"')
