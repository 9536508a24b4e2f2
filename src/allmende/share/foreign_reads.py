"""Reading what foreign catalogues list. An entry is as closed as the catalogue's file says."""

from __future__ import annotations

from dataclasses import replace

from allmende.model.access import Principal
from allmende.model.harvest import ForeignCatalogue, ForeignEntry
from allmende.model.run import Step
from allmende.share.live_reads import LiveReads
from allmende.share.views import CatalogueState


class ForeignReads(LiveReads):
    """Foreign catalogues and their entries."""

    def catalogues(self, principal: Principal) -> tuple[CatalogueState, ...]:
        """The catalogues that the reader may see, with their last good harvest and their last run."""
        readable = self._readable_catalogues(principal)
        if not readable:
            return ()
        last, runs = self._store.harvests.last(), self._store.latest_runs()
        return tuple(
            CatalogueState(
                one,
                last.get(one.id),
                runs.get(Step("harvest", one.id)),
                self._store.harvests.entries([one.id], limit=1)[1],
            )
            for one in readable
        )

    def foreign(
        self, principal: Principal, words: str = "", limit: int = 50, offset: int = 0, catalogue: str = ""
    ) -> tuple[tuple[ForeignEntry, ...], int]:
        """Entries with all these words, of one catalogue or of all that the reader may see; and how many there are."""
        readable = {one.id for one in self._readable_catalogues(principal)}
        wanted = readable & {catalogue} if catalogue else readable
        if not wanted:
            return (), 0
        found, count = self._store.harvests.entries(sorted(wanted), words, limit, offset)
        return tuple(_without_closed(one, readable) for one in found), count

    def _readable_catalogues(self, principal: Principal) -> list[ForeignCatalogue]:
        # No dataset is called like this, so that a key for one dataset opens no catalogue.
        every = self.city.catalogues.values()
        return [one for one in every if principal.may_read(one.access, f"catalogues/{one.id}")]


def _without_closed(entry: ForeignEntry, readable: set[str]) -> ForeignEntry:
    """The link to the same dataset elsewhere only when the reader may see that catalogue, too."""
    return entry if entry.same_as is None or entry.same_as[0] in readable else replace(entry, same_as=None)
