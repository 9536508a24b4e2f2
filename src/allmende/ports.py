"""Every seam of the house on one page.

What stands behind a port can be replaced: each has a contract suite in `allmende.testing` that
every adapter, ours or a stranger's, must pass. No seam without a real user of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, TypeVar, runtime_checkable

from allmende.model.account import SignIn
from allmende.model.agreement import Agreement, Delivery, Quota
from allmende.model.audit import Entry
from allmende.model.contribution import Contribution, ContributionState
from allmende.model.dataset import Column, ColumnType, DatasetVersion, Pin
from allmende.model.document import StoryVersion
from allmende.model.finding import Finding
from allmende.model.harvest import ForeignDataset, ForeignEntry, Harvest, Harvested
from allmende.model.look import Description, Look
from allmende.model.message import Accepted, Arrival, Change, KeptMessage, Message, MessageStatus
from allmende.model.observation import Latest, Observation
from allmende.model.person import Grant, Person
from allmende.model.problem import Problem
from allmende.model.query import Expression, Query
from allmende.model.received import Choice
from allmende.model.release import Release, ReleaseStep
from allmende.model.run import AccessKey, Feedback, Run, Step
from allmende.model.series import Bucket, Wanted
from allmende.model.source import Receipt, Rejected, Source
from allmende.model.standing import Standing
from allmende.model.subscription import Described, Event, Progress, Subscription
from allmende.model.text import Language, Text
from allmende.model.thing import AnyDescribed, Datastream, ThingKind
from allmende.model.upload import Upload
from allmende.model.use import Use
from allmende.model.watched import Watched
from allmende.model.way import WayState
from allmende.model.wish import Wish
from allmende.model.withdrawal import Incident

if TYPE_CHECKING:
    import pyarrow as pa


_Value = TypeVar("_Value", bound=AnyDescribed)

# --- the world outside -------------------------------------------------------------------------


class Clock(Protocol):
    """Tells the time; aware, UTC."""

    def now(self) -> datetime: ...


@dataclass(frozen=True)
class Fetched:
    """An answer from an address: its bytes in chunks (read once), and what it said of them."""

    address: str
    chunks: Iterator[bytes]
    media_type: str = ""
    etag: str = ""
    last_modified: str = ""
    file_name: str = ""
    replayed: bool = False


class Http(Protocol):
    """The one guarded client for everything that leaves the machine.

    Polite (names itself, conditional requests, retries with back-off), bounded (time, size,
    redirects) and closed to private addresses unless allowed.
    """

    def fetch(self, address: str, known: Receipt | None = None) -> Fetched | None:
        """Get `address`; None when it is unchanged since `known`.

        Raises SourceUnreachable (transient) or SourceRefused.
        """
        ...


class Sender(Protocol):
    """The one guarded way to post something to an address."""

    def send(self, address: str, body: bytes, headers: Mapping[str, str]) -> None:
        """POST `body`. Raises SourceUnreachable (it may work later) or SourceRefused (it will not)."""
        ...


class Publisher(Protocol):
    """The city's broker, to publish on."""

    def publish(self, messages: Sequence[tuple[str, bytes]]) -> None:
        """Publish topics with payloads, in order; the broker has them all when this returns.

        Raises SourceUnreachable; then some may have been published.
        """
        ...


# --- what people add ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Raw:
    """Raw bytes on disk with their receipt; what `Connector.parse` reads."""

    path: Path
    receipt: Receipt


@dataclass(frozen=True)
class Parsed:
    """What a connector made of raw bytes: `rows_in == table.num_rows + len(rejected rows)`.

    `table` has the declared columns (or, when none were declared, the detected ones) with Arrow types
    text=string, integer=int64, number=float64, boolean=bool, date=date32, datetime=timestamp[us, UTC],
    json=string, geometry=binary (WKB, WGS 84). `detected` is what was found out about the file
    (encoding, delimiter, decimal, header row, CRS, ...), to be shown. `columns` describes `table`.
    A row may be in `rejected` several times (one entry per fault); it counts once in `rows_rejected`.
    """

    table: pa.Table
    columns: tuple[Column, ...]
    rejected: tuple[Rejected, ...] = ()
    rows_in: int = 0
    rows_rejected: int = 0
    detected: Mapping[str, str] = field(default_factory=dict)


