"""What citizens and clubs give: rows for a collection, kept apart until somebody has read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from allmende.model.text import Text

ContributionState = Literal["waiting", "accepted", "rejected"]
CONTRIBUTED = "contributed:"
"""How the address of a source begins whose rows people contribute; nobody fetches it."""

RECEIVED = "received"
"""The column with the day on which a row came, for collections that declare it."""


@dataclass(frozen=True, slots=True)
class Collection:
    """What a dataset's file says about contributions to it.

    `form` lets everybody contribute in the browser; keys with the scope `write:contributions:<dataset>` may always.
    `invitation` says what is looked for.
    """

    invitation: Text = Text()
    form: bool = True


@dataclass(frozen=True, slots=True)
class Contribution:
    """One row as it was given (`cells` by column, as typed), with what became of it.

    `given_by` is the id of the key it came with, empty for the form; of a person nothing is kept. `secret`
    is the hash of a link that shows its state. `reason` is why it was not taken.
    """

    id: str
    dataset: str
    cells: Mapping[str, str]
    made: datetime
    secret: str = ""
    given_by: str = ""
    state: ContributionState = "waiting"
    reason: str = ""
    decided: datetime | None = None
