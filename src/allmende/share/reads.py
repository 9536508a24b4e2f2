"""The only way to data. Page, API, download and standard all ask here, and say for whom.

Every method takes the principal first. Default closed: what the reader may not see is answered
exactly like what is not there (`NotFound`), and closed columns are absent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from allmende.model.access import Access, Principal, strictest
from allmende.model.text import Language
from allmende.share.foreign_reads import ForeignReads

if TYPE_CHECKING:
    from allmende.catalogue.search import Hit


class Reads(ForeignReads):
    """All reads behind the gate: datasets, rows, knowledge, places, health, things, foreign catalogues (see the parts) and search."""

    def search(
        self, principal: Principal, query: str, language: Language, limit: int = 20
    ) -> tuple[Hit, ...]:
        """What the city has on `query`, best first, of what the reader may see."""
        if self._search is None:
            return ()
        return self._search.find(query, language, self._may_find(principal), limit)

    def _may_find(self, principal: Principal) -> Callable[[Access, str], bool]:
        """The index knows the class at its building; a dataset may have been closed since."""

        def may_read(access: Access, dataset: str) -> bool:
            now = self._accesses.dataset(dataset)
            return dataset in self.city.datasets and principal.may_read(strictest((access, now)), dataset)

        return may_read
