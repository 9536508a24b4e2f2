"""Signing in by OpenID Connect, against a real provider in a process of its own, and against one that lies."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey
from litestar import Litestar
from litestar.testing import TestClient

from allmende.collect.identity import GuardedCalls
from allmende.errors import NotAllowed, SourceRefused, SourceUnreachable
from allmende.model.audit import Entry
from allmende.model.person import Grant
from allmende.share.people.openid import OpenId, OpenIdSettings, parse_group_roles
from allmende.share.web import create_app
from allmende.testing.clock import START, FixedClock
from tests.flow.desk_city import DeskCity, open_desk
from tests.mosquitto import free_port
from tests.oidc.provider import provider, sign_in_there

HOST = "http://127.0.0.1"
BACK = f"{HOST}/anmelden/zurueck"
SECRET = "a secret of the tests: 100 %"
KEY = b"k" * 32


class SystemClock:
    """The time, as the provider's process has it."""

    def now(self) -> datetime:
        """Now."""
        return datetime.now(UTC)


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A running provider."""
    with provider(free_port(), BACK) as found:
        yield found


@pytest.fixture
def city(tmp_path: Path) -> DeskCity:
    """The city, at the time of the machine."""
    made = open_desk(tmp_path / "data")
    made.workspace = replace(made.workspace, clock=SystemClock())
    return made


def settings(issuer: str, **changes: Any) -> OpenIdSettings:
    """Who we are to the provider."""
    roles = parse_group_roles("gis=steward:green, heads=releaser:*")
    return replace(OpenIdSettings(issuer, "allmende", SECRET, roles=roles), **changes)


OPENED: list[GuardedCalls] = []


@pytest.fixture(autouse=True)
def closing() -> Iterator[None]:
    """Connections to the provider are closed."""
    yield
    while OPENED:
        OPENED.pop().close()


def app_of(city: DeskCity, found: OpenIdSettings) -> Litestar:
    """The app of a city with this service."""
    OPENED.append(GuardedCalls(private_hosts=["127.0.0.1"]))
    service = OpenId(found, OPENED[-1], city.workspace.clock, KEY)
    return create_app(city.workspace, desk=city.desk, open_id=service)


def come(app: Litestar, name: str, wanted: str = "/werkstatt") -> tuple[TestClient[Litestar], Any]:
    """Sign in by the service as `name`; the browser, and what the portal answered at last."""
    client = TestClient(app, base_url=HOST)
    away = client.get(f"/anmelden/dienst?weiter={wanted}", follow_redirects=False)
    assert away.status_code == 303
    back = sign_in_there(away.headers["location"], name)
    return client, client.get(back.removeprefix(HOST), follow_redirects=False)


def test_a_person_of_the_city_signs_in(issuer: str, city: DeskCity) -> None:
    """The first time a person is added, with the roles of their groups; they land where they wanted to go."""
    app = app_of(city, settings(issuer))
    client, answer = come(app, "dora+gis+sports", "/werkstatt/neu")
    assert (answer.status_code, answer.headers["location"]) == (303, "/werkstatt/neu")
    assert "Angemeldet: Frau dora" in client.get("/werkstatt").text
    assert "Eine Datei hochladen" in client.get("/werkstatt/neu").text
    person = city.workspace.store.people.called("dora")
    assert person.subject == f"{issuer} dora+gis+sports"
    assert person.grants == (Grant("steward", "green"),)
    assert person.email == "dora@city.example"
    come(app, "dora+gis+sports")
    assert [one.name for one in city.workspace.store.people.all()].count("dora") == 1


def test_without_a_group_there_is_no_right(issuer: str, city: DeskCity) -> None:
    """Whoever can sign in at the city may read what everybody may read."""
    client, _ = come(app_of(city, settings(issuer)), "erna")
    assert "für keine Stelle das Recht" in client.get("/werkstatt/neu").text


def test_roles_follow_the_groups(issuer: str, city: DeskCity) -> None:
    """Who leaves a group loses its role at the next sign-in; what the administrator gave stays."""
    come(app_of(city, settings(issuer)), "fritz+heads")
    people = city.workspace.store.people
    fritz = people.called("fritz")
    assert fritz.grants == (Grant("releaser", "*"),)
    people.grant(fritz.id, Grant("reader", "roads"), Entry(0, START, "test", "grant", fritz.id))
    other = settings(issuer, roles=parse_group_roles("bosses=releaser:*"))
    come(app_of(city, other), "fritz+heads")
    assert people.called("fritz").grants == (Grant("reader", "roads"),)


def test_a_role_for_a_time_stays_one_for_a_time(issuer: str, city: DeskCity) -> None:
    """A last day that the administrator set survives a sign-in, and goes with the group."""
    come(app_of(city, settings(issuer)), "karl+heads")
    people, until = city.workspace.store.people, date(2030, 1, 1)
    karl = people.called("karl")
    people.grant(karl.id, Grant("releaser", "*", until), Entry(0, START, "test", "grant", karl.id))
    come(app_of(city, settings(issuer)), "karl+heads")
    assert people.called("karl").grants == (Grant("releaser", "*", until),)
    come(app_of(city, settings(issuer, groups="none")), "karl+heads")
    assert people.called("karl").grants == ()


def test_a_name_opens_nothing(issuer: str, city: DeskCity) -> None:
    """Somebody whom the service calls like a local account gets an account of their own."""
    people = city.workspace.store.people
    before = people.called("anna")
    come(app_of(city, settings(issuer)), "anna")
    assert people.called("anna") == before
    found = people.of_subject(f"{issuer} anna")
    assert found is not None
    assert found.name.startswith("anna-")
    assert found.grants == ()


def test_a_closed_account_stays_closed(issuer: str, city: DeskCity) -> None:
    """Also for people whom the service still knows."""
    app = app_of(city, settings(issuer))
    come(app, "gerd")
    gerd = city.workspace.store.people.called("gerd")
    city.workspace.store.people.close(gerd.id, START, Entry(0, START, "test", "close", gerd.id))
    client, answer = come(app, "gerd")
    assert answer.status_code == 401
    assert client.get("/werkstatt", follow_redirects=False).status_code == 303


def test_a_code_counts_once_and_in_its_own_browser(issuer: str, city: DeskCity) -> None:
    """Replayed, taken to another browser, or with another state it signs nobody in."""
    app = app_of(city, settings(issuer))
    client = TestClient(app, base_url=HOST)
    away = client.get("/anmelden/dienst", follow_redirects=False).headers["location"]
    kept = dict(client.cookies)
    back = sign_in_there(away, "hans").removeprefix(HOST)
    stranger = TestClient(app, base_url=HOST)
    assert stranger.get(back, follow_redirects=False).status_code == 401
    swapped = back.replace("state=", "state=x")
    assert client.get(swapped, follow_redirects=False).status_code == 401
    client.cookies.update(kept)
    assert client.get(back, follow_redirects=False).status_code == 303
    again = TestClient(app, base_url=HOST, cookies=kept)
    assert again.get(back, follow_redirects=False).status_code == 401


def test_a_wrong_secret_is_refused_by_the_service(issuer: str, city: DeskCity) -> None:
    """The provider really checks who we are."""
    _, answer = come(app_of(city, settings(issuer, client_secret="wrong")), "ida")
    assert answer.status_code == 401


def test_when_the_service_is_away_passwords_still_work(city: DeskCity) -> None:
    """The page says so, and keeps the form for name and password."""
    app = app_of(city, settings(f"http://127.0.0.1:{free_port()}"))
    client = TestClient(app, base_url=HOST)
    answer = client.get("/anmelden/dienst", follow_redirects=False)
    assert answer.status_code == 503
    assert "antwortet gerade nicht" in answer.text
    assert 'name="password"' in answer.text


def test_private_addresses_are_asked_only_by_name(issuer: str) -> None:
    """The same guard as for everything that leaves the machine."""
    OPENED.append(GuardedCalls())
    with pytest.raises(SourceRefused, match="private network"):
        OPENED[-1].get(f"{issuer}/.well-known/openid-configuration")


# --- a service that lies ---


class Liar:
    """A service that gives whatever identity token the test wants."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}, private=True)
        self.token = ""
        self.told: dict[str, Any] = {
            "issuer": "https://id.example", "authorization_endpoint": "https://id.example/auth",
            "token_endpoint": "https://id.example/token", "jwks_uri": "https://id.example/keys",
        }  # fmt: skip
        self.asked: list[str] = []

    def get(self, address: str) -> bytes:
        """Discovery or keys."""
        self.asked.append(address)
        if address.endswith("/keys"):
            return json.dumps(KeySet([self.key]).as_dict(private=False)).encode()
        return json.dumps(self.told).encode()

    def post(self, address: str, fields: Mapping[str, str], headers: Mapping[str, str]) -> bytes:
        """The token."""
        self.asked.append(address)
        return json.dumps({"id_token": self.token}).encode()

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def liar() -> Liar:
    """A service that lies."""
    return Liar()


