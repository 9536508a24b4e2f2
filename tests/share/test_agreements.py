"""Agreements at the gate: what was agreed is given, everything else is refused, and nobody learns what is closed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import anyio
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from allmende.errors import QuotaUsed
from allmende.model.agreement import Agreement, Quota
from allmende.model.audit import Entry
from allmende.share.metering import BATCH, METERED, Meter, metered
from allmende.share.principals import make_key
from allmende.share.web import create_app
from allmende.testing.clock import START, FixedClock
from allmende.testing.every_class import CLASSES, Tiny, fill, make_tiny

ROWS = "/api/v1/datasets/commercial-data/rows"
TODAY = START.date()
AGREED = Agreement(
    "a", "Beispiel GmbH", ("product",), ("commercial-data",), TODAY, TODAY + timedelta(days=30), signed=TODAY
)
TOLD = Entry(0, START, "test", "test", "agreement:test")


@dataclass
class Desk:
    """A served city whose clock can be turned, and which agrees on something."""

    tiny: Tiny
    clock: FixedClock
    client: TestClient[Litestar]
    made: int = 0

    def agree(self, agreement: Agreement = AGREED, keys: int = 1) -> tuple[Agreement, list[str]]:
        """Keep an agreement under a new id; the secrets of its keys."""
        self.made += 1
        agreement = replace(agreement, id=f"a{self.made}")
        self.tiny.store.agreements.add(agreement, START, TOLD)
        made = [make_key(f"key {number}", [], START) for number in range(keys)]
        for one in made:
            self.tiny.store.agreements.bind(agreement.id, one.key, TOLD)
        return agreement, [one.secret for one in made]

    def turn(self, moment: datetime) -> None:
        """Turn the clock."""
        self.clock.advance(moment - self.clock.now())

    def used(self, agreement: Agreement, first: date = TODAY) -> int:
        """How much was used of its only quota."""
        return self.tiny.store.agreements.used(agreement.id, agreement.quotas[0], first)

    def get(self, path: str, secret: str, **headers: str) -> Any:
        """Ask with a key."""
        return self.client.get(path, headers={"authorization": f"Bearer {secret}", **headers})

    def status(self, path: str, secret: str, **headers: str) -> int:
        """How it was answered."""
        return int(self.get(path, secret, **headers).status_code)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A city of its own: agreements are kept in it."""
    tiny = make_tiny(tmp_path_factory.mktemp("agreed"))
    fill(tiny)
    clock = FixedClock()
    tiny = replace(tiny, clock=clock)
    with TestClient(create_app(tiny), raise_server_exceptions=False) as client:
        yield Desk(tiny, clock, client)


@pytest.fixture
def desk(served: Desk) -> Desk:
    """The city at its beginning."""
    served.turn(START)
    return served


@pytest.mark.parametrize("access", CLASSES)
@pytest.mark.parametrize("path", ["/api/v1/datasets/{}", "/api/v1/datasets/{}/rows", "/d/{}", "/d/{}@1.csv"])
def test_an_agreement_opens_what_it_names_and_nothing_else(access: str, path: str, desk: Desk) -> None:
    """Of the four classes: open for all, commercial as agreed; a stricter one stays as if it were not there, also
    when an agreement names it."""
    named, stranger = f"{access}-data", replace(AGREED, datasets=("districts",))
    _, (secret,) = desk.agree(replace(AGREED, datasets=(named,)))
    _, (other,) = desk.agree(stranger)
    expected = {"open": (200, 200), "commercial": (200, 404)}.get(access, (404, 404))
    address = path.format(named)
    assert (desk.status(address, secret), desk.status(address, other)) == expected
    missing = desk.get(address, other).text.replace(named, "x")
    if expected[1] == 404:
        assert missing == desk.get(path.format("no-data"), other).text.replace("no-data", "x")


def ended(**changes: Any) -> Agreement:
    """An agreement that does not hold now."""
    return replace(AGREED, **changes)


@pytest.mark.parametrize(
    ("agreement", "why"),
    [
        (ended(signed=None), "not signed"),
        (ended(begins=TODAY + timedelta(days=1)), "not begun"),
        (ended(begins=date(2020, 1, 1), ends=TODAY - timedelta(days=1)), "is over"),
        (ended(revoked=START, revoked_because="Nobody paid"), "ended"),
    ],
)
def test_an_agreement_that_does_not_hold_gives_nothing(agreement: Agreement, why: str, desk: Desk) -> None:
    """And says so, as with a key that is over; the keys of all others are not touched."""
    _, (secret,) = desk.agree(agreement)
    answer = desk.get(ROWS, secret)
    assert (answer.status_code, why in answer.json()["detail"]) == (401, True)


def test_revoking_ends_all_keys_at_once(desk: Desk) -> None:
    """With the next request, and with the reason."""
    agreement, secrets = desk.agree(keys=2)
    assert [desk.status(ROWS, one) for one in secrets] == [200, 200]
    desk.tiny.store.agreements.revoke(agreement.id, START, "Passed on to others", TOLD)
    answers = [desk.get(ROWS, one) for one in secrets]
    assert [(one.status_code, one.json()["hint"]) for one in answers] == [(401, "Passed on to others")] * 2


