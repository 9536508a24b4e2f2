"""Signing in: passwords, limits, sign-ins that end, and what a person may then read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.errors import NotAllowed, NotFound, TooOften
from allmende.model.access import Access
from allmende.model.account import IDLE, LONGEST
from allmende.model.audit import Entry
from allmende.model.person import Grant, Person
from allmende.share.people.cookie import PLAIN, SECURE, carries, is_local, secret_of, set_cookie
from allmende.share.people.forms import ForeignForm, Form, check_form, check_origin
from allmende.share.people.limits import MOST_KEPT, Limit, network_of
from allmende.share.people.passwords import hash_password, is_right, weakness
from allmende.share.people.signing_in import SigningIn, WeakPassword, principal_of
from allmende.store.sql import SqlStore
from allmende.testing.clock import START, FixedClock
from allmende.testing.small import small_city

PASSWORD = "kaktus am blauen see"
ANNA = Person("p1", "anna", "Anna", grants=(Grant("steward", "green"),), created=START)


@pytest.fixture
def clock() -> FixedClock:
    """A clock that the test turns."""
    return FixedClock()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    """A store that knows Anna."""
    found = SqlStore.open(f"sqlite:///{tmp_path / 'store.sqlite'}")
    found.people.add(ANNA, Entry(0, START, "test", "add", "p1"))
    yield found
    found.close()


@pytest.fixture
def signing_in(store: SqlStore, clock: FixedClock) -> SigningIn:
    """The door, with Anna's password set."""
    made = SigningIn(store, clock)
    made.set_password(made.make_link(ANNA, "test"), PASSWORD)
    return made


def test_a_password_is_set_once_by_a_link(store: SqlStore, clock: FixedClock) -> None:
    """Nobody else knows the password; a used, older or three days old link is worth nothing."""
    door = SigningIn(store, clock)
    older, link = door.make_link(ANNA, "test"), door.make_link(ANNA, "test")
    with pytest.raises(NotFound):
        door.person_of_link(older)
    assert door.set_password(link, PASSWORD).id == "p1"
    with pytest.raises(NotFound):
        door.set_password(link, "another one that is long")
    late = door.make_link(ANNA, "test")
    clock.advance(timedelta(days=3))
    with pytest.raises(NotFound):
        door.person_of_link(late)
    kept = store.accounts.password("p1")
    assert kept.startswith("$argon2id$")
    assert PASSWORD not in kept


def test_a_wrong_name_and_a_wrong_password_are_the_same(signing_in: SigningIn) -> None:
    """Nobody learns from the answer who has an account."""
    said = []
    for name, password in (("anna", "not it at all"), ("nobody", PASSWORD)):
        with pytest.raises(NotAllowed) as refused:
            signing_in.sign_in(name, password)
        said.append(str(refused.value))
    assert said[0] == said[1]
    assert signing_in.of(signing_in.sign_in("anna", PASSWORD)) is not None


def test_guessing_is_stopped(signing_in: SigningIn) -> None:
    """After ten tries from one line even the right password is refused there, and not elsewhere."""
    for _ in range(10):
        with pytest.raises(NotAllowed, match="not right"):
            signing_in.sign_in("anna", "guess number one", "192.0.2.0/24")
    with pytest.raises(TooOften):
        signing_in.sign_in("anna", PASSWORD, "192.0.2.0/24")
    assert signing_in.sign_in("anna", PASSWORD, "198.51.100.0/24")


def test_nobody_is_locked_out_by_somebody_elses_tries(signing_in: SigningIn) -> None:
    """Tries that one line is refused do not count against the account."""
    for _ in range(200):
        with pytest.raises(NotAllowed):
            signing_in.sign_in("anna", "guess number one", "192.0.2.0/24")
    assert signing_in.sign_in("anna", PASSWORD, "198.51.100.0/24")


def test_a_sign_in_ends(signing_in: SigningIn, clock: FixedClock, store: SqlStore) -> None:
    """After an hour without use, after a day's work, when signed out, and when the account is closed."""
    secret = signing_in.sign_in("anna", PASSWORD)
    clock.advance(IDLE - timedelta(minutes=1))
    assert signing_in.of(secret) is not None
    clock.advance(IDLE - timedelta(minutes=1))
    assert signing_in.of(secret) is not None
    clock.advance(IDLE)
    assert signing_in.of(secret) is None
    secret = signing_in.sign_in("anna", PASSWORD)
    for _ in range(int(LONGEST / (IDLE / 2))):
        clock.advance(IDLE / 2)
        found = signing_in.of(secret)
    assert found is None
    signed = signing_in.of(secret := signing_in.sign_in("anna", PASSWORD))
    assert signed is not None
    signing_in.sign_out(signed)
    assert signing_in.of(secret) is None
    secret = signing_in.sign_in("anna", PASSWORD)
    store.people.close("p1", clock.now(), Entry(0, clock.now(), "test", "close", "p1"))
    assert signing_in.of(secret) is None
    with pytest.raises(NotAllowed):
        signing_in.sign_in("anna", PASSWORD)