def unsigned(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """A token that nobody signed."""
    parts = (
        base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=").decode() for one in (header, claims)
    )
    return ".".join([*parts, ""])


def finish(liar: Liar, header: dict[str, Any] | None = None, key: Any = None, **changes: Any) -> Any:
    """Begin, have a token made with these claims, and come back."""
    clock = FixedClock()
    service = OpenId(OpenIdSettings("https://id.example", "allmende"), liar, clock, KEY)
    begun = service.begin(BACK, "/werkstatt")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(begun.address).query).items()}
    now = int(clock.now().timestamp())
    claims = {
        "iss": "https://id.example", "aud": "allmende", "sub": "1", "iat": now, "exp": now + 300,
        "nonce": asked["nonce"],
    }  # fmt: skip
    said = {name: value for name, value in (claims | changes).items() if value is not None}
    algorithms = ["RS256", "HS256"]
    head = header or {"alg": "RS256", "kid": "one"}
    liar.token = (
        unsigned(head, said) if head["alg"] == "none" else jwt.encode(head, said, key or liar.key, algorithms)
    )
    return service.finish({"state": asked["state"], "code": "c"}, begun.sealed, BACK)


def test_a_right_token_is_taken(liar: Liar) -> None:
    """So that the refusals below mean something."""
    identity, wanted = finish(liar, name="Frau Dora", groups="gis heads")
    assert (identity.subject, identity.title, wanted) == ("https://id.example 1", "Frau Dora", "/werkstatt")
    assert identity.groups == {"gis", "heads"}
    assert identity.email == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.example"},
        {"aud": "somebody-else"},
        {"aud": ["allmende", "other"], "azp": "other"},
        {"aud": None},
        {"exp": 1},
        {"exp": None},
        {"iat": None},
        {"nonce": "another"},
        {"nonce": None},
        {"sub": None},
        {"nbf": 99_999_999_999},
    ],
)
def test_a_wrong_token_is_refused(liar: Liar, changes: dict[str, Any]) -> None:
    """Issuer, audience, times, nonce and subject are all asked."""
    with pytest.raises(NotAllowed):
        finish(liar, **changes)


