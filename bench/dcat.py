"""The catalogue of 2,000 datasets as DCAT-AP.de, asked page by page as a harvester does.

python -m bench dcat
"""

from __future__ import annotations

import re
import resource
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from litestar.testing import TestClient

from allmende.share.web import create_app
from allmende.testing.every_class import Tiny, fill, make_tiny

DATASETS = 2_000
FORMATS = ("ttl", "jsonld", "xml")


def _large(folder: Path) -> Tiny:
    """A city with many datasets, each with a version and the same rows."""
    tiny = make_tiny(folder)
    fill(tiny)
    one, version = tiny.city.datasets["open-data"], tiny.store.latest_versions()["open-data"]
    copies = {f"d-{n}": replace(one, id=f"d-{n}") for n in range(DATASETS)}
    for name in copies:
        tiny.store.add_version(replace(version, dataset=name))
    return replace(tiny, city=replace(tiny.city, datasets={**tiny.city.datasets, **copies}))


def run() -> list[dict[str, str]]:
    """The measurement, as lines to print."""
    with tempfile.TemporaryDirectory() as folder, TestClient(create_app(_large(Path(folder)))) as client:
        rows = [_measured(client, suffix) for suffix in FORMATS]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [*rows, {"what": "memory of the whole process", "value": f"{peak:.0f} MiB"}]


def _measured(client: TestClient, suffix: str) -> dict[str, str]:  # type: ignore[type-arg]
    began, size, page, found = time.perf_counter(), 0, 1, 0
    while True:
        text = client.get(f"/catalogue.{suffix}?page={page}")
        if text.status_code == 404:
            break
        size, page = size + len(text.content), page + 1
        found += len(re.findall(r'a dcat:Dataset|"dcat:Dataset"|<dcat:Dataset ', text.text))
    seconds = time.perf_counter() - began
    return {
        "what": f"{found} datasets as {suffix}",
        "value": f"{seconds:.1f} s (20 wanted), {size / 2**20:.1f} MiB, {page - 1} pages",
    }