class Connector(Protocol):
    """Understands one kind of source. `fetch` touches the network, `parse` never does."""

    def check(self, source: Source) -> list[Problem]:
        """Faults in the source's options, with paths below `$.options`."""
        ...

    def fetch(self, source: Source, http: Http, known: Receipt | None) -> Iterator[Fetched]:
        """The answers of the source's address; none when nothing changed."""
        ...

    def parse(self, raw: Raw, source: Source, columns: Sequence[Column]) -> Parsed:
        """Bytes to rows; pure, so old bytes can be parsed again. Raises Unreadable.

        With `columns` each is taken from its `source_name` and cast to its type; values that cannot
        be cast reject the row. Without, columns and types are detected. Source columns that are not
        declared are returned too, with detected types, for the contract to decide on.
        """
        ...


@dataclass(frozen=True)
class Payload:
    """What a device sent: its bytes, the LoRaWAN port (None: there is none) and when it was received.

    `given` is what the network server decoded already, when it did.
    """

    bytes: bytes
    port: int | None
    received_at: datetime
    given: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Decoded:
    """What a decoder made of a payload: values by flat name (`soil.temperature`, `probes.0`), with units.

    Unknown is None. `units` are as the device's maker writes them. `earlier` are values of other moments
    in the same payload (a device that sends what it kept), `measured_at` the device's own time, if it says.
    """

    values: Mapping[str, float | int | str | bool | None]
    units: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    earlier: tuple[tuple[datetime, Mapping[str, float | int | str | bool | None]], ...] = ()
    measured_at: datetime | None = None


Decode = Callable[[Payload], Decoded]


@dataclass(frozen=True)
class Known:
    """Options that a decoder knows by itself: for which device, and by which device profiles it is found."""

    options: Mapping[str, Any]
    title: str
    profiles: tuple[str, ...] = ()
    homepage: str = ""


class Decoder(Protocol):
    """Understands payloads of one kind; pure, so that kept messages can be decoded again."""

    def known(self, folder: Path) -> Sequence[Known]:
        """What can be tried on samples without anybody's help; `folder` is the city's."""
        ...

    def check(self, options: Mapping[str, Any], folder: Path) -> list[Problem]:
        """Faults in a sensor type's options, with paths below `$.options`; `folder` is the city's."""
        ...

    def open(self, options: Mapping[str, Any], folder: Path) -> Decode:
        """A function for payloads, made once for many. Raises Unreadable when the options have faults.

        The function raises Undecodable; it may be called from several threads.
        """
        ...


@dataclass(frozen=True, slots=True)
class Role:
    """A part that a column plays for an instrument; `types` are those of the columns that can play it."""

    name: str
    types: tuple[ColumnType, ...]
    title: Text
    required: bool = True


@dataclass(frozen=True, slots=True)
class Parameter:
    """A setting of an instrument: its kind follows from `usual`, numbers lie between the bounds."""

    name: str
    usual: float | int | str | bool
    title: Text
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Examined:
    """What an instrument made of its rows: the evidence as a table with its columns, and the findings.

    Numbers of columns that are `carried` are those of the input and stay as they are; computed ones are rounded.
    """

    table: pa.Table
    columns: tuple[Column, ...]
    findings: tuple[Finding, ...]
    carried: tuple[str, ...] = ()


class Instrument(Protocol):
    """Rows of a recipe to findings with their evidence: pure, and the same for the same rows.

    `roles` and `parameters` say what it needs, `verdicts` every word that its findings may come to.
    """

    roles: tuple[Role, ...]
    parameters: tuple[Parameter, ...]
    verdicts: Mapping[str, Text]

    def examine(self, rows: pa.Table, columns: Mapping[str, str], settings: Mapping[str, Any]) -> Examined:
        """The findings on `rows`. `columns` gives the column of each role, `settings` every parameter.

        Raises RecipeInvalid, with a remedy, when the rows are such that nothing can be said; too few or odd
        values are no fault but a finding that says so.
        """
        ...


class Standard(Protocol):
    """A standard's service: parse the request, plan, read at the gate, shape."""

    @property
    def path(self) -> str:
        """Where it is mounted."""
        ...

    def router(self) -> Any:
        """Its routes (a Litestar Router), all below `path`, with the standard's own shape of errors."""
        ...


@runtime_checkable
class Refuses(Protocol):
    """A standard with its own shape also for addresses and methods that it does not have."""

    path: str

    def refuse(self, request: Any, error: Exception) -> Any:
        """The answer (a Litestar Response) to a request below `path` that reaches none of its routes."""
        ...


@runtime_checkable
class Publishes(Protocol):
    """A standard that tells of new observations on topics of an MQTT broker."""

    def messages(self, rows: Sequence[Observation], multi: Collection[int]) -> list[tuple[str, bytes]]:
        """Topics and payloads for observations; `multi` are the datastreams with several properties."""
        ...


