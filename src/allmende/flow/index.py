"""The search index, built anew from everything that is published."""

from __future__ import annotations

from allmende.catalogue.access import Accesses
from allmende.catalogue.entries import entries
from allmende.catalogue.lineage import Lineage
from allmende.catalogue.search import SearchIndex
from allmende.flow.workspace import Workspace
from allmende.model.access import Access, Principal, Scope
from allmende.share.gate import Known
from allmende.share.reads import Reads

_EVERYTHING = Principal("flow", "index", (Scope(Access.INTERNAL),))
"""The index holds everything with its class; the gate asks it for what a reader may see."""


def build_index(workspace: Workspace) -> int:
    """Build the index; returns how many entries it has. Readers see the old one until it is whole."""
    city, store, accesses = workspace.city, workspace.store, Accesses(workspace.city)
    index = SearchIndex(workspace.search_file)
    known = Known(city, workspace.figures, accesses, Lineage(city, store))
    reads = Reads(lambda: known, store, workspace.lake, workspace.engine, index)
    places = reads.places(_EVERYTHING)
    return index.build(entries(city, store, accesses, places), city.synonyms)
