"""Where data come from, and the raw bytes that came with their receipt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from allmende.model.contribution import CONTRIBUTED
from allmende.model.text import Text

UPLOAD = "upload:"
"""How the address of a source begins whose bytes people bring; nobody fetches it."""

Schedule = Literal["once", "every 10 minutes", "hourly", "daily", "weekly", "monthly", "yearly"]


@dataclass(frozen=True, slots=True)
class Source:
    """One address and the connector that understands it. `options` are decoded by the connector."""

    id: str
    title: Text
    connector: str
    address: str
    schedule: Schedule = "daily"
    licence: str = "unknown"
    attribution: str = ""
    owner: str = ""
    homepage: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def uploaded(self) -> bool:
        """True when people bring its bytes in the browser, or its rows one by one; nobody fetches it."""
        return self.address.startswith((UPLOAD, CONTRIBUTED))

    @property
    def contributed(self) -> bool:
        """True when its rows are what people contributed."""
        return self.address.startswith(CONTRIBUTED)


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof of one fetch: which address gave which bytes when, and how it described them.

    `sha256` names the raw file. `replayed` says that the bytes came from recorded files.
    """

    source: str
    address: str
    sha256: str
    size: int
    fetched_at: datetime
    media_type: str = ""
    etag: str = ""
    last_modified: str = ""
    file_name: str = ""
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that was not taken: its number in the source (first data row is 1), column, reason, raw text.

    `code` names the reason in one word where pages have their own words for it; `value` is what stood there
    (or what else the words need).
    """

    row: int
    column: str
    reason: str
    raw: str
    code: str = ""
    value: str = ""
