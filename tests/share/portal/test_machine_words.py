"""What programs find on a dataset's page: schema.org and links, whatever stands in titles."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from defusedxml.ElementTree import fromstring
from litestar import Litestar
from litestar.testing import TestClient

from allmende.model.access import ANONYMOUS
from allmende.model.text import Text
from allmende.share.portal.machine_words import schema_org, signposts
from allmende.share.reads import Reads

ATOM = "{http://www.w3.org/2005/Atom}"


def test_search_engines_for_data_understand_the_page(app: Litestar) -> None:
    """JSON-LD of schema.org with the files, and only of what is shown."""
    page = TestClient(app).get("/d/open-data").text
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert found
    said = json.loads(found[1])
    assert said["@type"] == "Dataset"
    cited = TestClient(app).get("/d/open-data@1").text
    assert '/d/open-data@1.csv"' in cited
    assert {one["encodingFormat"] for one in said["distribution"]} >= {"text/csv", "application/json"}


def test_no_title_ends_the_element(reads: Reads) -> None:
    """A title may hold anything; the page stays whole, and the text comes back as it was."""
    hostile = "</script><script>alert(1)</script><!-- & \u2028"
    view = reads.dataset(ANONYMOUS, "open-data")
    view = replace(view, dataset=replace(view.dataset, title=Text(hostile)))
    text = str(schema_org(view, ("csv",), "https://x.example", "open-data", reads.city, "de"))
    assert "<" not in text
    assert json.loads(text)["name"] == hostile


def test_links_lead_somewhere(app: Litestar, reads: Reads) -> None:
    """The header names how to cite, what describes, and every file; each address of ours answers."""
    client = TestClient(app)
    header = client.get("/d/open-data").headers["link"]
    root = str(client.base_url).rstrip("/")
    own = [a for a in re.findall(r"<([^>]+)>", header) if a.startswith(root)]
    assert len(own) >= 6
    assert [a for a in own if client.get(a.removeprefix(root)).status_code != 200] == []
    assert 'rel="license"' in signposts(reads.dataset(ANONYMOUS, "open-data"), ("csv",), root, "open-data")


def test_feed_readers_see_new_versions(app: Litestar, reads: Reads) -> None:
    """An Atom feed in both languages, the newest first, of open data only; the page says where it is."""
    client = TestClient(app)
    for start in ("", "/en"):
        feed = fromstring(client.get(f"{start}/daten.atom").text)
        entries = feed.findall(f"{ATOM}entry")
        assert len(entries) == len([v for v in reads.datasets(ANONYMOUS) if v.version])
        updated = [one.findtext(f"{ATOM}updated") or "" for one in entries]
        assert updated == sorted(updated, reverse=True)
        ids = [one.findtext(f"{ATOM}id") or "" for one in entries]
        assert all(client.get(one.removeprefix("http://testserver.local")).status_code == 200 for one in ids)
        assert f'href="{start}/daten.atom"' in client.get(f"{start}/daten").text
