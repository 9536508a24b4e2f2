"""Every recorded file of a catalogue is read, or refused with a reason."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from allmende.collect.harvest.kinds import READERS
from allmende.errors import Unreadable

DATA = Path(os.environ.get("ALLMENDE_REPLAY", "")) / "15_catalogue"
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not DATA.is_dir(), reason="the recorded data are not here"),
]
LARGE = {
    "rostock-catalog-original-input.rdf": (100, 217),
    "destatis-catalog-original-input.rdf": (135, None),
    "brandenburg-catalog-dataset-extracted.ttl": (1, None),
    "metadata_max.rdf": (1, None),
    "package_show_response.json": (1, None),
    "dcatap-dataset.json": (1, None),
}
NO_DATASET = {
    "dcat_licenses.json", "license_list_response.json", "dcat-ap-foaf_agent.ttl", "distribution-adms_status.ttl",
    "distribution-dct_changes.ttl", "distribution-dct_format.ttl", "distribution-licenseAttributionByText.ttl",
    "konv-32.ttl", "konv31.ttl", "location.ttl", "periodoftime.ttl",
}  # fmt: skip
"""Lists of licences, and test cases of DCAT-AP.de that hold distributions or agents alone."""


def outcome(path: Path) -> tuple[int, int | None] | str:
    """How many datasets are in a file and how many it announces, or why it is refused."""
    reader = READERS["ckan" if path.suffix == ".json" else "dcat"]
    try:
        page = reader.read(path.read_bytes(), "https://portal.example/catalogue")
    except Unreadable as error:
        return str(error)
    return len(page.datasets), page.announced


def test_catalogues() -> None:
    """Catalogues of a state, a city and a federal office, and answers of CKAN."""
    assert {name: outcome(DATA / name) for name in LARGE} == LARGE


def test_files_without_datasets() -> None:
    """They are refused, and only they."""
    found = {path: outcome(path) for path in DATA.rglob("*") if path.is_file()}
    assert {path.name for path, told in found.items() if isinstance(told, str)} == NO_DATASET
    assert all("dataset" in told for told in found.values() if isinstance(told, str))


def test_dkan() -> None:
    """Each of Cologne's datasets is one, with a title and something to take; its licence is in its own words."""
    files = sorted((DATA / "dkan_koeln").glob("*.json"))
    found = [READERS["dkan"].read(path.read_bytes(), "https://portal.example/") for path in files]
    assert len(found) == 80
    assert all(len(page.datasets) == 1 and page.datasets[0].distributions for page in found)
    assert {one.licence for page in found for one in page.datasets} == {"unknown"}