# --- storage -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Written:
    """What the lake wrote: version of the Delta table, hash over the rows in order, number of rows."""

    lake_version: int
    content_hash: str
    rows: int


class Lake(Protocol):
    """Files: raw bytes by their SHA-256, and dataset versions as Delta tables."""

    def keep_raw(self, chunks: Iterable[bytes]) -> tuple[str, int]:
        """Store bytes durably; returns SHA-256 (hex) and size. The same bytes are stored once."""
        ...

    def raw_path(self, sha256: str) -> Path:
        """Where the raw bytes lie; NotFound when there are none."""
        ...

    def open_raw(self, sha256: str) -> BinaryIO: ...

    def secret(self, name: str) -> bytes:
        """A secret of 32 bytes that stays the same, made when it is first asked for; never published."""
        ...

    def content_hash(self, table: pa.Table) -> str:
        """The hash `write` would report, without writing."""
        ...

    def write(self, dataset: str, table: pa.Table) -> Written:
        """Write a new version of the dataset's table, durably on disk when this returns."""
        ...

    def files(self, dataset: str, lake_version: int) -> tuple[str, ...]:
        """Paths of the Parquet files that make up a version, in order."""
        ...

    def read(
        self, dataset: str, lake_version: int, columns: Sequence[str] | None = None, start: int = 0
    ) -> pa.RecordBatchReader:
        """The rows of a version in order from row `start` (0 is the first), streamed; `columns`, or all."""
        ...


class Store(Protocol):
    """SQL: what was fetched, published, run and granted. Every write is committed when it returns."""

    @property
    def things(self) -> ThingsWriting:
        """What is measured where by what."""
        ...

    @property
    def querying(self) -> Querying:
        """Pages of things, with conditions."""
        ...

    @property
    def observations(self) -> Observations:
        """Newest and hot observations, and the messages they came in."""
        ...

    @property
    def subscriptions(self) -> Subscriptions:
        """Who wants to be told of what, and what is still to be told."""
        ...

    @property
    def people(self) -> People:
        """People with their roles, and the audit log."""
        ...

    @property
    def use(self) -> UseLedger:
        """How often data are used."""
        ...

    @property
    def wishes(self) -> Wishes:
        """What people want to be published."""
        ...

    @property
    def harvests(self) -> Harvests:
        """What foreign catalogues list."""
        ...

    @property
    def contributions(self) -> Contributions:
        """Rows that people gave."""
        ...

    @property
    def accounts(self) -> Accounts:
        """Passwords and sign-ins."""
        ...

    @property
    def agreements(self) -> Agreements:
        """Agreements on commercial data, and what was used of them."""
        ...

    @property
    def releases(self) -> Releases:
        """Contents on their way to the public, and how datasets stand."""
        ...

    def add_receipt(self, receipt: Receipt) -> None: ...
    def receipts(self, source: str) -> tuple[Receipt, ...]:
        """All receipts of a source, newest first."""
        ...

    def receipts_of(self, sha256: str) -> tuple[Receipt, ...]: ...

    def add_version(self, version: DatasetVersion) -> None:
        """Append a version; StoreFault when that number exists already."""
        ...

    def versions(self, dataset: str) -> tuple[DatasetVersion, ...]:
        """All versions, newest first."""
        ...

    def latest_versions(self) -> dict[str, DatasetVersion]:
        """The newest version of every dataset that has one."""
        ...

    def version(self, pin: Pin) -> DatasetVersion:
        """That version; NotFound when there is none."""
        ...

    def add_run(self, run: Run) -> None: ...
    def latest_runs(self) -> dict[Step, Run]: ...
    def runs(self, step: Step, limit: int = 20) -> tuple[Run, ...]: ...

    def add_story(self, version: StoryVersion) -> None: ...
    def story(self, story: str, language: Language, number: int | None = None) -> StoryVersion:
        """A story's version, or its newest; NotFound when there is none."""
        ...

    def story_versions(self, story: str, language: Language) -> tuple[StoryVersion, ...]: ...
    def latest_stories(self, language: Language) -> tuple[StoryVersion, ...]: ...

    def keep_definition(self, hash_: str, text: str) -> None:
        """Remember a definition (an indicator as JSON) under its hash, so old figures stay explained."""
        ...

    def definition(self, hash_: str) -> str | None: ...

    def add_key(self, key: AccessKey) -> None: ...
    def keys(self) -> tuple[AccessKey, ...]: ...
    def revoke_key(self, key_id: str, moment: datetime) -> None: ...

    def add_feedback(self, feedback: Feedback) -> None: ...
    def feedback(self) -> tuple[Feedback, ...]: ...

    def generation(self) -> int:
        """A number that grows with every write that readers can see; caches are kept under it."""
        ...


