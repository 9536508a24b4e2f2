"""Passwords: hashed with Argon2id, and which ones are too weak.

Parameters are those of the OWASP Password Storage Cheat Sheet (19 MiB, two rounds, one lane): small enough for
a small machine, and only two are hashed at a time. What a password must be follows NIST SP 800-63B: long, not
among the best known, no rules about signs.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST = 12
LONGEST = 200
_AT_ONCE = threading.BoundedSemaphore(2)
_KNOWN = ("passwort", "password", "qwertz", "qwerty", "123456", "hallo", "willkommen", "welcome", "admin",
          "geheim", "sommer", "winter", "letmein", "iloveyou", "abcdef", "allmende")  # fmt: skip


@cache
def _hasher() -> PasswordHasher:
    # Loaded when the first person signs in: reading needs none of it.
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def hash_password(password: str) -> str:
    """What the store keeps of a password."""
    with _AT_ONCE:
        return _hasher().hash(password)


def is_right(hash_: str, password: str) -> bool:
    """True when `password` is the one that was hashed. Without a hash it takes as long, and is never right."""
    from argon2.exceptions import VerificationError

    with _AT_ONCE:
        try:
            return _hasher().verify(hash_ or _nobody(), password[:LONGEST]) and bool(hash_)
        except VerificationError:
            return False


def is_outdated(hash_: str) -> bool:
    """True when the hash was made with weaker parameters than today's."""
    return _hasher().check_needs_rehash(hash_)


@cache
def _nobody() -> str:
    return _hasher().hash("nobody has this password, it only costs time")


def weakness(password: str, name: str) -> str:
    """Why a password is too weak, as the name of a word for people; empty when it is not."""
    if len(password) < SHORTEST:
        return "short"
    if len(password) > LONGEST:
        return "long"
    if len(set(password)) < 5 or _is_known(password.casefold(), name.casefold()):
        return "known"
    return ""


def _is_known(password: str, name: str) -> bool:
    """True for a well-known word, or the person's own name, that was only filled up with a few signs."""
    words = [word for word in (*_KNOWN, name, *name.replace(".", " ").split()) if len(word) >= 4]
    rest = password
    for word in sorted(words, key=len, reverse=True):
        rest = rest.replace(word, "")
    letters = "".join(sign for sign in rest if sign.isalpha())
    return len(letters) < 5 and (rest != password or not letters)
