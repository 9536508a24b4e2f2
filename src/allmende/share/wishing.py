"""Wishes for data: anybody asks, people of the city answer; each answer is told in the audit log."""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from allmende.errors import FormFault, NotAllowed
from allmende.model.access import ANONYMOUS, Principal
from allmende.model.audit import Entry
from allmende.model.city import City
from allmende.model.person import Person, Role
from allmende.model.wish import PUBLIC, UNANSWERED, WISH_STATES, Wish, WishChange, answered, check_words
from allmende.ports import Clock, Store
from allmende.share.principals import hash_of
from allmende.share.reads import Reads

ANSWERING: tuple[Role, ...] = ("steward", "releaser")


class Wishing:
    """One city's wishes."""

    def __init__(self, store: Store, reads: Reads, clock: Clock) -> None:
        self._store = store
        self._reads = reads
        self._clock = clock

    def ask(self, title: str, text: str) -> tuple[Wish, str]:
        """Keep a wish; with the secret of the link under which who asked finds the answer. Raises FormFault."""
        check_words(title, text)
        now, secret = self._clock.now(), secrets.token_urlsafe(16)
        due = self._today(now) + timedelta(days=self._city.release.answer_days)
        wish = Wish(secrets.token_hex(4), hash_of(secret), title.strip(), text.strip(), now, due)
        self._store.wishes.add(wish)
        return wish, secret

    def of_secret(self, secret: str) -> Wish:
        """The wish that a link shows. Raises NotFound."""
        return self._store.wishes.of_secret(hash_of(secret))

    def public(self) -> tuple[Wish, ...]:
        """What everybody may read, newest first."""
        return self._store.wishes.in_states(PUBLIC)

    def dataset_of(self, principal: Principal, wish: Wish) -> str:
        """What was published for a wish, if the reader may see it; else nothing."""
        return wish.dataset if self._reads.may_see(principal, wish.dataset) else ""

    def is_public(self, dataset: str) -> bool:
        """True when everybody can read a dataset, so that it can be an answer."""
        return self._reads.may_see(ANONYMOUS, dataset)

    def late(self) -> tuple[Wish, ...]:
        """Wishes that should have been answered by now."""
        today = self._today(self._clock.now())
        return tuple(one for one in self.waiting() if one.is_late(today))

    def waiting(self) -> tuple[Wish, ...]:
        """Wishes without an answer, newest first."""
        return self._store.wishes.in_states(UNANSWERED)

    # --- people of the city ---

    def may_answer(self, person: Person) -> bool:
        """Stewards and releasers of any office do: whose data is wished for shows when it is read."""
        today = self._today(self._clock.now())
        return any(
            grant.holds(role, grant.department, today) for grant in person.grants for role in ANSWERING
        )

    def all(self, person: Person) -> tuple[Wish, ...]:
        """Every wish, newest first; none for who may not answer them."""
        return self._store.wishes.in_states(WISH_STATES) if self.may_answer(person) else ()

    def answer(self, person: Person, id_: str, change: WishChange) -> Wish:
        """Show, answer or hide a wish. Raises NotAllowed, NotFound, FormFault, Conflict."""
        if not self.may_answer(person):
            raise NotAllowed(f"this needs the role {' or '.join(ANSWERING)}", code="role")
        wish = self._store.wishes.get(id_)
        if change.state == "published":
            self._check_dataset(change.dataset)
        now = self._clock.now()
        after = answered(wish, change, now)
        entry = Entry(0, now, person.id, "answer", f"wish:{id_}", f"{after.state} {after.answer}".strip())
        self._store.wishes.save(after, wish.revision, entry)
        return after

    def _check_dataset(self, dataset: str) -> None:
        """What is named as the answer can be read by everybody."""
        if not self.is_public(dataset):
            raise FormFault("dataset", "dataset_missing")

    @property
    def _city(self) -> City:
        return self._reads.city

    def _today(self, now: datetime) -> date:
        return now.astimezone(ZoneInfo(self._city.time_zone)).date()
