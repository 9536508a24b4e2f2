"""The register of data that are not open: what was written for it, and nothing of the data."""

from __future__ import annotations

from dataclasses import replace

from allmende.model.access import Access
from allmende.model.dataset import Closed
from allmende.model.text import Text
from allmende.share.portal.pages.closed import register
from allmende.testing.small import small_city

ENTRY = Closed(Text("Unfälle", "Accidents"), Text("Menschen wären zu erkennen.", "People."), "Art. 6 DSGVO")


def test_only_closed_data_with_an_entry_are_listed() -> None:
    """An open dataset needs none, and a closed one without an entry stays unseen."""
    for access, entry, listed in (
        (Access.INTERNAL, ENTRY, (ENTRY,)),
        (Access.PROTECTED, ENTRY, (ENTRY,)),
        (Access.OPEN, ENTRY, ()),
        (Access.INTERNAL, None, ()),
    ):
        city = small_city(access=access, closed=entry)
        assert register(city, "de") == listed
    several = small_city(access=Access.INTERNAL, closed=ENTRY)
    other = replace(several.datasets["benches"], id="b", closed=replace(ENTRY, title=Text("Anzeigen")))
    both = replace(several, datasets={**several.datasets, "b": other})
    assert [one.title.de for one in register(both, "de")] == ["Anzeigen", "Unfälle"]
