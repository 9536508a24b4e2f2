"""Raw messages wherever they lie: in the store, or in a segment in the lake."""

from __future__ import annotations

from allmende.errors import NotFound
from allmende.lake.segments import read_segment, write_segment
from allmende.model.message import KeptMessage
from allmende.ports import Lake
from allmende.store.segment_rows import SegmentRows
from allmende.store.sql import SqlStore

AT_ONCE = 5_000


class Messages:
    """Reads messages by their number, and moves old ones into segments."""

    def __init__(self, store: SqlStore, lake: Lake) -> None:
        self._store = store
        self._lake = lake
        self._rows = SegmentRows(store.engine)

    def message(self, message_id: int) -> KeptMessage:
        """The message; NotFound when there is none."""
        try:
            return self._store.observations.message(message_id)
        except NotFound:
            for sha256 in self._rows.holding(message_id):
                with self._lake.open_raw(sha256) as file:
                    for kept in read_segment(file.read()):
                        if kept.id == message_id:
                            return kept
            raise

    def move(self, before: int, at_once: int = AT_ONCE) -> int:
        """Put messages received before a moment into segments; how many were moved.

        The segment is on disk before its messages are deleted; an interruption leaves both, and the next
        run writes the same segment again under the same name.
        """
        moved = 0
        while messages := self._rows.old(before, at_once):
            sha256, _ = self._lake.keep_raw([write_segment(messages)])
            self._rows.moved(sha256, messages)
            moved += len(messages)
        return moved
