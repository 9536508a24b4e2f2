"""Publishing for people, in the browser: bring bytes, describe them, have them checked, bring newer ones.

Nothing that came from outside is parsed in the process that answers readers: a process of its own looks,
checks and publishes (`desk_work`), and its result stands in the release.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable
from dataclasses import replace

from allmende.errors import FormFault, NotAllowed, NotFound
from allmende.flow.contributed import table_of
from allmende.flow.describing import define, is_taken
from allmende.flow.releasing import Releasing
from allmende.flow.workspace import Workspace
from allmende.model.access import Access
from allmende.model.contribution import ContributionState
from allmende.model.dataset import Dataset
from allmende.model.look import Description, Look
from allmende.model.person import Person
from allmende.model.received import Choice
from allmende.model.release import ROLES_FOR, Release, ReleaseStep, Step, Work
from allmende.model.source import UPLOAD, Receipt
from allmende.store.bodies import plain, structured
from allmende.structure.propose.propose import id_of
from allmende.structure.receiving.choose import knows

Start = Callable[[str, str], None]
"""Begin a piece of work (`fetch`, `look`, `check`, `publish` of a release, `refresh` of a dataset) by its id."""
_ADDRESS = ("https://", "http://")


class Desk(Releasing):
    """The Desk port."""

    def __init__(self, workspace: Workspace, start: Start) -> None:
        super().__init__(workspace)
        self._start = start

    def keep(self, chunks: Iterable[bytes]) -> str:
        """Keep uploaded bytes; their SHA-256."""
        return self._workspace.lake.keep_raw(chunks)[0]

    def departments(self, person: Person) -> tuple[str, ...]:
        """The departments for which the person may bring data; the empty one stands for the whole city."""
        known = tuple(self._workspace.city.departments) or ("",)
        return tuple(one for one in known if person.may_one_of(ROLES_FOR["fill"], one, self._today()))

    def begin(self, person: Person, department: str, raw: str, file_name: str) -> Release:
        """Begin a new dataset with kept bytes. Raises NotAllowed."""
        return self._begun(person, department, "look", raw=raw, file_name=file_name)

    def begin_address(self, person: Person, department: str, address: str) -> Release:
        """Begin a new dataset with what an address answers. Raises NotAllowed."""
        if not address.startswith(_ADDRESS):
            raise FormFault("address", "address_form")
        name = address.split("?", maxsplit=1)[0].rstrip("/").rpartition("/")[2]
        return self._begun(person, department, "fetch", address=address, file_name=name or "data")

    def look(self, person: Person, release: str) -> Look | None:
        """What was seen in its bytes; None as long as nobody looked. Raises NotFound."""
        text = self._releases.look(self.get(person, release).id)
        return structured(text, Look) if text else None

    def choose(self, person: Person, release: str, revision: int, choice: Choice) -> Release:
        """Say which table of the file is meant, and answer what was asked; then it is looked at again.

        Raises FormFault, NotAllowed, Conflict, NotFound.
        """
        found = self.get(person, release)
        look = self.look(person, release)
        if look is None:
            raise NotAllowed("nobody has looked at the data yet", where=release)
        if not knows(look.file, choice):
            raise FormFault("table", "choose")
        after = replace(self._advanced(found, Step("fill", revision), person), work="look", fault="", hint="")
        saved = self._saved(after, revision, person, "fill", f"{choice.sheet} {choice.range}".strip())
        self._releases.keep_look(release, json.dumps(plain(replace(look, choice=choice)), ensure_ascii=False))
        self._start("look", saved.id)
        return saved

    def describe(self, person: Person, release: str, revision: int, description: Description) -> Release:
        """Say what it is; then it is checked. Raises FormFault, NotAllowed, Conflict, NotFound."""
        found = self.get(person, release)
        look = self.look(person, release)
        if look is None or not look.columns:
            raise NotAllowed("nobody has looked at the data yet", where=release)
        if look.asks:
            raise NotAllowed("there are questions about the file", where=release, code="questions")
        after = self._advanced(found, Step("describe", revision), person)
        definition = define(found, look, description, self._workspace.city)
        after = replace(after, definition=definition, dataset=definition.dataset.id, work="check")
        saved = self._saved(after, revision, person, "describe", "")
        self._start("check", saved.id)
        return saved

    def approve(self, person: Person, release: str, revision: int, reason: str = "") -> Release:
        """Approve; a process of its own publishes it. Raises NotAllowed, Conflict, NotFound."""
        approved = super().approve(person, release, revision, reason)
        return self._working(approved, "publish")

    def again(self, person: Person, release: str) -> Release:
        """Do once more what a process of its own could not end. Raises NotAllowed, NotFound."""
        found = self.get(person, release)
        if not person.may_one_of((*ROLES_FOR["fill"], "releaser"), found.department, self._today()):
            raise NotAllowed("this is for people who work on it", where=release, code="role")
        return self._working(found, self._next_work(found))

    def refresh(self, person: Person, dataset: str, raw: str, file_name: str) -> None:
        """New bytes for a dataset that people bring. Raises NotAllowed, NotFound."""
        found = self._own(person, dataset)
        if found.contributions is not None:
            raise NotAllowed("its rows are contributed one by one", where=dataset, code="contributed")
        self._refresh(person, found, raw, file_name)

    def take_contributions(self, person: Person, dataset: str, ids: Iterable[str]) -> int:
        """Accept contributions and publish all accepted ones. Raises NotAllowed, NotFound."""
        found, given = self._own(person, dataset), self._workspace.store.contributions
        count = self._decide(person, dataset, ids, "accepted", "")
        table = table_of(given.of_dataset(dataset, "accepted"))
        self._refresh(person, found, self.keep([table]), f"{dataset}.csv")
        return count

    def reject_contributions(self, person: Person, dataset: str, ids: Iterable[str], reason: str) -> int:
        """Reject contributions with a reason, which who gave them can read. Raises NotAllowed, NotFound, FormFault."""
        self._own(person, dataset)
        if not reason.strip():
            raise FormFault("reason", "reason_missing")
        return self._decide(person, dataset, ids, "rejected", reason.strip())

    def _decide(
        self, person: Person, dataset: str, ids: Iterable[str], state: ContributionState, reason: str
    ) -> int:
        store, chosen = self._workspace.store.contributions, frozenset(ids)
        mine = [one.id for one in store.of_dataset(dataset, "waiting") if one.id in chosen]
        if not mine:
            raise FormFault("rows", "choose")
        entry = self._entry(
            person, state, f"dataset:{dataset}", f"{len(mine)} contributions {reason}".strip()
        )
        return store.decide(mine, state, reason, self._now(), entry)

    def _refresh(self, person: Person, found: Dataset, raw: str, file_name: str) -> None:
        dataset = found.id
        now, source = self._now(), self._workspace.city.sources[found.source]
        size = self._workspace.lake.raw_path(raw).stat().st_size
        entry = self._entry(person, "upload", f"dataset:{dataset}", raw)
        self._releases.add_upload(dataset, raw, person.id, now, entry)
        receipt = Receipt(source.id, f"{UPLOAD}{source.id}", raw, size, now, file_name=file_name)
        self._workspace.store.add_receipt(receipt)
        self._start("refresh", dataset)

    def change(self, person: Person, dataset: str) -> Release:
        """Begin to describe a published dataset anew. Raises NotAllowed, NotFound."""
        found = self._own(person, dataset)
        last = next((one for one in self._releases.of_dataset(dataset) if one.definition), None)
        receipts = self._workspace.store.receipts(found.source)
        if last is None or not receipts:
            raise NotAllowed("the city's files describe this dataset", where=dataset)
        made = self._draft(person, last.department, "look")
        made = replace(made, dataset=dataset, raw=receipts[0].sha256, file_name=receipts[0].file_name,
                       address=last.address, definition=last.definition)  # fmt: skip
        return self._added(made, person)

    # --- inside ---

    def _begun(
        self, person: Person, department: str, work: Work, *, file_name: str, raw: str = "", address: str = ""
    ) -> Release:
        if department not in self.departments(person):
            raise NotAllowed(
                f"this needs the role {' or '.join(ROLES_FOR['fill'])} in {department or 'the city'}",
                where=department,
                code="role",
            )
        made = self._draft(person, department, work)
        name = self._free_id(id_of(file_name) or "data")
        return self._added(replace(made, dataset=name, raw=raw, file_name=file_name, address=address), person)

    def _draft(self, person: Person, department: str, work: Work) -> Release:
        now = self._now()
        return Release(
            id=secrets.token_hex(6), dataset="", department=department, state="draft", revision=1, started=now,
            changed=now, begun_by=person.id, involved=(person.id,), work=work,
        )  # fmt: skip

    def _added(self, made: Release, person: Person) -> Release:
        step = ReleaseStep(made.id, 1, made.started, person.id, "fill", "draft", made.file_name)
        self._releases.add(made, step)
        entry = self._entry(person, "upload", f"release:{made.id}", made.raw or made.address)
        if made.raw:
            self._releases.add_upload(made.dataset, made.raw, person.id, made.started, entry)
        else:
            self._workspace.store.people.tell(entry)
        self._start(made.work, made.id)
        return made

    def _free_id(self, wanted: str) -> str:
        """An id that nothing in the city and nothing under way has."""
        wanted = wanted[:50].strip("-")
        busy = {one.dataset for one in self._releases.of_departments(None) if not one.ended}
        names = (wanted if n == 1 else f"{wanted}-{n}" for n in range(1, 10_000))
        return next(one for one in names if one not in busy and not is_taken(one, self._workspace.city))

    def _own(self, person: Person, dataset: str) -> Dataset:
        """A dataset whose bytes people bring, for somebody who may bring them."""
        found = self._workspace.city.datasets.get(dataset)
        if found is None or not self._sees(person, found.department):
            raise NotFound(f"there is no dataset {dataset!r}", where=dataset)
        if not person.may_one_of(ROLES_FOR["fill"], found.department, self._today()):
            raise NotAllowed(
                f"this needs the role {' or '.join(ROLES_FOR['fill'])}", where=dataset, code="role"
            )
        if found.access is Access.WITHDRAWN:
            raise NotAllowed("it is withdrawn", where=dataset, code="cannot_follow")
        source = self._workspace.city.sources.get(found.source)
        if source is None or not source.uploaded:
            raise NotAllowed("this dataset is fetched from its address by itself", where=dataset)
        return found

    def _next_work(self, release: Release) -> Work:
        if release.state == "draft":
            return "look" if release.raw else "fetch"
        nexts: dict[str, Work] = {"described": "check", "checked": "check", "approved": "publish"}
        if release.state not in nexts:
            raise NotAllowed("there is nothing to be done again", where=release.id)
        return nexts[release.state]

    def _working(self, release: Release, work: Work) -> Release:
        made = replace(release, work=work, fault="", hint="", changed=self._now())
        self._releases.save(made, release.revision)
        self._start(work, made.id)
        return made
