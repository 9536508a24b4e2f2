"""What every file says of itself: which version of what it is, under which licence, and from whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from allmende.model.dataset import Column
from allmende.model.licence import Licence
from allmende.model.text import Language
from allmende.share.views import RowStream


class Labels(Protocol):
    """What a file says of itself and of its columns."""

    @property
    def columns(self) -> tuple[Column, ...]: ...

    def pairs(self) -> tuple[tuple[str, str], ...]: ...


@dataclass(frozen=True, slots=True)
class About:
    """The words that go with a file. `address` is the version's page on this server."""

    title: str
    description: str
    dataset: str
    version: int
    created: str
    content_hash: str
    rows: int
    licences: tuple[Licence, ...]
    attributions: tuple[str, ...]
    publisher: str
    address: str
    columns: tuple[Column, ...]
    invented: bool
    language: Language = "de"

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Name and value of everything, for sheets and key-value metadata."""
        return (
            ("title", self.title),
            ("description", self.description),
            ("dataset", self.dataset),
            ("version", str(self.version)),
            ("published", self.created),
            ("content_sha256", self.content_hash),
            ("rows", str(self.rows)),
            ("licence", ", ".join(licence.title for licence in self.licences)),
            ("licence_address", ", ".join(licence.address for licence in self.licences)),
            ("attribution", "; ".join(self.attributions)),
            ("publisher", self.publisher),
            ("address", self.address),
            *((("invented", "All data are made up."),) if self.invented else ()),
        )


def about(stream: RowStream, origin: str, publisher: str, invented: bool) -> About:
    """The words for a stream. `origin` is the server's address, as `https://data.example.org`."""
    dataset, version = stream.view.dataset, stream.version
    return About(
        title=dataset.title.of("de"),
        description=dataset.description.of("de"),
        dataset=dataset.id,
        version=version.number,
        created=version.created.isoformat().replace("+00:00", "Z"),
        content_hash=version.content_hash,
        rows=version.rows,
        licences=stream.view.licences,
        attributions=stream.view.attributions,
        publisher=dataset.publisher or publisher,
        address=f"{origin}/d/{version.pin}",
        columns=stream.columns,
        invented=invented,
    )