class Observations(Protocol):
    """Hot observations and messages: acknowledged means on disk."""

    def append(self, arrivals: Sequence[Arrival]) -> tuple[Accepted, ...]:
        """Store all arrivals in one transaction; StoreBusy (transient) or StoreFault keeps nothing."""
        ...

    def change(self, change: Change) -> Observation | None:
        """End the current revision, append its replacement; NotFound when there is no such observation."""
        ...

    def observation(self, observation_id: int) -> Observation | None:
        """The current revision of a hot observation; None when it is not hot."""
        ...

    def newest_id(self) -> int:
        """The id of the observation that was stored last; 0 when there is none."""
        ...

    def since(
        self, observation_id: int, datastreams: Collection[int] | None = None, limit: int = 5_000
    ) -> Sequence[Observation]:
        """Hot current observations with larger ids (of these datastreams), in the order of ids."""
        ...

    def recent(self, datastream_id: int) -> Sequence[Observation]:
        """The newest current observations of a datastream that are hot, oldest first."""
        ...

    def latest(self, datastreams: Iterable[int] | None = None) -> dict[int, Latest]:
        """The newest value and the counters of these datastreams, or of all that have any."""
        ...

    def datastreams_of_feature(self, feature_id: int) -> frozenset[int]:
        """The datastreams that ever had an observation about a feature."""
        ...

    def message(self, message_id: int) -> KeptMessage:
        """A message that has not been moved to the lake; NotFound otherwise."""
        ...

    def messages(
        self, status: MessageStatus | None = None, before: int | None = None, limit: int = 100
    ) -> tuple[KeptMessage, ...]:
        """Messages that have not been moved to the lake, newest first."""
        ...


class Things(Protocol):
    """Things, locations, sensors, observed properties, datastreams and features, by id or by key."""

    def get(self, kind: ThingKind, id_: int) -> Any:
        """One value by its id; NotFound when there is none."""
        ...

    def find(self, kind: ThingKind, key: str) -> Any | None:
        """One value by the producer's key; None when there is none."""
        ...

    def several(self, kind: ThingKind, ids: Iterable[int] | None = None) -> tuple[Any, ...]:
        """Values of a kind by id: all, or those with these ids."""
        ...

    def watched(self) -> tuple[Watched, ...]:
        """Every datastream of one property, with its thing, property and place."""
        ...

    def locations_of(self, thing_id: int) -> tuple[int, ...]:
        """The ids of a thing's present locations."""
        ...


class ThingsWriting(Things, Protocol):
    """Adding, changing and deleting things; several writes share a transaction that `begin` gives."""

    def begin(self) -> AbstractContextManager[Any]:
        """A transaction for several writes that belong together."""
        ...

    def get(self, kind: ThingKind, id_: int, db: Any = None) -> Any: ...
    def find(self, kind: ThingKind, key: str, db: Any = None) -> Any | None: ...
    def several(
        self, kind: ThingKind, ids: Iterable[int] | None = None, db: Any = None
    ) -> tuple[Any, ...]: ...
    def locations_of(self, thing_id: int, db: Any = None) -> tuple[int, ...]: ...
    def feature_of_location(self, location_id: int, db: Any = None) -> int | None:
        """The feature that was made from a location; None when there is none yet."""
        ...

    def add(self, value: _Value, db: Any = None) -> _Value:
        """Keep a new value and return it with its id; Conflict when its key is taken."""
        ...

    def keep(self, value: _Value, db: Any = None) -> _Value:
        """Keep a value under its key: add it, or bring it up to date."""
        ...

    def update(self, value: AnyDescribed, db: Any = None) -> None:
        """Replace all that is kept of a value; NotFound when there is none with its id."""
        ...

    def delete(self, kind: ThingKind, id_: int, db: Any = None) -> None:
        """Delete a value and all that cannot be without it; NotFound when there is none."""
        ...

    def place(self, thing_id: int, location_ids: Sequence[int], time: datetime, db: Any = None) -> None:
        """From `time` on the thing is at these locations; where it was before stays known."""
        ...

    def name_origin(self, feature_id: int, location_id: int, db: Any = None) -> None:
        """Remember that a feature was made from a location."""
        ...


