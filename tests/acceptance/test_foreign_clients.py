"""Clients that others wrote, against `allmende serve` with Musterstadt, over real HTTP."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from ckanapi import CKANAPIError, NotFound, RemoteCKAN, ValidationError
from owslib.ogcapi.features import Features
from rdflib import Graph
from rdflib.namespace import DCAT, RDF

from tests.acceptance.conftest import ROOT, Served


@pytest.fixture(scope="module")
def address(musterstadt: Served) -> Iterator[str]:
    """The served city."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "allmende", "serve", str(ROOT / "cities" / "musterstadt"), "--offline"]
    with subprocess.Popen(
        [*command, "--data", str(musterstadt.workspace.data), "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        yield _answering(f"http://127.0.0.1:{port}")
        process.terminate()


def _answering(address: str) -> str:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            if httpx.get(f"{address}/readyz").status_code == 200:
                return address
        except httpx.TransportError:
            time.sleep(0.2)
    pytest.fail("the server did not start")


def _published(served: Served) -> set[str]:
    return set(served.workspace.store.latest_versions())


def test_ckanapi_walks_the_catalogue(address: str, musterstadt: Served) -> None:
    """It lists, shows, searches, reads rows and downloads; names and ids mean the same."""
    published = _published(musterstadt)
    with RemoteCKAN(address, user_agent="test") as ckan:
        action = ckan.action
        assert set(action.package_list()) == published
        for name in published:
            package = action.package_show(id=name)
            assert action.package_show(id=package["id"]) == package
            for one in package["resources"]:
                assert action.resource_show(id=one["id"])["url"] == one["url"]
                assert ckan.session.head(one["url"]).status_code == 200
        assert len(action.current_package_list_with_resources(limit=100)) == len(published)
        csv = next(r for r in action.package_show(id="trees")["resources"] if r["format"] == "CSV")
        assert action.datastore_search(resource_id=csv["id"], limit=2)["records"][0]["_id"] == 1
        rows = musterstadt.workspace.store.latest_versions()["trees"].rows
        assert action.datastore_info(id=csv["id"])["meta"]["count"] == rows
        offices = action.organization_list(all_fields=True)
        assert sum(one["package_count"] for one in offices) == len(published)
        assert action.organization_show(id=offices[0]["id"])["name"] == offices[0]["name"]
        assert action.group_show(id="green", include_datasets=True)["packages"]
        assert action.tag_show(id=action.tag_list()[0])["name"] == action.tag_list()[0]
        assert {one["id"] for one in action.license_list()} >= {"dl-de/by-2-0"}
        assert action.status_show()["site_url"] == address
        assert "datasets" in action.help_show(name="package_list")
        with pytest.raises(NotFound):
            action.package_show(id="nothing")
        with pytest.raises(ValidationError):
            action.package_search(rows="many")
        with pytest.raises(CKANAPIError):
            action.package_create(name="x")


def test_a_harvester_reads_the_catalogue(address: str, musterstadt: Served) -> None:
    """rdflib follows `Accept`, and finds every dataset with its files."""
    answer = httpx.get(f"{address}/catalogue", headers={"accept": "application/rdf+xml"})
    graph = Graph().parse(data=answer.text, format="xml")
    found = {str(one).rpartition("/")[2] for one in graph.subjects(RDF.type, DCAT.Dataset)}
    assert found == _published(musterstadt)
    assert len(list(graph.objects(None, DCAT.downloadURL))) > 3 * len(found)


def test_gdal_copies_a_layer(address: str, musterstadt: Served, tmp_path: Path) -> None:
    """`ogr2ogr` reads every page into a GeoPackage, with all columns; `ogrinfo` counts, is told the extent and looks into a box."""
    if shutil.which("ogr2ogr") is None:
        pytest.skip("there is no GDAL; install gdal-bin")
    rows = musterstadt.workspace.store.latest_versions()["trees"].rows
    target = tmp_path / "trees.gpkg"
    command = ["ogr2ogr", "-f", "GPKG", str(target), f"OAPIF:{address}/ogc", "trees"]
    subprocess.run([*command, "-oo", "PAGE_SIZE=1000"], check=True, capture_output=True, timeout=120)
    summary = _ogrinfo("-so", str(target), "trees")
    assert f"Feature Count: {rows}" in summary
    columns = [
        c.name for c in musterstadt.workspace.store.latest_versions()["trees"].columns if c.type != "geometry"
    ]
    assert [name for name in columns if f"{name}:" not in summary] == []
    whole = f"OAPIF:{address}/ogc"
    assert f"Feature Count: {rows}" in _ogrinfo("-so", whole, "trees")
    extent = re.search(r"Extent: (.*)", _ogrinfo("-so", str(target), "trees"))
    assert extent is not None
    assert extent[0] in _ogrinfo("-so", whole, "trees")
    nowhere = _ogrinfo("-so", whole, "trees", "-spat", "0", "0", "1", "1")
    assert "Feature Count: 0" in nowhere


def _ogrinfo(*arguments: str) -> str:
    done = subprocess.run(["ogrinfo", *arguments], check=True, capture_output=True, text=True, timeout=120)
    return done.stdout


def test_owslib_reads_the_features(address: str) -> None:
    """Collections, columns and pages, as a script on somebody's desk asks for them."""
    service = Features(f"{address}/ogc/")
    assert "trees" in service.feature_collections()
    found = service.collection_items("trees", limit=3)
    assert (found["numberReturned"], found["type"]) == (3, "FeatureCollection")
    assert "geometry" in service.collection_queryables("trees")["properties"]
