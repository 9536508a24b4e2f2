"""What foreign catalogues answer, of every kind, becomes foreign datasets, or is refused with a reason."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.collect.harvest.kinds import READERS
from allmende.collect.harvest.licences import licence_of, one_licence
from allmende.collect.harvest.page import LONGEST_TEXT, short, web_address
from allmende.errors import Unreadable
from allmende.model.harvest import HARVEST_KINDS, ForeignCatalogue, ForeignDataset, HarvestKind
from allmende.model.text import Text

AT = "https://portal.example/catalogue"

TURTLE = """
@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> . @prefix hydra: <http://www.w3.org/ns/hydra/core#> .
<> a dcat:Catalog ; dcat:catalog <> ; dcat:dataset <trees>, <self> .
<trees> a dcat:Dataset ; dct:title "Trees"@en, "Bäume"@de ; dct:publisher [ a foaf:Agent ; foaf:name "Amt" ] ;
  dct:license <http://dcat-ap.de/def/licenses/dl-by-de/2.0> ; dcat:keyword "Baum" ;
  dcat:distribution [ dcat:accessURL <trees.csv> ; dct:format "CSV" ;
    dct:license <http://dcat-ap.de/def/licenses/dl-by-de/2.0> ] .
<self> a dcat:Dataset ; dct:title "Circle" ; dct:isPartOf <self> ; dct:publisher <self> ; dcat:distribution <self> .
<catalogue?page=1> hydra:next <catalogue?page=2> ; hydra:totalItems 2 .
"""
XML = """<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns:dcat="http://www.w3.org/ns/dcat#" xmlns:dct="http://purl.org/dc/terms/">
<dcat:Dataset rdf:about="trees"><dct:title>Bäume</dct:title></dcat:Dataset></rdf:RDF>"""
JSONLD = {
    "@context": {"dcat": "http://www.w3.org/ns/dcat#", "dct": "http://purl.org/dc/terms/"},
    "@id": "trees",
    "@type": "dcat:Dataset",
    "dct:title": "Bäume",
}
PACKAGE = {
    "id": "1", "name": "trees", "title": "Bäume", "license_id": "dl-de-by-2.0", "author": "Erika Muster",
    "organization": {"title": "Amt"}, "tags": [{"name": "Baum"}], "notes": "<b>Alle</b>",
    "resources": [{"name": "Liste", "url": "https://portal.example/t.csv", "format": "CSV"}],
}  # fmt: skip
WFS = """<wfs:WFS_Capabilities xmlns:wfs="w" xmlns:ows="o"><ows:ProviderName>Amt</ows:ProviderName>
<ows:Fees>NONE</ows:Fees><FeatureTypeList><FeatureType><Name>a:trees</Name><Title>Bäume</Title></FeatureType>
<FeatureType/></FeatureTypeList></wfs:WFS_Capabilities>"""


def read(kind: HarvestKind, content: Any, at: str = AT) -> tuple[ForeignDataset, ...]:
    """The datasets in an answer."""
    text = content if isinstance(content, str) else json.dumps(content)
    return READERS[kind].read(text.encode(), at).datasets


def first(kind: HarvestKind, address: str, filter_: str = "") -> str:
    """Where a kind of catalogue is asked first."""
    return READERS[kind].first(ForeignCatalogue("x", Text("X"), kind, address, filter=filter_))


def test_turtle_with_circles_and_relative_addresses() -> None:
    """Addresses are completed, German words win, and what points at itself ends."""
    circle, trees = read("dcat", TURTLE)
    assert (trees.identifier, trees.title) == ("https://portal.example/trees", "Bäume")
    assert (trees.publisher, trees.licence) == ("Amt", "dl-de/by-2-0")
    assert trees.distributions[0].address == "https://portal.example/trees.csv"
    assert circle.title == "Circle"
    page = READERS["dcat"].read(TURTLE.encode(), AT)
    assert (page.following, page.announced) == ("https://portal.example/catalogue?page=2", 2)


@pytest.mark.parametrize("content", [XML, json.dumps(JSONLD)])
def test_other_ways_to_write_rdf(content: str) -> None:
    """RDF/XML and JSON-LD say the same as Turtle; no licence is an unknown one."""
    (found,) = read("dcat", content)
    assert (found.identifier, found.title, found.licence) == (
        "https://portal.example/trees",
        "Bäume",
        "unknown",
    )


@pytest.mark.parametrize(
    "content",
    [
        '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>',
        '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "xx"><!ENTITY c "&b;&b;">]><rdf:RDF>&c;</rdf:RDF>',
        json.dumps({**JSONLD, "@context": "https://other.example/context.jsonld"}),
        json.dumps({**JSONLD, "@context": [{"a": "b"}, "https://other.example/context.jsonld"]}),
        json.dumps({"@graph": [{"@context": {"@import": "https://other.example/c"}}]}),
        "[" * 200 + "]" * 200,
        "[" * 200_000,
        "@prefix broken",
        "<html><body>Wartung</body></html>",
        "",
        "\x00\x01",
    ],
)
def test_hostile_rdf_is_refused(content: str) -> None:
    """Entities, remote contexts, depth, pages for people and rubbish; nothing is fetched."""
    with pytest.raises(Unreadable):
        read("dcat", content)


def test_ckan_page_by_page() -> None:
    """The next page is asked for until all are there; persons are not taken over."""
    answer = {"success": True, "result": {"count": 3, "results": [PACKAGE, {"no": "id"}]}}
    address = first("ckan", "https://portal.example/", "organization:jena")
    assert "fq=organization%3Ajena" in address
    page = READERS["ckan"].read(json.dumps(answer).encode(), address)
    (found,) = page.datasets
    assert (found.licence, found.publisher, found.keywords, found.description) == (
        "dl-de/by-2-0",
        "Amt",
        ("Baum",),
        "Alle",
    )
    assert found.landing_page == "https://portal.example/dataset/trees"
    assert "Erika" not in repr(found)
    assert page.faults == ("entry 2 has no identifier or no title",)
    assert "start=2" in page.following
    last = READERS["ckan"].read(json.dumps(answer).encode(), page.following)
    assert last.following == ""


def test_lists_of_dkan_and_hub() -> None:
    """DCAT-US lists, at the places where the two have them."""
    one = {
        "identifier": "https://hub.example/1", "title": "Bäume", "publisher": {"name": "Amt"},
        "license": "https://creativecommons.org/licenses/by/4.0/",
        "distribution": [{"downloadURL": "https://hub.example/1.csv", "mediaType": "text/csv"}],
    }  # fmt: skip
    assert first("dkan", "https://dkan.example/") == "https://dkan.example/data.json"
    assert first("arcgis-hub", "https://hub.example").endswith("/api/feed/dcat-us/1.1.json")
    (found,) = read("arcgis-hub", {"dataset": [one]})
    assert (found.licence, found.landing_page) == ("cc-by-4.0", "https://hub.example/1")
    (koeln,) = read("dkan", {**PACKAGE, "resources": [{"file_url": "https://x.example/a.zip"}]})
    assert koeln.distributions[0].address == "https://x.example/a.zip"


def test_udata() -> None:
    """Pages of datasets with the address of the next one."""
    one = {
        "id": "5",
        "title": "Arbres",
        "page": "https://u.example/d/5",
        "license": "cc-zero",
        "tags": ["arbre"],
    }
    answer = {"data": [one], "total": 7, "next_page": "https://u.example/api/1/datasets/?page=2"}
    page = READERS["udata"].read(json.dumps(answer).encode(), "https://u.example/api/1/datasets/")
    assert (page.announced, page.following[-6:]) == (7, "page=2")
    assert (page.datasets[0].licence, page.datasets[0].keywords) == ("cc0-1.0", ("arbre",))


def test_wfs_and_ogc_api() -> None:
    """Feature types, collections and records."""
    assert first("wfs", "https://w.example/wfs?map=a").endswith("map=a&service=WFS&request=GetCapabilities")
    (layer,) = read("wfs", WFS)
    assert (layer.identifier, layer.publisher, layer.licence, layer.licence_given) == (
        "a:trees",
        "Amt",
        "unknown",
        "NONE",
    )
    links = [
        {"rel": "items", "href": "trees/items"},
        {"rel": "license", "href": "https://www.govdata.de/dl-de/by-2-0"},
    ]
    (listed,) = read("ogc-api", {"collections": [{"id": "trees", "title": "Bäume", "links": links}]})
    assert (listed.licence, listed.distributions[0].address) == (
        "dl-de/by-2-0",
        "https://portal.example/trees/items",
    )
    record = {"type": "Feature", "id": "r1", "properties": {"title": "Bäume", "license": "cc0-1.0"}}
    (found,) = read("ogc-api", {"features": [record], "numberMatched": 1})
    assert (found.identifier, found.licence) == ("r1", "cc0-1.0")


@pytest.mark.parametrize("kind", HARVEST_KINDS)
@given(
    content=st.one_of(
        st.binary(max_size=60),
        st.recursive(
            st.none() | st.integers() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(
                        [
                            "result",
                            "results",
                            "dataset",
                            "data",
                            "collections",
                            "links",
                            "resources",
                            "tags",
                            "success",
                            "id",
                            "title",
                        ]
                    ),
                    inner,
                    max_size=4,
                )
            ),
            max_leaves=12,
        ).map(lambda value: json.dumps(value).encode()),
    )
)
def test_whatever_comes(kind: HarvestKind, content: bytes) -> None:
    """Any bytes are datasets with an identifier and a title, or refused; never another error."""
    try:
        page = READERS[kind].read(content, AT)
    except Unreadable:
        return
    assert all(one.identifier and one.title for one in page.datasets)


@pytest.mark.parametrize(
    "written",
    [
        "cc-by",
        "http://dcat-ap.de/def/licenses/",
        "Creative Commons Namensnennung 3.0 DE",
        "",
        "http://[broken",
    ],
)
def test_a_licence_is_never_guessed(written: str) -> None:
    """What is near a licence we know stays as it is written."""
    assert licence_of(written) == ("unknown", written)


def test_licences_that_differ() -> None:
    """Distributions under two licences leave the dataset's unknown, with both in words."""
    pair = [licence_of("cc-zero"), licence_of("https://www.govdata.de/dl-de/by-2-0")]
    assert one_licence(pair) == ("unknown", "cc-zero; https://www.govdata.de/dl-de/by-2-0")
    assert one_licence(pair[:1]) == ("cc0-1.0", "cc-zero")


def test_huge_and_strange_values() -> None:
    """Literals are cut, control characters and addresses that run code do not come through."""
    assert len(short("x" * 10**6, LONGEST_TEXT)) == LONGEST_TEXT
    assert short("a\x00b\u202ec") == "a b c"
    for address in (
        "javascript:alert(1)",
        "data:text/html,x",
        "https://user:secret@x.example",
        "//[",
        "file:///etc",
    ):
        assert web_address(address) == ""