class Series(Protocol):
    """Observations, hot and in the history, as one. Access is not decided here."""

    def read(self, wanted: Wanted) -> list[tuple[Any, ...]]:
        """A page of rows, as tuples in the order of `Observation`'s fields."""
        ...

    def count(self, wanted: Wanted) -> int:
        """How many there are on all pages."""
        ...

    def owners(self, wanted: Wanted, field: str) -> frozenset[int]:
        """The ids of the datastreams (`datastream_id`) or features (`feature_id`) that have any of them."""
        ...

    def observation(self, observation_id: int) -> Observation | None:
        """The current revision of an observation; None when there is none."""
        ...

    def revisions(self, observation_id: int) -> list[Observation]:
        """All revisions of an observation, the first one first."""
        ...

    def buckets(
        self, datastreams: Sequence[int], start: int, end: int, seconds: int, known_on: int | None = None
    ) -> list[Bucket]:
        """Values gathered into steps of `seconds`; doubted ones are only counted, empty steps absent."""
        ...


class Querying(Protocol):
    """Pages of things and of all that describes them, of the access classes that a reader may see."""

    def read(self, query: Query, classes: Collection[str]) -> tuple[Any, ...]:
        """A page of values in order. Raises RecipeInvalid for what cannot be asked."""
        ...

    def count(self, query: Query, classes: Collection[str]) -> int:
        """How many there are on all pages."""
        ...

    def related(
        self, kind: str, relation: str, ids: Sequence[int], query: Query, classes: Collection[str]
    ) -> dict[int, tuple[Any, ...]]:
        """For each id of `kind` the page of what is related to it."""
        ...

    def related_counts(
        self, kind: str, relation: str, ids: Sequence[int], query: Query, classes: Collection[str]
    ) -> dict[int, int]:
        """For each id of `kind` how many are related to it."""
        ...

    def ids(self, kind: str, where: Expression | None, classes: Collection[str]) -> frozenset[int]:
        """The ids of everything of a kind that fulfils a condition."""
        ...

    def localise(self, where: Expression | None, classes: Collection[str]) -> Expression | None:
        """A condition on observations, with what it says of related things turned into sets of ids."""
        ...


class Subscriptions(Protocol):
    """Wishes to be told, and the events that wait. Access is not decided here."""

    def add(self, subscription: Subscription) -> None: ...
    def remove(self, subscription_id: str) -> None:
        """End it, with everything that waits for it; NotFound when there is none."""
        ...

    def get(self, subscription_id: str) -> Subscription:
        """That subscription; NotFound when there is none."""
        ...

    def all(self) -> tuple[Subscription, ...]: ...
    def described(self) -> tuple[Described, ...]:
        """What every datastream belongs to, by the names that interests use."""
        ...

    def progress(self, subscription_id: str) -> Progress: ...
    def backlog(self) -> tuple[int, int]:
        """How many events of all subscriptions wait, and how many were given up."""
        ...

    def silent(self, subscription_id: str) -> frozenset[int]:
        """The datastreams whose beginning was told and whose end was not."""
        ...

    def due(self, now: int) -> tuple[str, ...]:
        """The subscriptions that something waits for, that may be tried now and that nobody tells."""
        ...

    def hold(self, subscription_id: str, holder: str, now: int, until: int) -> bool:
        """Take (or keep) the telling of a subscription until then; False when somebody else has it."""
        ...

    def release(self, subscription_id: str, holder: str) -> None: ...
    def waiting(self, subscription_id: str, limit: int = 100) -> tuple[Event, ...]:
        """What is to be told next, in order."""
        ...

    def settle(self, subscription_id: str, told: Collection[int], withheld: Collection[int] = ()) -> None:
        """These events are done: told, or not for this subscriber."""
        ...

    def postpone(self, event: Event, reason: str, next_try: int) -> None:
        """An attempt failed; nothing of its subscription is tried before `next_try`."""
        ...

    def give_up(self, subscription_id: str, ids: Sequence[int], reason: str) -> None:
        """Put events aside, to be looked at and tried again by people."""
        ...

    def given_up(self, subscription_id: str, after: int = 0, limit: int = 100) -> tuple[Event, ...]: ...
    def retry(self, subscription_id: str, ids: Collection[int] | None = None) -> int:
        """Try these events (or all that were given up) again, now; returns how many."""
        ...

    def clear(self, before: int) -> int:
        """Forget what was given up before that moment; returns how many."""
        ...

    def reached(self, name: str) -> int | None:
        """Up to which observation somebody who follows the ids has come; None when it never began."""
        ...

    def reach(self, name: str, observation_id: int) -> None: ...
    def fall_silent(self, subscription: Subscription, datastream_id: int, last: int) -> bool:
        """Tell that a datastream whose newest value is of `last` fell silent; False when it was told."""
        ...