def test_a_new_password_signs_out_everywhere(signing_in: SigningIn) -> None:
    """Who knew the old password is out."""
    secret = signing_in.sign_in("anna", PASSWORD)
    signing_in.set_password(signing_in.make_link(ANNA, "test"), "quite another set of words")
    assert signing_in.of(secret) is None
    with pytest.raises(NotAllowed):
        signing_in.sign_in("anna", PASSWORD)


@pytest.mark.parametrize(
    ("password", "found"),
    [
        ("short", "short"),
        ("aaaaaaaaaaaaaaaa", "known"),
        ("Passwort1234!", "known"),
        ("anna.meier2026", "known"),
        ("123456789012345", "known"),
        ("x" * 201, "long"),
        ("kaktus am blauen see", ""),
    ],
)
def test_weak_passwords_are_refused(password: str, found: str, signing_in: SigningIn) -> None:
    """Length counts; well-known words and the own name, filled up with signs, do not."""
    assert weakness(password, "anna.meier") == found
    if found:
        link = signing_in.make_link(replace(ANNA, name="anna.meier"), "test")
        if weakness(password, "anna"):
            with pytest.raises(WeakPassword):
                signing_in.set_password(link, password)


def test_a_hash_belongs_to_one_password() -> None:
    """The same password is hashed differently each time, and nothing fits an empty hash."""
    first, second = hash_password(PASSWORD), hash_password(PASSWORD)
    assert first != second
    assert is_right(first, PASSWORD)
    assert not is_right(first, PASSWORD + " ")
    assert not is_right("", PASSWORD)


def test_people_read_what_their_department_has() -> None:
    """A role opens the department's datasets; administrators see no more than anybody."""
    city = small_city(access=Access.INTERNAL, department="green")
    today = START.date()
    anna = principal_of(ANNA, city, today)
    assert anna.may_read(Access.INTERNAL, "benches")
    assert not anna.may_read(Access.WITHDRAWN, "benches")
    assert not anna.may_read(Access.INTERNAL, "others")
    for other in (
        replace(ANNA, grants=(Grant("administrator", "*"),)),
        replace(ANNA, grants=(Grant("steward", "roads"),)),
        replace(ANNA, grants=(Grant("steward", "green", until=today - timedelta(days=1)),)),
        replace(ANNA, closed=START),
    ):
        assert not principal_of(other, city, today).may_read(Access.INTERNAL, "benches")


def test_limits_forget_and_stay_small() -> None:
    """Tries are forgotten after their time, and a flood of names does not fill the memory."""
    time = [0.0]
    limit = Limit(2, 10.0, lambda: time[0])
    assert [limit.allows("a") for _ in range(3)] == [True, True, False]
    time[0] = 10.1
    assert limit.allows("a")
    for number in range(MOST_KEPT + 100):
        limit.allows(str(number))
    assert len(limit._tries) <= MOST_KEPT + 1


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/56"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("fe80::1%eth0", "fe80::/56"),
        ("nothing", "unknown"),
    ],
)
def test_a_line_counts_as_one(address: str, network: str) -> None:
    """Addresses of one line share their tries."""
    assert network_of(address) == network


@given(st.text(max_size=200))
def test_any_cookie_header_can_be_read(header: str) -> None:
    """Whatever a browser sends, it is a secret or none."""
    assert isinstance(secret_of(header, tls=True), str)


def test_the_cookie_is_bound_to_its_line() -> None:
    """Over TLS only the cookie that no other host can set counts."""
    assert secret_of(f"{SECURE}=abc; other=1", tls=True) == "abc"
    assert secret_of(f"{PLAIN}=abc", tls=True) == ""
    assert secret_of(f"{PLAIN}=abc", tls=False) == "abc"
    assert carries(f"{SECURE}=abc".encode())
    assert not carries(b"theme=dark")
    made = set_cookie("abc", tls=True)
    assert all(part in made for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"))
    assert "Max-Age=0" in set_cookie("", tls=False)
    assert [
        is_local(host) for host in ("localhost:8000", "127.0.0.1", "[::1]:80", "::1", "city.example")
    ] == [
        True,
        True,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example", "host": "city.example"},
        {"origin": "null", "host": "city.example"},
    ],
)
def test_forms_of_other_sites_are_refused(headers: dict[str, str]) -> None:
    """What the browser says of where a form comes from is believed when it speaks against it."""
    with pytest.raises(ForeignForm):
        check_origin(headers)


def test_only_the_own_form_is_taken(signing_in: SigningIn) -> None:
    """Each sign-in has a sign of its own, which is not its secret."""
    one, two = (signing_in.of(signing_in.sign_in("anna", PASSWORD)) for _ in range(2))
    assert one is not None
    assert two is not None
    check_form(Form({"csrf": one.csrf}), one)
    check_origin({"origin": "https://city.example", "host": "city.example", "sec-fetch-site": "same-origin"})
    for wrong in ("", two.csrf, one.csrf[:-1]):
        with pytest.raises(ForeignForm):
            check_form(Form({"csrf": wrong}), one)
