"""Who may see what: four classes, from open to internal, what was withdrawn, and the reader who asks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from allmende.model.agreement import Agreement
from allmende.model.person import Person


class Access(IntEnum):
    """The access class of a dataset or column. A larger number is stricter (DIN SPEC 91357).

    `WITHDRAWN` is no class that can be chosen: nobody has a scope for it, so that what was withdrawn, and
    whatever is made from it, is gone for everyone.
    """

    OPEN = 0
    COMMERCIAL = 1
    PROTECTED = 2
    INTERNAL = 3
    WITHDRAWN = 4

    @classmethod
    def parse(cls, name: str) -> Access:
        """The class called `name` (`open`, `commercial`, `protected`, `internal`); ValueError if none."""
        found = next((one for one in CHOICES if one.label == name.lower()), None)
        if found is None:
            raise ValueError(f"no access class {name!r}")
        return found

    @property
    def label(self) -> str:
        """The lower-case name used in files, addresses and scopes."""
        return self.name.lower()


CHOICES = (Access.OPEN, Access.COMMERCIAL, Access.PROTECTED, Access.INTERNAL)
"""The classes that a dataset can be given."""


def strictest(classes: Iterable[Access]) -> Access:
    """Access travels: a result is as closed as its strictest input. Of nothing it is internal."""
    found = tuple(classes)
    return max(found) if found else Access.INTERNAL


@dataclass(frozen=True, slots=True)
class Scope:
    """The right to read one class of data, of one dataset or (`dataset` is None) of all."""

    access: Access
    dataset: str | None = None

    def covers(self, access: Access, dataset: str) -> bool:
        """True when this scope lets `dataset` of class `access` be read. Stricter covers milder."""
        return access <= self.access and self.dataset in (None, dataset)

    def __str__(self) -> str:
        return f"read:{self.access.label}" + (f":{self.dataset}" if self.dataset else "")

    @classmethod
    def parse(cls, text: str) -> Scope:
        """`read:protected` or `read:internal:tree-register`; ValueError when it is neither."""
        verb, _, rest = text.partition(":")
        name, _, dataset = rest.partition(":")
        if verb != "read":
            raise ValueError(f"a scope starts with 'read:', not {text!r}")
        return cls(Access.parse(name), dataset or None)


WRITABLE = ("observations", "things", "subscriptions", "contributions")


@dataclass(frozen=True, slots=True)
class WriteScope:
    """The right to write one kind: observations, things (with all that describes them), subscriptions, contributions.

    `only` narrows observations to one way in by its id, contributions to one collection.
    """

    kind: str
    only: str | None = None

    def covers(self, kind: str, way: str | None = None) -> bool:
        """True when this scope lets `kind` be written (through `way`, for observations; to the collection `way`, for contributions)."""
        return self.kind == kind and self.only in (None, way)

    def __str__(self) -> str:
        return f"write:{self.kind}" + (f":{self.only}" if self.only else "")

    @classmethod
    def parse(cls, text: str) -> WriteScope:
        """`write:observations`, `write:observations:chirpstack`, `write:things`; ValueError for others."""
        verb, _, rest = text.partition(":")
        kind, _, only = rest.partition(":")
        if verb != "write" or kind not in WRITABLE:
            raise ValueError(f"a scope for writing is write: and one of {', '.join(WRITABLE)}, not {text!r}")
        return cls(kind, only or None)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: anonymous, the holder of a key, or a person; with the scopes that were granted.

    `key_id` is the public id of the key, empty without one; `person` is who signed in, if somebody did;
    `agreement` is what the key's rights follow from, when it has one.
    """

    kind: str = "anonymous"
    name: str = ""
    scopes: tuple[Scope, ...] = ()
    writes: tuple[WriteScope, ...] = ()
    key_id: str = ""
    person: Person | None = None
    agreement: Agreement | None = None

    def may_read(self, access: Access, dataset: str) -> bool:
        """Default closed: open data are for everyone, everything else needs a scope that covers it."""
        return access is Access.OPEN or any(s.covers(access, dataset) for s in self.scopes)

    def may_write(self, kind: str, way: str | None = None) -> bool:
        """Default closed: nobody writes without a scope for it."""
        return any(scope.covers(kind, way) for scope in self.writes)


ANONYMOUS = Principal()
