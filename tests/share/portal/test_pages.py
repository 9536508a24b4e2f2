"""Every page of the portal, as a browser without JavaScript gets it."""

from __future__ import annotations

import html
import re

import pytest
from litestar import Litestar
from litestar.testing import TestClient

Site = TestClient[Litestar]
PAGES = [
    "/", "/wissen", "/w/growing-districts", "/w/growing-districts@1", "/ziele", "/ziele/people", "/stadtteil",
    "/stadtteil/altstadt", "/daten", "/d/population", "/d/population@1", "/karte", "/d/cycling-ahead", "/d/nursery-compared",
    "/f/finding~cycling-ahead@1;key=forecast;number=gain", "/karte?ebene=nursery-places",
    "/suche?q=Spielplatz", "/suche?q=Rat", "/stand", "/impressum", "/datenschutz", "/barrierefreiheit",
]  # fmt: skip
_LINK = re.compile(r'(?:href|src|action)="([^"]+)"')


def english(path: str) -> str:
    """The same address in English."""
    return "/en" + ("" if path == "/" else path)


@pytest.mark.parametrize("path", [*PAGES, *map(english, PAGES)])
def test_pages_keep_their_promises(path: str, site: Site) -> None:
    """Each page is there, in its language, marked invented, with one h1, and nothing inline or foreign loads."""
    answer = site.get(path)
    assert answer.status_code == 200
    text = answer.text
    assert f'<html lang="{"en" if path.startswith("/en") else "de"}">' in text
    assert text.count("<h1") == 1
    assert 'class="invented"' in text
    assert "style=" not in text.replace("font-style=", "")
    assert "<style" not in text
    assert not re.search(
        r"<script(?! type=\"module\" src=\"/assets/| type=\"application/ld\+json\">\{[^<>]*\}</script>)", text
    )
    assert not re.search(
        r'<(?:link rel="(?:stylesheet|preload)"|script|img)[^>]+(?:href|src)="(?:https?:)?//', text
    )
    assert not re.search(r" on[a-z]+=", text)
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/w/growing-districts", "/ziele/people", "/d/population", "/en/karte"])
def test_links_lead_somewhere(path: str, site: Site) -> None:
    """No link of ours on a page is dead."""
    found = {html.unescape(link).split("#")[0] for link in _LINK.findall(site.get(path).text)}
    own = sorted(link for link in found if link.startswith("/") and not link.startswith(("/f/", "/en/f/")))
    figures = sorted(found - set(own))[:3]
    dead = [
        link
        for link in [*own, *(f for f in figures if f.startswith("/"))]
        if site.get(link).status_code != 200
    ]
    assert len(own) > 10
    assert dead == []


@pytest.mark.parametrize("start", ["", "/en"])
def test_every_number_of_a_story_has_a_passport(start: str, site: Site) -> None:
    """Numbers in sentence, chart table and map lead to pages that show where they come from."""
    text = site.get(f"{start}/w/growing-districts").text
    numbers = {html.unescape(found) for found in re.findall(r'class="zahl[^"]*" href="([^"]+)"', text)}
    assert len(numbers) > 12
    for address in sorted(numbers)[:3]:
        answer = site.get(address)
        assert answer.status_code == 200
        assert "SHA-256" in answer.text
        assert "@1" in answer.text


def test_a_number_computed_again_is_the_same(site: Site) -> None:
    """The form of a passport makes every version again, compares, and says that it is equal."""
    address = re.findall(r'class="zahl[^"]*" href="(/f/[^"]+)"', site.get("/").text)[0]
    answer = site.post(html.unescape(address) + "/nachrechnen")
    assert answer.status_code == 200
    again = answer.text.split('id="again"')[1]
    assert "j-on_course" in again
    assert "j-missed" not in again


def test_a_day_leads_to_the_version_known_then(site: Site) -> None:
    """`@date` redirects to the version of that day, and a day before the first has none."""
    assert (
        site.get("/w/growing-districts@2999-12-31", follow_redirects=False).headers["location"]
        == "/w/growing-districts@1"
    )
    assert (
        site.get("/en/d/population@2999-12-31", follow_redirects=False).headers["location"]
        == "/en/d/population@1"
    )
    assert site.get("/w/growing-districts@1999-12-31").status_code == 404
    assert site.get("/w/growing-districts@2026-02-31").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/en/nowhere",
        "/w/none",
        "/d/none",
        "/f/none",
        "/ziele/none",
        "/stadtteil/none",
        "/d/population@99",
    ],
)
def test_what_is_not_there_gets_a_page(path: str, site: Site) -> None:
    """A wrong address gets a page for people with a way on, in their language."""
    answer = site.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert f'<html lang="{"en" if path.startswith("/en") else "de"}">' in answer.text
    assert "Traceback" not in answer.text


def test_words_of_readers_are_escaped(site: Site) -> None:
    """What a reader types is shown as text."""
    assert "<script>alert" not in site.get("/suche", params={"q": "<script>alert(1)</script>"}).text
    assert (
        "<script>alert"
        not in site.get("/barrierefreiheit", params={"seite": '"><script>alert(1)</script>'}).text
    )


def test_filters_narrow_the_list_of_datasets(site: Site) -> None:
    """A text filter leaves fewer datasets, and one that fits nothing says so."""

    def count(query: dict[str, str]) -> int:
        return len(set(re.findall(r'href="/d/([a-z0-9-]+)"', site.get("/daten", params=query).text)))

    everything = count({})
    assert 0 < count({"text": "Bevölkerung"}) < everything
    assert count({"text": "xyzxyz"}) == 0


def test_citation_can_be_had_as_bibtex(site: Site) -> None:
    """A story's version gives an entry with its own address."""
    answer = site.get("/w/growing-districts@1.bib")
    assert answer.status_code == 200
    assert answer.text.startswith("@misc{growing-districts-1,")
    assert "/w/growing-districts@1}" in answer.text


def test_programs_find_all_pages(site: Site) -> None:
    """The site map lists stories, goals, districts and datasets in both languages; robots.txt names it."""
    listed = site.get("/sitemap.xml").text
    for path in (
        "/w/growing-districts",
        "/ziele/people",
        "/stadtteil/altstadt",
        "/d/population",
        "/en/wissen",
    ):
        assert f"{path}</loc>" in listed
    assert "sitemap.xml" in site.get("/robots.txt").text
