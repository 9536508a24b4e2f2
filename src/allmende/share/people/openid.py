"""OpenID Connect: people of the city sign in with the account that they have anyway.

The authorization code flow with PKCE (RFC 7636), state and nonce, as OpenID Connect Core 1.0 and RFC 9700 ask for
it. What was begun is remembered in a sealed cookie of ten minutes. The identity token's signature, issuer, audience,
times and nonce are checked; nothing else of the service is believed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from allmende.errors import AllmendeError, NotAllowed, SourceRefused
from allmende.model.person import ROLES, Grant
from allmende.ports import Clock, IdentityCalls
from allmende.share.people.limits import Limit

ALGORITHMS = ("RS256", "ES256", "PS256", "EdDSA", "Ed25519")
COOKIE, SECURE_COOKIE = "allmende_begun", "__Host-allmende-begun"
"""Over TLS the name keeps other hosts of the same domain from setting it."""
LASTS = timedelta(minutes=10)
_KNOWN_FOR = timedelta(hours=1)
_KEYS_FOR = timedelta(minutes=1)
_AWAY_FOR = timedelta(seconds=30)
_LEEWAY = 60


@dataclass(frozen=True)
class OpenIdSettings:
    """Which service, and who we are to it. `roles` says which of its groups gives which roles; `groups` is the
    claim that names them. Without a secret we are a public client."""

    issuer: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    groups: str = "groups"
    roles: tuple[tuple[str, Grant], ...] = ()


def parse_group_roles(text: str) -> tuple[tuple[str, Grant], ...]:
    """`gis-team=steward:green, data=releaser:*` as groups with the roles they give. Raises NotAllowed."""
    return tuple(_group_role(part.strip()) for part in text.split(",") if part.strip())


def _group_role(text: str) -> tuple[str, Grant]:
    group, _, said = text.partition("=")
    name, _, department = said.partition(":")
    role = next((one for one in ROLES if one == name), None)
    if not group or role is None or not department:
        raise NotAllowed(
            f"ALLMENDE_OIDC_ROLES: {text!r} names no group and role",
            hint="Write it like gis-team=steward:green.",
        )
    return group, Grant(role, department)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is to the service: issuer and subject, and what it says of them."""

    subject: str
    name: str
    title: str
    email: str
    groups: frozenset[str]


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that was begun: where the browser goes, and what it keeps meanwhile (sealed)."""

    address: str
    sealed: str


class OpenId:
    """One service. `key` seals what browsers keep."""

    def __init__(self, settings: OpenIdSettings, calls: IdentityCalls, clock: Clock, key: bytes) -> None:
        self.settings = settings
        self._calls = calls
        self._clock = clock
        self._key = key
        self._lock = threading.Lock()
        self._told: tuple[datetime, Mapping[str, Any]] | None = None
        self._keys: tuple[datetime, Any] | None = None
        self._away: tuple[datetime, AllmendeError] | None = None
        self.begun = Limit(30, 600.0)
        """How often one line may begin to sign in."""

    def begin(self, back: str, wanted: str) -> Begun:
        """Begin a sign-in that comes back to the address `back` and then leads to the page `wanted`.

        Raises SourceUnreachable, SourceRefused.
        """
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        asked = {
            "response_type": "code", "client_id": self.settings.client_id, "redirect_uri": back,
            "scope": "openid profile email", "state": state, "nonce": nonce,
            "code_challenge": _challenge(verifier), "code_challenge_method": "S256",
        }  # fmt: skip
        until = (self._clock.now() + LASTS).timestamp()
        kept = {"state": state, "nonce": nonce, "verifier": verifier, "next": wanted, "until": until}
        return Begun(f"{self._endpoint('authorization_endpoint')}?{urlencode(asked)}", self._seal(kept))

    def finish(self, answer: Mapping[str, str], sealed: str, back: str) -> tuple[Identity, str]:
        """Who came back, and the page that they wanted.

        Raises NotAllowed when it does not fit what was begun or the service does not vouch for it;
        SourceUnreachable, SourceRefused.
        """
        kept = self._open(sealed)
        if not hmac.compare_digest(answer.get("state", "").encode(), str(kept["state"]).encode()):
            raise _refused("what came back was not begun in this browser")
        if answer.get("iss", self.settings.issuer) != self.settings.issuer:
            raise _refused("another service answered")
        if "code" not in answer:
            raise _refused(f"the service says {answer.get('error', 'nothing')[:80]!r}")
        token = self._redeem(answer["code"], str(kept["verifier"]), back)
        return self._identity(self._claims(token, str(kept["nonce"]))), str(kept["next"])

    def end_address(self, back: str) -> str:
        """Where a person also signs out of the service; empty when it offers no such address."""
        try:
            told = str(self._discovered().get("end_session_endpoint", ""))
        except AllmendeError:
            return ""
        asked = {"client_id": self.settings.client_id, "post_logout_redirect_uri": back}
        return f"{told}?{urlencode(asked)}" if told else ""

    def close(self) -> None:
        """Close the connections to the service."""
        self._calls.close()

    # --- the service ---

    def _discovered(self) -> Mapping[str, Any]:
        with self._lock:
            now = self._clock.now()
            if self._told is None or now - self._told[0] > _KNOWN_FOR:
                self._told = (now, self._asked(now))
            return self._told[1]

    def _asked(self, now: datetime) -> Mapping[str, Any]:
        """What the service says of itself. One that was away is left alone for a while: readers do not queue."""
        if self._away is not None and now - self._away[0] < _AWAY_FOR:
            raise self._away[1]
        place = f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration"
        try:
            told = _parsed(self._calls.get(place))
            if told.get("issuer") != self.settings.issuer:
                raise SourceRefused("the sign-in service names another issuer", where=place)
        except AllmendeError as error:
            self._away = (now, error)
            raise
        return told

    def _endpoint(self, name: str) -> str:
        """An address of the service; over TLS, unless the service itself is reached without (tests)."""
        address = str(self._discovered().get(name, ""))
        if urlsplit(address).scheme not in {"https", urlsplit(self.settings.issuer).scheme}:
            raise SourceRefused(f"the sign-in service has no usable {name}", where=address)
        return address

    def _redeem(self, code: str, verifier: str, back: str) -> str:
        """The identity token for a code; each code can be used once."""
        fields = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier,
        }  # fmt: skip
        headers = {}
        if self.settings.client_secret:
            headers["Authorization"] = _basic(self.settings.client_id, self.settings.client_secret)
        else:
            fields["client_id"] = self.settings.client_id
        place = self._endpoint("token_endpoint")
        try:
            answer = _parsed(self._calls.post(place, fields, headers))
        except SourceRefused as error:
            raise _refused("the service does not know this code (any more)") from error
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise _refused("the service gave no identity token")
        return token

    def _claims(self, token: str, nonce: str) -> Mapping[str, Any]:
        """The checked claims of an identity token (OpenID Connect Core 3.1.3.7)."""
        # Loaded when the first person signs in by the service.
        from joserfc import jwt
        from joserfc.errors import JoseError

        try:
            try:
                found = jwt.decode(token, self._key_set(), algorithms=list(ALGORITHMS))
            except (JoseError, ValueError):
                found = jwt.decode(token, self._key_set(anew=True), algorithms=list(ALGORITHMS))
            self._registry(jwt).validate(found.claims)
        except (JoseError, ValueError) as error:
            raise _refused(f"the identity token is not right ({type(error).__name__})") from error
        claims: Mapping[str, Any] = found.claims
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise _refused("the identity token was not made for this sign-in")
        audience = claims.get("aud")
        if isinstance(audience, list) and len(audience) > 1 and claims.get("azp") != self.settings.client_id:
            raise _refused("the identity token was made for somebody else")
        return claims

    def _registry(self, jwt: Any) -> Any:
        return jwt.JWTClaimsRegistry(
            now=int(self._clock.now().timestamp()),
            leeway=_LEEWAY,
            iss={"essential": True, "value": self.settings.issuer},
            aud={"essential": True, "value": self.settings.client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
        )

    def _key_set(self, *, anew: bool = False) -> Any:
        """The service's keys; asked again for an unknown one, at most once in a minute."""
        from joserfc.jwk import KeySet

        address = self._endpoint("jwks_uri")
        with self._lock:
            now = self._clock.now()
            known = self._keys
            if known is None or now - known[0] > (_KEYS_FOR if anew else _KNOWN_FOR):
                known = self._keys = (now, KeySet.import_key_set(_parsed(self._calls.get(address))))  # type: ignore[arg-type]
            return known[1]

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        subject = str(claims["sub"])
        name = str(claims.get("preferred_username") or claims.get("email") or subject)
        groups = claims.get(self.settings.groups, [])
        listed = groups if isinstance(groups, list) else str(groups).split()
        email = str(claims.get("email", "")) if claims.get("email_verified") is True else ""
        return Identity(
            f"{self.settings.issuer} {subject}", name[:80].lower(), str(claims.get("name") or name)[:120],
            email[:200], frozenset(map(str, listed)),
        )  # fmt: skip

    # --- what the browser keeps ---

    def _seal(self, kept: Mapping[str, Any]) -> str:
        text = base64.urlsafe_b64encode(json.dumps(kept).encode()).decode()
        return f"{text}.{self._mark(text)}"

    def _open(self, sealed: str) -> Mapping[str, Any]:
        text, _, mark = sealed.rpartition(".")
        if not text or not hmac.compare_digest(mark.encode(), self._mark(text).encode()):
            raise _refused("no sign-in was begun in this browser")
        kept: Mapping[str, Any] = json.loads(base64.urlsafe_b64decode(text))
        if self._clock.now().timestamp() > float(kept["until"]):
            raise _refused("the sign-in took longer than ten minutes")
        return kept

    def _mark(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError as error:
        raise SourceRefused("the sign-in service answers with something else than JSON") from error
    if not isinstance(found, dict):
        raise SourceRefused("the sign-in service answers with something else than an object")
    return found


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _basic(name: str, secret: str) -> str:
    """RFC 6749, 2.3.1: both are form-encoded before."""
    return "Basic " + base64.b64encode(f"{quote(name, safe='')}:{quote(secret, safe='')}".encode()).decode()


def _refused(said: str) -> NotAllowed:
    return NotAllowed(said, hint="Begin again from the page to sign in.", code="openid")