def test_with_several_purposes_each_request_names_one(desk: Desk) -> None:
    """One that was not agreed is refused; with a single purpose none has to be named."""
    _, (secret,) = desk.agree(replace(AGREED, purposes=("product", "research")))
    named = {
        purpose: desk.status(ROWS, secret, **{"allmende-purpose": purpose})
        for purpose in ("research", "education")
    }
    assert named | {"": desk.status(ROWS, secret)} == {"research": 200, "education": 403, "": 403}
    assert "research" in desk.get(ROWS, secret).json()["hint"]
    _, (single,) = desk.agree()
    assert desk.status(ROWS, single) == 200
    assert desk.status(ROWS, single, **{"allmende-purpose": "research"}) == 403


def quota(counted: Any, span: Any, amount: int) -> Agreement:
    """The agreement with one quota."""
    return replace(AGREED, quotas=(Quota(counted, span, amount),))


def test_two_keys_share_the_requests_and_the_day_ends_at_the_citys_midnight(desk: Desk) -> None:
    """Above the quota the answer is 429, and says when there is room again."""
    _, secrets = desk.agree(quota("requests", "day", 3), keys=2)
    midnight = datetime(2026, 11, 24, 23, tzinfo=UTC)  # in Jena
    desk.turn(midnight - timedelta(seconds=30))
    answers = [desk.get(ROWS, secrets[number % 2]) for number in range(4)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    assert answers[3].headers["retry-after"] == "30"
    assert "2026-11-24T23:00:00Z" in answers[3].json()["hint"]
    desk.turn(midnight)
    assert desk.status(ROWS, secrets[1]) == 200


def test_rows_are_counted_before_they_are_given(desk: Desk) -> None:
    """In pages, files and raw files; who only asks whether something is new uses none."""
    agreement, (secret,) = desk.agree(quota("rows", "month", 13))
    month = TODAY.replace(day=1)
    assert desk.status(f"{ROWS}?limit=4", secret) == 200
    assert desk.used(agreement, month) == 4
    file = desk.get("/d/commercial-data@1.csv", secret)
    assert (file.status_code, desk.used(agreement, month)) == (200, 10)
    again = desk.get("/d/commercial-data@1.csv", secret, **{"if-none-match": file.headers["etag"]})
    assert (again.status_code, desk.used(agreement, month)) == (304, 10)
    refused = desk.get("/d/commercial-data@1.csv", secret)
    assert (refused.status_code, desk.used(agreement, month)) == (429, 10)
    assert "3 are left" in refused.json()["detail"]
    assert [desk.status(f"{ROWS}?limit={limit}", secret) for limit in (4, 3, 1)] == [429, 200, 429]
    assert desk.status("/api/v1/datasets/open-data/rows", secret) == 200
    assert desk.used(agreement, month) == 13


def test_bytes_are_counted_as_they_are_sent(desk: Desk) -> None:
    """Above the quota nothing more is begun."""
    agreement, (secret,) = desk.agree(quota("bytes", "day", 200))
    answers = [desk.get(ROWS, secret) for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 429]
    assert desk.used(agreement) == 200


def test_a_long_answer_is_cut_off_one_batch_after_the_quota(desk: Desk) -> None:
    """What a file of any size can take is bounded."""
    agreement, _ = desk.agree(quota("bytes", "day", 3 * BATCH + 7))
    meter = Meter(desk.tiny.store.agreements, desk.clock, lambda: "UTC")
    sent: list[int] = []

    async def endless(scope: Any, receive: Any, send: Any) -> None:
        scope[METERED].agreement = agreement
        while True:
            await send({"type": "http.response.body", "body": bytes(BATCH // 2), "more_body": True})

    async def take(message: Any) -> None:
        sent.append(len(message["body"]))

    async def nothing() -> Any:
        return {}

    with pytest.raises(QuotaUsed):
        anyio.run(
            metered(endless, meter), {"type": "http", "headers": [(b"authorization", b"x")]}, nothing, take
        )
    assert (sum(sent), desk.used(agreement)) == (4 * BATCH, 3 * BATCH + 7)


def test_the_holder_of_a_key_reads_the_agreement_and_its_policy(desk: Desk) -> None:
    """With what was used; nobody else learns that there is one."""
    agreement, (secret,) = desk.agree(quota("requests", "month", 9))
    told = desk.get("/api/v1/agreement", secret).json()
    assert (told["id"], told["party"], told["signed"]) == (agreement.id, "Beispiel GmbH", TODAY.isoformat())
    assert told["quotas"] == [{"counted": "requests", "each": "month", "amount": 9, "used": 1}]
    policy = desk.get("/api/v1/agreement/policy", secret)
    assert policy.headers["content-type"].startswith("application/ld+json")
    assert policy.json()["permission"][0]["target"] == ["http://testserver.local/d/commercial-data"]
    assert desk.client.get("/api/v1/agreement").status_code == 404


@pytest.mark.parametrize("counted", ["rows", "bytes"])
def test_asking_for_the_head_of_a_file_uses_nothing_of_it(counted: Any, desk: Desk) -> None:
    """Nothing of the body goes out."""
    agreement, (secret,) = desk.agree(quota(counted, "day", 500))
    answer = desk.client.head("/d/commercial-data@1.csv", headers={"authorization": f"Bearer {secret}"})
    assert (answer.status_code, desk.used(agreement)) == (200, 0)
    assert desk.status("/d/commercial-data@1.csv", secret) == 200
    assert desk.used(agreement) > 0