class Intake(Protocol):
    """The way of what is pushed: receipt, decoding, quality, store. Answers when it is on disk.

    A message that cannot be understood is kept with the reason (`status` quarantined), not refused.
    Everything fails with StoreBusy when nothing could be kept: the sender must send again.
    """

    def receive(self, message: Message) -> Future[Accepted]:
        """For threads (an MQTT client): acknowledge to the sender when the future is done."""
        ...

    async def take(self, message: Message) -> Accepted:
        """For coroutines (an HTTP handler)."""
        ...

    async def write(self, work: Arrival | Change) -> Any:
        """What a standard made of a request itself: Accepted, or the new revision (None: deleted)."""
        ...

    def datastream(self, name: int | str) -> Datastream | None:
        """A datastream by id or key, remembered; None when there is none."""
        ...

    def forget(self, datastream_ids: Iterable[int] | None = None) -> None:
        """Datastreams were changed or deleted: what is remembered of them (or of all) is wrong now."""
        ...

    def states(self) -> Mapping[str, WayState]:
        """How each of the city's ways in is doing, as far as this process knows."""
        ...


class Engine(Protocol):
    """SQL over dataset versions in the lake."""

    def query(self, sql: str, tables: Mapping[str, Pin], parameters: Sequence[Any] = ()) -> pa.Table:
        """Run `sql`, in which each name of `tables` is the pinned version; bound `?` parameters.

        Raises RecipeInvalid when the SQL does not run.
        """
        ...


# --- what the roots wire together --------------------------------------------------------------


@dataclass(frozen=True)
class Recomputed:
    """The result of making a version again: is it the same, and if not, why."""

    pin: Pin
    equal: bool
    reason: str
    content_hash: str
    seconds: float


class Recompute(Protocol):
    """Makes a dataset version again from its pinned inputs and compares. Writes nothing."""

    def __call__(self, pin: Pin) -> Recomputed: ...


# --- people ------------------------------------------------------------------------------------


class People(Protocol):
    """People with their roles, and the audit log; whatever is written of people is told in the log."""

    def add(self, person: Person, entry: Entry) -> None:
        """A new person. Raises Conflict when the name is taken."""
        ...

    def close(self, person: str, at: datetime, entry: Entry) -> None: ...
    def grant(self, person: str, grant: Grant, entry: Entry) -> None: ...
    def revoke(self, person: str, grant: Grant, entry: Entry) -> None:
        """Raises NotFound when the role was not given."""
        ...

    def called(self, name: str) -> Person:
        """The person who signs in as `name`. Raises NotFound."""
        ...

    def get(self, id_: str) -> Person:
        """Raises NotFound."""
        ...

    def of_subject(self, subject: str) -> Person | None: ...
    def all(self) -> tuple[Person, ...]: ...
    def tell(self, entry: Entry) -> None:
        """Append to the audit log."""
        ...


class Accounts(Protocol):
    """Passwords (as hashes), links to set them, and sign-ins."""

    def password(self, person: str) -> str:
        """The hash; empty without a password."""
        ...

    def set_password(self, person: str, hash_: str, at: datetime, entry: Entry) -> None:
        """It ends every sign-in of the person and every link to set one."""
        ...

    def rehash(self, person: str, hash_: str) -> None: ...
    def add_link(self, hash_: str, person: str, expires: datetime, entry: Entry) -> None: ...
    def person_of_link(self, hash_: str, now: datetime) -> str:
        """The id of the person; empty when the link is not known or over."""
        ...

    def sign_in(self, sign_in: SignIn, entry: Entry) -> None: ...
    def signed_in(self, hash_: str) -> SignIn | None: ...
    def use(self, hash_: str, at: datetime) -> None: ...
    def sign_out(self, hash_: str) -> None: ...
    def sign_out_everywhere(self, person: str) -> None: ...


class Agreements(Protocol):
    """Agreements with their keys, what was given back, and what was used of their quotas."""

    def add(self, agreement: Agreement, made: datetime, entry: Entry) -> None: ...
    def sign(self, id_: str, day: date, entry: Entry) -> None:
        """The first signature counts. Raises NotFound."""
        ...

    def revoke(self, id_: str, at: datetime, because: str, entry: Entry) -> None:
        """The first revocation counts. Raises NotFound."""
        ...

    def bind(self, id_: str, key: AccessKey, entry: Entry) -> None:
        """A new key for the agreement. Raises NotFound."""
        ...

    def get(self, id_: str) -> Agreement:
        """Raises NotFound."""
        ...

    def of_key(self, key_id: str) -> Agreement | None: ...
    def all(self) -> tuple[Agreement, ...]:
        """The newest first."""
        ...

    def deliver(self, delivery: Delivery, entry: Entry) -> None:
        """Raises NotFound."""
        ...

    def deliveries(self, id_: str) -> tuple[Delivery, ...]:
        """The oldest first."""
        ...

    def take(self, id_: str, amount: int, quotas: Sequence[tuple[Quota, date]]) -> Quota | None:
        """Count `amount` in every quota, in the span that begins on its day, or in none of them.

        The quota that does not hold so much; None when it was counted. Exact among several processes.
        """
        ...

    def used(self, id_: str, quota: Quota, first: date) -> int: ...


