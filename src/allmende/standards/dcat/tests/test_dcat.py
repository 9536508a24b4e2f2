"""The catalogue in RDF: three formats say the same, our shapes hold, and what is closed is not in it."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar
from litestar.testing import TestClient
from pyshacl import validate
from rdflib import Graph, URIRef
from rdflib.compare import isomorphic
from rdflib.namespace import DCAT, DCTERMS, RDF

from allmende.model.access import ANONYMOUS, Access
from allmende.model.city import Contact, Theme
from allmende.model.text import Text
from allmende.share.principals import make_key
from allmende.share.web import create_app, reads_of
from allmende.standards.dcat import jsonld, routes, turtle, xml
from allmende.standards.dcat.graph import Iri, Literal, Node, Term
from allmende.standards.dcat.mapping import Catalogue, Page
from allmende.standards.dcat.routes import page_of, preferred
from allmende.testing.clock import START
from allmende.testing.every_class import Tiny, fill, make_tiny

FORMATS = {"ttl": "turtle", "jsonld": "json-ld", "xml": "xml"}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """A city with data of every class, with a contact, themes and high-value data."""
    made = make_tiny(tmp_path_factory.mktemp("tiny"))
    city = replace(
        made.city, key="16053000", contact=Contact("Stadt <Winzig> & Söhne", email="data@city.example", phone="0 36 41"),
        themes={"city": Theme("city", Text("Stadt"), ("GOVE",))},
        contributor_id="http://dcat-ap.de/def/contributors/landJena",
    )  # fmt: skip
    datasets = dict(city.datasets)
    datasets["open-data"] = replace(
        datasets["open-data"],
        hvd="statistics",
        keywords=('a "quoted" \\ word', "ümläut\nline", " "),
        publisher="Büro",
    )
    made = replace(made, city=replace(city, datasets=datasets))
    fill(made)
    return made


@pytest.fixture(scope="module")
def client(tiny: Tiny) -> Iterator[TestClient[Litestar]]:
    """A reader."""
    with TestClient(create_app(tiny), base_url="https://daten.example") as found:
        yield found


def _graph(text: str, suffix: str) -> Graph:
    if suffix != "jsonld":
        return Graph().parse(data=text, format=FORMATS[suffix])
    # rdflib reads JSON-LD into a set of graphs, with names that it is about to change.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return Graph().parse(data=text, format="json-ld")


def test_three_formats_say_the_same(client: TestClient[Litestar]) -> None:
    """Turtle, JSON-LD and RDF/XML hold the same statements, with texts that have every kind of sign in them."""
    graphs = {suffix: _graph(client.get(f"/catalogue.{suffix}").text, suffix) for suffix in FORMATS}
    assert len(graphs["ttl"]) > 100
    assert isomorphic(graphs["ttl"], graphs["xml"])
    assert isomorphic(graphs["ttl"], graphs["jsonld"])


def test_our_shapes_hold(client: TestClient[Litestar]) -> None:
    """What DCAT-AP.de 3.0 asks for, and the shapes find what is missing."""
    graph = _graph(client.get("/catalogue.ttl").text, "ttl")
    shapes = Graph().parse(Path(__file__).parent / "shapes.ttl")
    conforms, _, text = validate(graph, shacl_graph=shapes)
    assert conforms, text
    for lost in (DCTERMS.license, DCTERMS.publisher, DCAT.accessURL):
        holed = Graph() + graph
        holed.remove((None, lost, None))
        assert not validate(holed, shacl_graph=shapes)[0], lost


def test_only_what_the_reader_may_see(client: TestClient[Litestar], tiny: Tiny) -> None:
    """The datasets of the catalogue are those of the gate; nothing of others stands anywhere in it."""
    text = client.get("/catalogue.ttl").text
    found = {str(one).rpartition("/")[2] for one in _graph(text, "ttl").subjects(RDF.type, DCAT.Dataset)}
    readable = reads_of(tiny).datasets(ANONYMOUS)
    assert found == {view.dataset.id for view in readable if view.version}
    assert "protected-data" not in text
    assert client.get("/catalogue/open-data.ttl").status_code == 200
    closed, nothing = (client.get(f"/catalogue/{name}.ttl") for name in ("protected-data", "nothing-data"))
    assert closed.status_code == nothing.status_code == 404


def test_files_of_the_catalogue_are_there(client: TestClient[Litestar]) -> None:
    """Every address to download from answers."""
    graph = _graph(client.get("/catalogue.ttl").text, "ttl")
    addresses = [str(one) for one in graph.objects(None, DCAT.downloadURL)]
    assert addresses
    assert [
        a for a in addresses if client.get(a.removeprefix("https://daten.example")).status_code != 200
    ] == []


def test_who_asks_again_gets_nothing_new(client: TestClient[Litestar], tiny: Tiny) -> None:
    """A harvester sends back the mark and is told that nothing changed."""
    first = client.get("/catalogue", headers={"accept": "application/rdf+xml"})
    assert first.headers["content-type"].startswith("application/rdf+xml")
    again = client.get(
        "/catalogue", headers={"accept": "application/rdf+xml", "if-none-match": first.headers["etag"]}
    )
    other = client.get(
        "/catalogue", headers={"accept": "text/turtle", "if-none-match": first.headers["etag"]}
    )
    assert (again.status_code, again.content, other.status_code) == (304, b"", 200)
    key = make_key("Amt", ["read:protected"], START)
    tiny.store.add_key(key.key)
    inside = {"accept": "application/rdf+xml", "authorization": f"Bearer {key.secret}"}
    seen = client.get("/catalogue", headers={**inside, "if-none-match": first.headers["etag"]})
    assert "protected-data" in seen.text
    assert "private" in seen.headers["cache-control"]


@pytest.mark.parametrize(("accept", "suffix"), [
    ("", "ttl"), ("*/*", "ttl"), ("text/html", "ttl"), ("application/ld+json", "jsonld"),
    ("text/turtle;q=0.5, application/rdf+xml", "xml"), ("application/ld+json;q=x, text/turtle;q=0.1", "ttl"),
])  # fmt: skip
def test_formats_are_negotiated(accept: str, suffix: str) -> None:
    """The heaviest of ours; Turtle without a wish."""
    assert preferred(accept) == suffix


def test_pages_hold_each_dataset_once(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    """Following `next` from the first page meets every dataset, and links lead to pages that are there."""
    monkeypatch.setattr(routes, "PAGE_SIZE", 2)
    with TestClient(create_app(tiny), base_url="https://daten.example") as client:
        seen, page = list[str](), "/catalogue.ttl?page=1"
        while page:
            graph = _graph(client.get(page).text, "ttl")
            seen += [str(one) for one in graph.objects(None, DCAT.dataset)]
            following = list(graph.objects(None, URIRef("http://www.w3.org/ns/hydra/core#next")))
            page = str(following[0]).removeprefix("https://daten.example") if following else ""
        assert (
            len(seen) == len(set(seen)) == len([v for v in reads_of(tiny).datasets(ANONYMOUS) if v.version])
        )
        assert client.get("/catalogue.ttl?page=99").status_code == 404
        assert client.get("/catalogue.ttl?page=x").status_code in (400, 422)


def test_pages_have_borders() -> None:
    """An empty catalogue has one page."""
    assert page_of("1", 0) == Page(1, 1, 0)
    assert page_of("2", 501).pages == 2


def test_what_is_not_known_is_not_said(tiny: Tiny) -> None:
    """Without contact, theme and key the catalogue says nothing about them; an invented city has no real key."""
    bare = replace(tiny.city, contact=Contact("Stadt"), themes={}, invented=True)
    view = reads_of(tiny).dataset(ANONYMOUS, "by-year")
    said = {name for name, _ in Catalogue(bare, "https://x.example", frozenset()).dataset(view).said}
    assert said.isdisjoint({"dcat:contactPoint", "dcat:theme", "dcatde:politicalGeocodingURI", "dct:spatial"})
    assert view.access is Access.OPEN


_texts = st.text(max_size=20)
_iris = st.text(max_size=20).map(lambda text: Iri(f"https://x.example/{text}"))
_terms: st.SearchStrategy[Term] = st.one_of(
    st.builds(Literal, _texts, st.sampled_from(["", "de"])), _iris,
    st.builds(lambda text: Node("foaf:Agent", (("foaf:name", Literal(text)),)), _texts),
)  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from(["dct:title", "dcat:keyword", "dct:source"]), _terms), max_size=4))
def test_any_text_can_be_read_again(said: list[tuple[str, Term]]) -> None:
    """Whatever signs a title or an address from outside holds, each format can be read, and all say the same."""
    node = Node("dcat:Dataset", tuple(said), "https://x.example/d")
    graphs: list[Any] = []
    for suffix, write in (("ttl", turtle.write), ("xml", xml.write), ("jsonld", jsonld.write)):
        text = b"".join(write([node])).decode()
        graphs.append(_graph(text, suffix))
    assert isomorphic(graphs[0], graphs[1])
    assert isomorphic(graphs[0], graphs[2])


def test_the_document_needs_nothing_from_elsewhere(client: TestClient[Litestar]) -> None:
    """The context of JSON-LD stands in it."""
    found = json.loads(client.get("/catalogue.jsonld").text)
    assert isinstance(found["@context"], dict)
