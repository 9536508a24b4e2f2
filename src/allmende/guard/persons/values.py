"""What single values look like: addresses of mail and network, phones, plates, accounts and numbers that prove themselves.

`CANDIDATE` narrows a column in one pass of Arrow (RE2); the kinds look at what is left with bounded expressions,
piece by piece. Spaces of every width are taken for spaces: spreadsheets put them into numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from allmende.guard.persons.checksums import (
    IBAN_LENGTHS,
    is_card,
    is_health_insurance,
    is_iban,
    is_social_security,
    is_tax_id,
)

_GAP = r"[\s\x{00A0}\x{2007}\x{2009}\x{202F}./()–-]{0,3}"
_ACCOUNT = rf"\b(?i:{'|'.join(IBAN_LENGTHS)})\d{{2}}{_GAP}[0-9A-Za-z]{{2}}"
SURE = rf"@|{_ACCOUNT}|\d{{2}}[ -]?\d{{6}}[ -]?[A-Z][ -]?\d{{2}}"
"""Of these even a single one counts, so a column is looked through for them from end to end."""
CANDIDATE = (
    rf"@|\d(?:{_GAP}\d){{6,}}|{_ACCOUNT}|"
    r"\b[A-ZÄÖÜ]{1,3}[ -][A-Z]{1,2} ?-?\d{1,4}[EH]?\b|\b\d{1,3}(?:\.\d{1,3}){3}\b"
)
_DISTRICTS = frozenset((Path(__file__).parent / "plates.txt").read_text(encoding="utf-8").split())
_SPACES = re.compile(r"\s+")
_PIECE, _OVERLAP = 10_000, 60
_SEPARATORS = str.maketrans("", "", " .-/()–\u00a0")
_EMAIL = re.compile(r"[\w.+%-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_IBAN = re.compile(r"\b[A-Za-z]{2}\d{2}(?:[ ./-]?[0-9A-Za-z]){11,30}")
_DIGITS = re.compile(r"(?<![\d,A-Za-z])\d(?:[ ./-]?\d){9,18}(?![\d,])")
_PENSION = re.compile(r"(?<![A-Za-z\d])\d{2}[ -]?\d{6}[ -]?[A-Z][ -]?\d{2}[ -]?\d(?!\d)")
_HEALTH = re.compile(r"\b[A-Z][ -]?\d{3}[ -]?\d{3}[ -]?\d{3}(?!\d)")
_PHONE = re.compile(
    r"(?<![\d.,A-Za-z-])(?:\+|00)[1-9]\d{0,2}[ ./()-]{0,3}\d(?:[ ./()-]{0,3}\d){5,12}(?!\d)"
    r"|(?<![\d.,A-Za-z-])\(?0[1-9]\d{1,4}\)?[ ./-]{0,3}\d(?:[ /.-]{0,3}\d){3,9}(?![\d,])"
)
_PLATE = re.compile(r"\b([A-ZÄÖÜ]{1,3})[ -]([A-Z]{1,2})[ -]?(\d{1,4})[EH]?\b")
_IP = re.compile(r"(?<![\d.])(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_MOBILE = re.compile(r"^(?:\+?49|0049|0)1[567]")


@dataclass(frozen=True, slots=True)
class Seen:
    """One value of a kind in a text: what it says without separators, and what was written."""

    kind: str
    text: str
    written: str


def seen_in(text: str) -> Iterator[Seen]:
    """Everything in a text that speaks of a person by its form, each stretch once.

    Long texts are looked at piece by piece, so that a hostile cell of megabytes takes no hours.
    """
    text = _SPACES.sub(" ", text)
    for start in range(0, len(text), _PIECE):
        yield from _seen_in_piece(text[start : start + _PIECE + _OVERLAP])


def _seen_in_piece(rest: str) -> Iterator[Seen]:
    for kind, pattern, holds in _KINDS:
        for found in pattern.finditer(rest):
            taken = _longest(found.group(), holds) if kind == "iban" else found.group()
            plain = taken.translate(_SEPARATORS).upper()
            if holds(plain if kind not in ("email", "plate", "ip_address", "phone") else taken):
                yield Seen(kind, plain, taken)
                rest = rest.replace(taken, " " * len(taken), 1)


def _longest(text: str, holds: Callable[[str], bool]) -> str:
    """Of a match that ran on into the next words, the longest beginning that proves itself."""
    for end in range(len(text), 14, -1):
        if holds(text[:end].translate(_SEPARATORS).upper()):
            return text[:end]
    return text


def is_mobile(text: str) -> bool:
    """True for a German mobile number, which is mostly a person's own."""
    return bool(_MOBILE.match(text.translate(_SEPARATORS)))


def _is_phone(text: str) -> bool:
    digits = sum(sign.isdigit() for sign in text)
    # A date, a coordinate or a file number is no phone.
    return 7 <= digits <= 15 and not re.fullmatch(r"0?\d[./-]\d{1,2}[./-]\d{2,4}", text.strip())


def _is_plate(text: str) -> bool:
    found = _PLATE.fullmatch(text)
    return bool(found) and found.group(1) in _DISTRICTS  # type: ignore[union-attr]


def _is_ip(text: str) -> bool:
    parts = [int(part) for part in text.split(".")]
    return all(part <= 255 for part in parts) and parts[0] not in (0, 1, 2) and parts[3] != 0


_KINDS: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("email", _EMAIL, lambda text: True),
    ("iban", _IBAN, is_iban),
    ("social_security", _PENSION, is_social_security),
    ("health_insurance", _HEALTH, is_health_insurance),
    ("phone", re.compile(r"(?<![\d.,A-Za-z-])(?:\+|00)[1-9][\d ./()-]{6,20}\d"), _is_phone),
    ("credit_card", _DIGITS, is_card),
    ("tax_id", _DIGITS, is_tax_id),
    ("phone", _PHONE, _is_phone),
    ("plate", _PLATE, _is_plate),
    ("ip_address", _IP, _is_ip),
)


def digits_like(kind: str, text: str) -> bool:
    """True when a value has the form of the kind, whether its check digit is right or not."""
    plain = text.translate(_SEPARATORS).upper()
    if kind == "tax_id":
        return len(plain) == 11 and plain.isdigit()
    if kind == "credit_card":
        return 14 <= len(plain) <= 19 and plain.isdigit()
    return len(plain) == 10 and plain[:1].isalpha() and plain[1:].isdigit()


def masked(text: str) -> str:
    """The first and last sign, and how long it was: enough to find it, too little to know it."""
    text = " ".join(text.split())
    if len(text) <= 3:
        return "*" * len(text)
    return f"{text[0]}{'*' * min(len(text) - 2, 12)}{text[-1]}"
