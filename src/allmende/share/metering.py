"""Agreements at the gate: whether one holds for a request, and what it used of its quotas.

Requests and rows are counted before they are given, so nobody gets more than was agreed. Bytes are counted while they
are sent, a batch at a time: at most one batch (`BATCH`) goes out above the quota, and a crash forgets at most one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from anyio.to_thread import run_sync

from allmende.errors import NotAllowed, QuotaUsed, WrongPurpose
from allmende.model.access import Principal
from allmende.model.agreement import Agreement, Counted, Quota, day_of, midnight, next_since, since
from allmende.ports import Agreements, Clock
from allmende.share.asgi import App, Message, Receive, Scope, Send

PURPOSE_HEADER = "allmende-purpose"
METERED = "allmende.metered"
"""Where a request's scope says under which agreement it is answered."""
BATCH = 256 * 1024
_OVER = {
    "unsigned": "the agreement of this key is not signed yet",
    "not_begun": "the agreement of this key has not begun yet",
    "over": "the agreement of this key is over",
    "revoked": "the agreement of this key was ended",
}


@dataclass(frozen=True)
class QuotaUse:
    """How much was used of a quota, in the day or month that now is."""

    quota: Quota
    used: int


class Meter:
    """Asks agreements, and counts."""

    def __init__(self, agreements: Agreements, clock: Clock, time_zone: Callable[[], str]) -> None:
        self._agreements = agreements
        self._clock = clock
        self._time_zone = time_zone

    def of_key(self, key_id: str) -> Agreement | None:
        """The agreement of a key, when it holds now; None when the key belongs to none. Raises NotAllowed."""
        found = self._agreements.of_key(key_id)
        if found is None:
            return None
        holding = found.holding(self._clock.now(), self._time_zone())
        if holding != "holds":
            hint = found.revoked_because if holding == "revoked" else ""
            raise NotAllowed(_OVER[holding], hint=hint or "Ask the city.", code=f"agreement_{holding}")
        return found

    def check_purpose(self, agreement: Agreement, purpose: str) -> None:
        """WrongPurpose unless a request is for something that was agreed."""
        if agreement.purpose_of(purpose) is None:
            agreed = ", ".join(agreement.purposes)
            raise WrongPurpose(
                f"the purpose {purpose[:60]!r} was not agreed"
                if purpose
                else "this request names no purpose",
                hint=f"Send the header Allmende-Purpose with one of: {agreed}.",
            )

    def take(self, agreement: Agreement | None, counted: Counted, amount: int) -> None:
        """Count what is about to be given. Raises QuotaUsed, and then nothing is counted."""
        if agreement is None or amount < 1:
            return
        quotas = [one for one in agreement.quotas if one.counted == counted]
        today = day_of(self._clock.now(), self._time_zone())
        full = self._agreements.take(agreement.id, amount, [(one, since(one.span, today)) for one in quotas])
        if full is not None:
            raise self._used_up(agreement, full, amount)

    def fill(self, agreement: Agreement | None, amount: int) -> None:
        """Count bytes that were sent already, as far as the quotas hold them."""
        try:
            self.take(agreement, "bytes", amount)
        except QuotaUsed:
            uses = self.uses(agreement) if agreement else ()
            room = [use.quota.amount - use.used for use in uses if use.quota.counted == "bytes"]
            self.take(agreement, "bytes", max(0, min(room)))

    def check(self, agreement: Agreement | None, counted: Counted, amount: int) -> None:
        """QuotaUsed when so much could not be given now; counts nothing."""
        for use in self.uses(agreement) if agreement else ():
            if use.quota.counted == counted and use.used + amount > use.quota.amount:
                assert agreement is not None
                raise self._used_up(agreement, use.quota, amount)

    def uses(self, agreement: Agreement) -> tuple[QuotaUse, ...]:
        """How much was used of each quota."""
        today = day_of(self._clock.now(), self._time_zone())
        return tuple(
            QuotaUse(one, self._agreements.used(agreement.id, one, since(one.span, today)))
            for one in agreement.quotas
        )

    def _used_up(self, agreement: Agreement, quota: Quota, amount: int) -> QuotaUsed:
        zone, now = self._time_zone(), self._clock.now()
        today = day_of(now, zone)
        left = quota.amount - self._agreements.used(agreement.id, quota, since(quota.span, today))
        again = midnight(next_since(quota.span, today), zone)
        return QuotaUsed(
            f"{quota.amount} {quota.counted} each {quota.span} were agreed; {max(left, 0)} are left, and this needs {amount}",
            seconds=max(1, int((again - now).total_seconds())),
            hint=f"There is room again at {again.isoformat().replace('+00:00', 'Z')}.",
        )

    # --- requests ---

    def begin(self, principal: Principal, scope: Scope) -> None:
        """A request of this principal begins: count it, and let what it sends be counted. Raises QuotaUsed."""
        agreement = principal.agreement
        if agreement is None:
            return
        self.check(agreement, "bytes", 1)
        self.take(agreement, "requests", 1)
        metered = scope.get(METERED)
        if isinstance(metered, _Metered):
            metered.agreement = agreement


class _Metered:
    """Counts the bytes of one answer."""

    def __init__(self, send: Send, meter: Meter, is_head: bool) -> None:
        self._send = send
        self._is_head = is_head  # nothing of the body goes out
        self._meter = meter
        self._waiting = 0
        self.agreement: Agreement | None = None

    async def send(self, message: Message) -> None:
        """Pass a message on, and count. Raises QuotaUsed in the middle of an answer that is too large."""
        await self._send(message)
        if message["type"] != "http.response.body" or self._is_head or not self._is_counted():
            return
        self._waiting += len(message.get("body", b""))
        if self._waiting >= BATCH:
            await self._count()

    def _is_counted(self) -> bool:
        return self.agreement is not None and any(one.counted == "bytes" for one in self.agreement.quotas)

    async def _count(self) -> None:
        await run_sync(self._meter.take, self.agreement, "bytes", self._waiting)
        self._waiting = 0  # what was refused waits on, and fills the quota in the end

    async def finish(self) -> None:
        """Count the rest; it was sent already, so a quota that does not hold it is full from now on."""
        if self._waiting:
            await run_sync(self._meter.fill, self.agreement, self._waiting)


def metered(app: App, meter: Meter) -> App:
    """Count the bytes of answers to keys of agreements."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not any(name == b"authorization" for name, _ in scope["headers"]):
            await app(scope, receive, send)
            return
        counting = _Metered(send, meter, bool(scope.get("state", {}).get("head")))
        scope[METERED] = counting
        try:
            await app(scope, receive, counting.send)
        finally:
            await counting.finish()

    return answer