def test_a_token_with_a_wrong_signature_is_refused(liar: Liar) -> None:
    """None at all, one made with our own secret, and one of another key."""
    for header, key in (
        ({"alg": "none"}, None),
        ({"alg": "HS256", "kid": "one"}, OctKey.import_key(SECRET)),
        ({"alg": "RS256", "kid": "one"}, RSAKey.generate_key(2048, private=True)),
    ):
        with pytest.raises(NotAllowed):
            finish(liar, header, key)


def test_a_service_that_names_another_issuer_is_refused(liar: Liar) -> None:
    """Or leads to an address without TLS."""
    liar.told["issuer"] = "https://evil.example"
    with pytest.raises(SourceRefused):
        finish(liar)
    liar.told["issuer"] = "https://id.example"
    liar.told["token_endpoint"] = "http://id.example/token"
    with pytest.raises(SourceRefused):
        finish(liar)


def test_new_keys_are_fetched_once(liar: Liar) -> None:
    """When the service changes its key, the next token is read with it; an unknown key floods nobody."""
    clock = FixedClock()
    service = OpenId(OpenIdSettings("https://id.example", "allmende"), liar, clock, KEY)
    service._key_set()
    liar.key = RSAKey.generate_key(2048, {"kid": "two", "use": "sig"}, private=True)
    clock.advance(timedelta(minutes=2))
    for _ in range(5):
        service._key_set(anew=True)
    assert liar.asked.count("https://id.example/keys") == 2


def test_what_the_browser_keeps_cannot_be_changed(liar: Liar) -> None:
    """Another page to go to, or more time, is not ours any more; after ten minutes it is over."""
    clock = FixedClock()
    service = OpenId(OpenIdSettings("https://id.example", "allmende"), liar, clock, KEY)
    sealed = service.begin(BACK, "/werkstatt").sealed
    for wrong in (
        "",
        "x",
        sealed[:-1],
        f"x{sealed}",
        OpenId(service.settings, liar, clock, b"other")._seal({}),
    ):
        with pytest.raises(NotAllowed):
            service.finish({"state": "x", "code": "c"}, wrong, BACK)
    clock.advance(timedelta(minutes=11))
    with pytest.raises(NotAllowed, match="ten minutes"):
        service.finish({"state": "x", "code": "c"}, sealed, BACK)


def test_a_service_that_is_away_is_left_alone_for_a_while(liar: Liar) -> None:
    """Readers do not queue behind it, and it is asked again later."""
    clock = FixedClock()
    liar.told["issuer"] = "https://evil.example"
    service = OpenId(OpenIdSettings("https://id.example", "allmende"), liar, clock, KEY)
    for _ in range(10):
        with pytest.raises(SourceRefused):
            service.begin(BACK, "/werkstatt")
    assert len(liar.asked) == 1
    liar.told["issuer"] = "https://id.example"
    clock.advance(timedelta(seconds=31))
    assert service.begin(BACK, "/werkstatt").address.startswith("https://id.example/auth?")


@pytest.mark.parametrize("text", ["gis", "gis=steward", "gis=king:green", "=steward:green"])
def test_a_wrong_list_of_groups_says_so(text: str) -> None:
    """At the start, not at the first sign-in."""
    with pytest.raises(NotAllowed, match="ALLMENDE_OIDC_ROLES"):
        parse_group_roles(text)


def test_an_unreachable_service_is_told() -> None:
    """With its address, and as something that may pass."""
    OPENED.append(GuardedCalls(private_hosts=["127.0.0.1"]))
    with pytest.raises(SourceUnreachable):
        OPENED[-1].get(f"http://127.0.0.1:{free_port()}/")
