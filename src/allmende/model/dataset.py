"""Datasets, their columns and contracts, and the immutable versions that are published of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from allmende.model.access import Access
from allmende.model.contribution import Collection
from allmende.model.disclosure import Disclosure
from allmende.model.finding import Application, Finding
from allmende.model.guard import Allowed
from allmende.model.text import Text
from allmende.model.watched import Selection

ColumnType = Literal["text", "integer", "number", "boolean", "date", "datetime", "json", "geometry"]
ContractMode = Literal["freeze", "evolve", "discard", "declared"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name in our tables, what it is called in the source, type, unit and meaning.

    `unit` is UCUM (`m2`, `%`, `Cel`; `1` for counts). `source_name` is empty when it equals `name`.
    `access` closes a single column further than its dataset.
    """

    name: str
    type: ColumnType = "text"
    title: Text = Text()
    description: Text = Text()
    unit: str = ""
    source_name: str = ""
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    values: tuple[str, ...] = ()
    access: Access = Access.OPEN


@dataclass(frozen=True, slots=True)
class Closed:
    """What the register of data that are not open says of a dataset; the dataset itself stays unseen.

    `law` names the rule that closes it, like `Art. 6 GDPR`.
    """

    title: Text
    reason: Text
    law: str = ""


@dataclass(frozen=True, slots=True)
class Dataset:
    """What a city publishes: described by a file, made from one source, by one recipe or from observations.

    Exactly one of `source`, `recipe` and `observations` is set. `contract` says what happens when the columns of
    the source change: `freeze` refuses the new version, `evolve` takes new columns along,
    `discard` drops columns that are not declared, `declared` does so too and refuses when a declared one is
    missing. An empty licence is that of the source;
    a recipe carries the licences of all its inputs. `district_column`, when set, is filled at
    publication with the code of the city's district that the row's geometry lies in. `department` is
    the office whose people work on it; `guard_allowed` are decisions on what the guard finds in it, `disclosure` how small groups in its
    counts are hidden before they are published; `closed` is its entry in the register of data that are not open,
    `contributions` says that people may give rows for it,
    `instrument` works on the rows of the recipe and gives the rows that are published, with its findings,
    `hvd` is its category when the law counts it among high-value data (regulation (EU) 2023/138).
    """

    id: str
    title: Text
    description: Text = Text()
    theme: str = "city"
    source: str = ""
    recipe: str = ""
    columns: tuple[Column, ...] = ()
    contract: ContractMode = "freeze"
    key: tuple[str, ...] = ()
    place_column: str = ""
    time_column: str = ""
    licence: str = ""
    access: Access = Access.INTERNAL
    publisher: str = ""
    steward: str = ""
    keywords: tuple[str, ...] = ()
    stale_after_days: int | None = None
    limits: Text = Text()
    district_column: str = ""
    observations: Selection | None = None
    department: str = ""
    guard_allowed: tuple[Allowed, ...] = ()
    disclosure: Disclosure | None = None
    closed: Closed | None = None
    contributions: Collection | None = None
    instrument: Application | None = None
    hvd: Literal["", "geospatial", "earth", "weather", "statistics", "companies", "mobility"] = ""

    @property
    def table(self) -> str:
        """The name under which recipes ask for this dataset: the id with underscores."""
        return self.id.replace("-", "_")

    def column(self, name: str) -> Column | None:
        """The declared column called `name`, or None."""
        return next((c for c in self.columns if c.name == name), None)


@dataclass(frozen=True, slots=True)
class Pin:
    """One exact input: dataset and version number; written `tree-register@3`."""

    dataset: str
    version: int

    def __str__(self) -> str:
        return f"{self.dataset}@{self.version}"

    @classmethod
    def parse(cls, text: str) -> Pin:
        """The pin written as `id@n`; ValueError when it is not one."""
        name, mark, number = text.rpartition("@")
        if not mark or not number.isascii() or not number.isdigit():
            raise ValueError(f"{text!r} is not of the form dataset@version")
        return cls(name, int(number))


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check of a version: what was asked, how many rows failed, is it serious."""

    name: str
    passed: bool
    failed_rows: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class DatasetVersion:
    """Immutable content of a dataset, with everything that is needed to make it again.

    `number` counts from 1. `lake_version` is the version of the Delta table. `content_hash` is over
    the rows in order, `maker_hash` over everything that turned input into rows (options, contract,
    recipe text). `raw` are SHA-256 of raw files, `inputs` pins for recipes; `recipe_text` is the
    SQL that ran. `rejected_raw` is the SHA-256 of a Parquet file with the rejected rows, or empty.
    `access`, `licences` and `attributions` are those at publication. `changes_raw` is the SHA-256 of a Parquet file
    with the cells that disclosure control changed, or empty; it is the city's own log and never shown.
    `applied` says which instrument worked on the recipe's rows, in which edition and how (JSON), or is empty;
    `findings` are its statements.
    """

    dataset: str
    number: int
    lake_version: int
    content_hash: str
    maker_hash: str
    rows: int
    rejected: int
    columns: tuple[Column, ...]
    created: datetime
    raw: tuple[str, ...] = ()
    inputs: tuple[Pin, ...] = ()
    recipe_text: str = ""
    rejected_raw: str = ""
    access: Access = Access.INTERNAL
    licences: tuple[str, ...] = ()
    attributions: tuple[str, ...] = ()
    checks: tuple[Check, ...] = field(default=())
    changes_raw: str = ""
    applied: str = ""
    findings: tuple[Finding, ...] = ()

    @property
    def pin(self) -> Pin:
        """This version as a pin."""
        return Pin(self.dataset, self.number)