class UseLedger(Protocol):
    """Sums of use by day; nothing about who used what."""

    def add(self, counted: Iterable[Use]) -> None: ...
    def of(self, subject: str, since: date) -> tuple[Use, ...]: ...
    def total(self) -> int: ...


class Wishes(Protocol):
    """What people want the city to publish, with its answers."""

    def add(self, wish: Wish) -> None: ...
    def save(self, wish: Wish, before: int, entry: Entry) -> None:
        """Write a wish over its revision `before`. Raises Conflict when somebody was quicker."""
        ...

    def get(self, id_: str) -> Wish:
        """Raises NotFound."""
        ...

    def of_secret(self, secret: str) -> Wish:
        """The wish whose link has this hash. Raises NotFound."""
        ...

    def in_states(self, states: Iterable[str]) -> tuple[Wish, ...]:
        """Newest first."""
        ...


class Harvests(Protocol):
    """What foreign catalogues list. Access is not decided here."""

    def last(self) -> dict[str, Harvest]:
        """The last good harvest of every catalogue, by its id."""
        ...

    def replace(
        self,
        harvest: Harvest,
        datasets: Sequence[ForeignDataset],
        same: Mapping[str, tuple[str, str]],
    ) -> Harvested:
        """What the catalogue lists now, all or nothing; what it lists no longer is marked, not dropped."""
        ...

    def confirm(self, catalogue: str, at: datetime) -> None:
        """The catalogue was asked, and nothing had changed."""
        ...

    def entries(
        self, catalogues: Collection[str], words: str = "", limit: int = 50, offset: int = 0
    ) -> tuple[tuple[ForeignEntry, ...], int]:
        """Entries of these catalogues with all these words, those that are gone last; and how many there are."""
        ...

    def others(self, catalogue: str) -> Iterator[tuple[str, ForeignDataset]]:
        """What all other catalogues list now, with their ids."""
        ...


class Contributions(Protocol):
    """Rows that people gave, kept apart until somebody has read them."""

    def add(self, given: Iterable[Contribution]) -> None:
        """All of them or none."""
        ...

    def of_secret(self, secret: str) -> tuple[Contribution, ...]:
        """Raises NotFound."""
        ...

    def given_by(self, key: str, dataset: str) -> tuple[Contribution, ...]: ...
    def of_dataset(self, dataset: str, state: ContributionState) -> tuple[Contribution, ...]:
        """Oldest first."""
        ...

    def waiting(self) -> dict[str, int]:
        """How many wait, by collection."""
        ...

    def decide(
        self, ids: Iterable[str], state: ContributionState, reason: str, at: datetime, entry: Entry
    ) -> int:
        """Accept or reject those of them that still wait; how many they were."""
        ...


class IdentityCalls(Protocol):
    """Talks to the city's sign-in service. Raises SourceUnreachable and SourceRefused."""

    def get(self, address: str) -> bytes: ...
    def post(self, address: str, fields: Mapping[str, str], headers: Mapping[str, str]) -> bytes: ...
    def close(self) -> None: ...


# --- publishing --------------------------------------------------------------------------------


