"""Making, signing and ending agreements, their keys, and what is given back; each step is told in the audit log.

Stewards make agreements on the datasets of their departments, releasers sign them, both end them.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import replace

from allmende.catalogue.access import Accesses
from allmende.errors import FormFault, NotAllowed, NotFound
from allmende.model.access import Access
from allmende.model.agreement import Agreement, Delivery, day_of, faults
from allmende.model.audit import Entry
from allmende.model.city import City
from allmende.model.dataset import Dataset
from allmende.model.person import Person, Role
from allmende.ports import Clock, Store
from allmende.share.principals import make_key

MAKING: tuple[Role, ...] = ("steward",)
SIGNING: tuple[Role, ...] = ("releaser",)
ENDING: tuple[Role, ...] = ("steward", "releaser")
SEEING: tuple[Role, ...] = ("steward", "releaser", "privacy_officer")


class Agreeing:
    """One city's agreements. `by` is who does it, a person's id or the machine's user."""

    def __init__(self, store: Store, city: City, clock: Clock) -> None:
        self._store = store
        self._city = city
        self._clock = clock

    def make(self, agreement: Agreement, by: str) -> Agreement:
        """Keep a draft under a new id. Raises FormFault for what makes no sense."""
        made = replace(agreement, id=secrets.token_hex(4), keys=(), signed=None, revoked=None)
        for field, fault in faults(made):
            raise FormFault(field, fault)
        if set(made.datasets) - {one.id for one in self.on_offer()}:
            raise FormFault("datasets", "datasets_missing")
        self._store.agreements.add(made, self._clock.now(), self._entry(by, "agree", made.id, made.party))
        return made

    def on_offer(self) -> tuple[Dataset, ...]:
        """The datasets that agreements can be made on: those of the class commercial, by id."""
        accesses = Accesses(self._city)
        known = self._city.datasets.values()
        return tuple(one for one in known if accesses.dataset(one.id) is Access.COMMERCIAL)

    def sign(self, id_: str, by: str) -> None:
        """Both sides have signed; it holds within its days. Raises NotFound."""
        today = day_of(self._clock.now(), self._city.time_zone)
        self._store.agreements.sign(id_, today, self._entry(by, "sign", id_))

    def revoke(self, id_: str, because: str, by: str) -> None:
        """End it at once, with all its keys. Raises NotFound, FormFault without a reason."""
        if not because.strip():
            raise FormFault("reason", "reason_missing")
        entry = self._entry(by, "revoke", id_, because)
        self._store.agreements.revoke(id_, self._clock.now(), because.strip(), entry)

    def make_key(self, id_: str, name: str, by: str) -> str:
        """The secret of a new key of an agreement, which is shown once. Raises NotFound."""
        found = self._store.agreements.get(id_)
        new = make_key(name.strip() or found.party, [], self._clock.now())
        self._store.agreements.bind(id_, new.key, self._entry(by, "key", id_, new.key.id))
        return new.secret

    def deliver(self, id_: str, gift: int, text: str, by: str) -> None:
        """Note that something was given back for a promise (counted from 1). Raises NotFound, FormFault."""
        if not 1 <= gift <= len(self._store.agreements.get(id_).gifts):
            raise FormFault("gift", "choose")
        if not text.strip():
            raise FormFault("text", "gift_missing")
        delivery = Delivery(id_, gift, self._clock.now(), text.strip())
        self._store.agreements.deliver(delivery, self._entry(by, "deliver", id_, text.strip()))

    # --- people ---

    def seen_by(self, person: Person) -> tuple[Agreement, ...]:
        """The agreements on data of departments in which the person works, newest first."""
        return tuple(one for one in self._store.agreements.all() if self.may(person, SEEING, one.datasets))

    def get(self, person: Person, id_: str) -> Agreement:
        """One of them. Raises NotFound."""
        found = self._store.agreements.get(id_)
        if not self.may(person, SEEING, found.datasets):
            raise NotFound(f"there is no agreement {id_!r}", where=id_)
        return found

    def check(self, person: Person, roles: tuple[Role, ...], datasets: Iterable[str]) -> None:
        """NotAllowed unless the person has one of the roles for every dataset."""
        if not self.may(person, roles, datasets):
            raise NotAllowed(f"this needs the role {' or '.join(roles)} for all of the data", code="role")

    def may(self, person: Person, roles: tuple[Role, ...], datasets: Iterable[str]) -> bool:
        """True when the person has one of the roles for every dataset; what is gone belongs to the whole city."""
        today = day_of(self._clock.now(), self._city.time_zone)
        known = self._city.datasets
        departments = {known[name].department if name in known else "" for name in datasets}
        return all(person.may_one_of(roles, one, today) for one in departments)

    def _entry(self, by: str, action: str, id_: str, detail: str = "") -> Entry:
        return Entry(0, self._clock.now(), by, action, f"agreement:{id_}", detail)
