"""Addresses, methods and parameters that are not there are refused in the shape of the interface they are below."""

from __future__ import annotations

from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

Client = TestClient[Litestar]
PROBLEM = "application/problem+json"


@pytest.mark.parametrize(
    "path", ["/api/v1/nope", "/api/v1/nope/nope", "/api/v1/datasets/x/nope", "/api/nope"]
)
def test_of_our_own_interface(client: Client, path: str) -> None:
    """A problem (RFC 9457) that names the address."""
    answer = client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, PROBLEM)
    assert answer.json()["instance"] == path
    assert answer.json()["status"] == 404


def test_methods_of_our_own_interface(client: Client) -> None:
    """What cannot be written is a problem, too."""
    answer = client.delete("/api/v1/datasets")
    assert (answer.status_code, answer.headers["content-type"]) == (405, PROBLEM)
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize("path", ["/ogc/nope", "/ogc/collections/districts/nope", "/ogc/a/b/c/d"])
def test_of_ogc(client: Client, path: str) -> None:
    """`code` and `description`, as JSON."""
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.json()["code"] == "NotFound"


def test_methods_of_ogc(client: Client) -> None:
    """A layer cannot be deleted."""
    answer = client.delete("/ogc/collections/districts/items/1")
    assert answer.status_code == 405
    assert answer.json()["code"] == "MethodNotAllowed"
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize(("method", "status"), [("GET", 404), ("DELETE", 405)])
def test_of_ckan(client: Client, method: str, status: int) -> None:
    """CKAN's envelope, which says that it did not work."""
    path = "/api/3/nope" if method == "GET" else "/api/3/action/package_list"
    answer = client.request(method, path)
    said: dict[str, Any] = answer.json()
    assert (answer.status_code, said["success"]) == (status, False)
    assert said["error"]["message"]


def test_neighbours_of_a_standard_are_not_its_own(client: Client) -> None:
    """`/ogcx` is a page that is not there, not an address of OGC's service."""
    assert client.get("/ogcx").headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    ("address", "hint"),
    [
        ("/api/v1/datasets/open-data/rows?limt=1", "Did you mean limit?"),
        ("/api/v1/datasets/open-data/rows?limit=1&zzz=1", "There are: "),
        ("/api/v1/datasets?page=2", "This address takes none."),
        ("/api/v1/datasets/open-data?name=closed", "This address takes none."),
        ("/api/v1/stories?wanted=en", "language"),
        ("/api/v1/openapi.json?x=", "This address takes none."),
    ],
)
def test_unknown_parameters(client: Client, address: str, hint: str) -> None:
    """A misspelt condition would else be answered with everything."""
    answer = client.get(address)
    assert (answer.status_code, answer.headers["content-type"]) == (400, PROBLEM)
    assert hint in answer.json()["hint"]


@pytest.mark.parametrize(
    "address",
    ["/api/v1/datasets/open-data/rows?limit=1&offset=1&columns=year", "/api/v1/stories?language=de",
     "/api/v1/things?property=soil-moisture", "/api/v1/search?q=Daten&language=en&limit=1", "/api/v1"],
)  # fmt: skip
def test_known_parameters(client: Client, address: str) -> None:
    """What is documented is taken."""
    assert client.get(address).status_code == 200


@pytest.mark.parametrize(
    "address",
    ["/api/v1/stories?language=xx", "/api/v1/search?q=Daten&language=", "/api/v1/search?q=Daten&limit=101",
     "/api/v1/datasets/open-data/history?limit=1001", "/api/v1/datasets/open-data/history?format=xml",
     "/api/v1/datasets/open-data/rows?limit=0", "/api/v1/datasets/open-data/rows?offset=-1"],
)  # fmt: skip
def test_wrong_values(client: Client, address: str) -> None:
    """What cannot be answered as it was asked is refused, and nothing is cut in silence."""
    answer = client.get(address)
    assert (answer.status_code, answer.headers["content-type"]) == (400, PROBLEM)
    assert answer.json()["detail"]
