"""Signatures of events that are posted, by the scheme of Standard Webhooks 1.0.

The receiver computes the same over `webhook-id`, `webhook-timestamp` and the body, compares it with
`webhook-signature`, and refuses what is older than some minutes or has an id that it knows.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets

_MARK = "whsec_"
_LEAST, _MOST = 24, 64
_BYTES = 32


def make_secret() -> str:
    """A new secret: 256 random bits, in base64 behind a mark."""
    return _MARK + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def is_secret(text: str) -> bool:
    """Is it a secret that can sign: the mark, and 24 to 64 bytes in base64?"""
    try:
        return text.startswith(_MARK) and _LEAST <= len(_key(text)) <= _MOST
    except (binascii.Error, ValueError):
        return False


def sign(secret: str, id_: str, seconds: int, body: bytes) -> dict[str, str]:
    """The three headers for `body`, sent `seconds` after 1970 as the event `id_`."""
    signed = f"{id_}.{seconds}.".encode() + body
    digest = hmac.new(_key(secret), signed, hashlib.sha256).digest()
    return {
        "webhook-id": id_,
        "webhook-timestamp": str(seconds),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(_MARK), validate=True)