class Releases(Protocol):
    """Releases with their history, and how datasets stand. Every write is committed when it returns."""

    def add(self, release: Release, step: ReleaseStep) -> None: ...
    def save(self, release: Release, before: int, step: ReleaseStep | None = None) -> None:
        """Write a release over its revision `before`. Raises Conflict when somebody was quicker."""
        ...

    def publish(self, release: Release, before: int, step: ReleaseStep, standing: Standing) -> None:
        """Write a release and how its dataset stands from now on, in one transaction. Raises Conflict."""
        ...

    def get(self, id_: str) -> Release:
        """Raises NotFound."""
        ...

    def of_dataset(self, dataset: str) -> tuple[Release, ...]:
        """Newest first."""
        ...

    def of_departments(self, departments: Iterable[str] | None) -> tuple[Release, ...]:
        """Newest first; None means all departments."""
        ...

    def in_states(self, states: Iterable[str]) -> tuple[Release, ...]: ...
    def steps(self, release: str) -> tuple[ReleaseStep, ...]:
        """Oldest first."""
        ...

    def keep_look(self, id_: str, look: str) -> None: ...
    def look(self, id_: str) -> str: ...
    def add_upload(self, dataset: str, raw: str, person: str, at: datetime, entry: Entry) -> None: ...
    def uploader(self, dataset: str, raw: str) -> str:
        """The id of the person who brought these bytes; empty when nobody did."""
        ...

    def standings(self) -> tuple[Standing, ...]: ...
    def stand(self, standing: Standing) -> None: ...
    def edition(self) -> int:
        """Grows whenever a dataset's standing changes."""
        ...

    def withdraw(
        self,
        standing: Standing,
        incident: Incident,
        ended: Iterable[tuple[Release, int, ReleaseStep]],
        entry: Entry,
    ) -> None:
        """Close a dataset, end its releases, keep the record, tell the log: all or nothing. Raises Conflict."""
        ...

    def add_incident(self, incident: Incident) -> None: ...
    def incidents(self) -> tuple[Incident, ...]: ...


class Uploads(Protocol):
    """Files that come in pieces. Somebody else's is not there."""

    def begin(self, person: str, department: str, file_name: str, size: int) -> Upload:
        """Make room for a file. Raises NotAllowed (too large, too many), StoreBusy (no space)."""
        ...

    def get(self, person: str, upload: str) -> Upload:
        """The upload with what has come of it. Raises NotFound."""
        ...

    def append(self, person: str, upload: str, offset: int, piece: bytes) -> Upload:
        """Take what follows behind `offset`. Raises Conflict when that is not where it ends."""
        ...

    def chunks(self, person: str, upload: str) -> Iterator[bytes]:
        """All bytes of a whole upload."""
        ...

    def remove(self, person: str, upload: str) -> None: ...


class Desk(Protocol):
    """Publishing for people. Who may do what is asked here; what a person may not see is not there.

    Every method but `keep` raises NotFound, NotAllowed or Conflict (somebody was quicker).
    """

    def keep(self, chunks: Iterable[bytes]) -> str:
        """Keep uploaded bytes; their SHA-256."""
        ...

    def departments(self, person: Person) -> tuple[str, ...]:
        """The departments for which the person may bring data."""
        ...

    def begin(self, person: Person, department: str, raw: str, file_name: str) -> Release:
        """Begin a new dataset with kept bytes; they are looked at by a process of its own."""
        ...

    def begin_address(self, person: Person, department: str, address: str) -> Release: ...
    def look(self, person: Person, release: str) -> Look | None:
        """What was seen in its bytes; None as long as nobody looked."""
        ...

    def choose(self, person: Person, release: str, revision: int, choice: Choice) -> Release:
        """Say which table of the file is meant, and answer what was asked of it; it is looked at again."""
        ...

    def describe(self, person: Person, release: str, revision: int, description: Description) -> Release: ...
    def again(self, person: Person, release: str) -> Release:
        """Do once more what a process of its own could not end."""
        ...

    def refresh(self, person: Person, dataset: str, raw: str, file_name: str) -> None:
        """New bytes for a dataset that people bring; published, or held back, by a process of its own."""
        ...

    def take_contributions(self, person: Person, dataset: str, ids: Iterable[str]) -> int:
        """Accept contributions and publish all accepted ones, as `refresh` does; how many were new."""
        ...

    def reject_contributions(self, person: Person, dataset: str, ids: Iterable[str], reason: str) -> int: ...

    def change(self, person: Person, dataset: str) -> Release:
        """Begin to describe anew what people described before, with the bytes that are published."""
        ...

    def seen_by(self, person: Person) -> tuple[Release, ...]: ...
    def get(self, person: Person, release: str) -> Release: ...
    def history(self, person: Person, release: str) -> tuple[ReleaseStep, ...]: ...
    def decide(
        self, person: Person, release: str, revision: int, kind: str, column: str, reason: str
    ) -> Release: ...
    def approve(self, person: Person, release: str, revision: int, reason: str = "") -> Release: ...
    def refuse(self, person: Person, release: str, revision: int, reason: str) -> Release: ...
    def withdraw(self, person: Person, dataset: str, reason: str) -> Incident: ...
    def show_again(self, person: Person, dataset: str, reason: str) -> None: ...
    def incidents(self, person: Person) -> tuple[Incident, ...]: ...
