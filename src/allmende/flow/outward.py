"""Everything that goes out by itself from a process that serves: events, and observations on topics."""

from __future__ import annotations

from allmende.extensions import load_standard, manifests
from allmende.flow.events import Events
from allmende.flow.publication import Publication
from allmende.flow.telling import PrincipalOf, Readable
from allmende.flow.workspace import Workspace
from allmende.ports import Publisher, Publishes, Sender


class Outward:
    """Started with the app that serves a workspace, and ended with it.

    `readable` and `principal_of` are the gate's: access is decided there at the moment of telling.
    """

    def __init__(
        self,
        workspace: Workspace,
        readable: Readable,
        principal_of: PrincipalOf,
        sender: Sender,
        publisher: Publisher | None,
    ) -> None:
        store = workspace.store
        self._parts: list[Events | Publication] = [Events(store, readable, principal_of, sender, publisher)]
        if publisher is not None:
            self._parts.append(Publication(store, readable, publisher, _publishing(), workspace.data))
        for part in self._parts:
            workspace.live.writer.listen(part.notice)

    def start(self) -> None:
        """Begin to tell."""
        for part in self._parts:
            part.start()

    def close(self) -> None:
        """End; what is not told waits in the store."""
        for part in self._parts:
            part.close()


def _publishing() -> list[Publishes]:
    found = [load_standard(one.id) for one in manifests("standard")]
    return [standard for standard in found if isinstance(standard, Publishes)]
