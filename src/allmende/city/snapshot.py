"""The city's files as they were at the last run, kept beside the data, so that `plan` can compare."""

from __future__ import annotations

import shutil
from pathlib import Path

from allmende.city.files import CITY_FILE, KINDS
from allmende.city.load import read_city
from allmende.model.city import City

_FOLDER = "city"


def keep(folder: Path, data: Path) -> None:
    """Copy the city's files into the data folder; an older copy is replaced in one step."""
    fresh, kept = data / f"{_FOLDER}.new" / folder.name, data / _FOLDER
    shutil.rmtree(fresh.parent, ignore_errors=True)
    fresh.mkdir(parents=True)
    shutil.copy(folder / CITY_FILE, fresh / CITY_FILE)
    for kind in KINDS:
        if (folder / kind.folder).is_dir():
            shutil.copytree(folder / kind.folder, fresh / kind.folder)
    shutil.rmtree(kept, ignore_errors=True)
    fresh.parent.rename(kept)


def kept(data: Path, slug: str) -> City | None:
    """The city as it was at the last run; None when it was never run (or its copy no longer reads)."""
    city, _ = read_city(data / _FOLDER / slug, options=False)
    return city
