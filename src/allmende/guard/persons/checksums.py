"""Numbers that prove themselves: check digits of accounts, tax, pension and health insurance, and cards.

Every function takes the number without separators, in capital letters; digits of other scripts are none.
"""

from __future__ import annotations

from collections import Counter

IBAN_LENGTHS = {
    "AD": 24, "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20,
    "ES": 24, "FI": 18, "FR": 27, "GB": 22, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IS": 26, "IT": 27,
    "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25,
    "RO": 24, "RS": 22, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TR": 26, "UA": 29, "XK": 20,
}  # fmt: skip
_DIGITS_ONLY = frozenset(
    {
        "AT",
        "BE",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "HR",
        "HU",
        "IS",
        "LT",
        "NO",
        "PL",
        "PT",
        "RS",
        "SE",
        "SI",
        "SK",
    }
)
"""Countries whose account numbers have no letters (SWIFT's IBAN registry): what has some is a hash, say."""
_PENSION_WEIGHTS = (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)
_CARD_STARTS = ("34", "37", "4", "51", "52", "53", "54", "55", "6011", "65")


def is_iban(text: str) -> bool:
    """An account number after ISO 13616: known country, its length, remainder 1 modulo 97."""
    if not text.isascii():
        return False
    if IBAN_LENGTHS.get(text[:2]) != len(text) or not text[2:4].isdecimal() or not text.isalnum():
        return False
    if text[:2] in _DIGITS_ONLY and not text[4:].isdecimal():
        return False
    turned = text[4:] + text[:4]
    return int("".join(str(int(sign, 36)) for sign in turned)) % 97 == 1


def is_tax_id(text: str) -> bool:
    """The German tax number for persons (§ 139b AO): eleven digits, ISO 7064 MOD 11,10.

    One digit of the first ten stands there twice or thrice, the others at most once.
    """
    if not text.isascii():
        return False
    if len(text) != 11 or not text.isdecimal() or text[0] == "0":
        return False
    often = sorted(Counter(text[:10]).values(), reverse=True)
    if often[0] not in (2, 3) or (len(often) > 1 and often[1] > 1):
        return False
    product = 10
    for digit in text[:10]:
        sum_ = (int(digit) + product) % 10 or 10
        product = sum_ * 2 % 11
    return (11 - product) % 10 == int(text[10])


def is_social_security(text: str) -> bool:
    """The German pension insurance number (§ 147 SGB VI): area, birth date, letter, serial, check digit."""
    if not text.isascii():
        return False
    if len(text) != 12 or not (text[:8] + text[9:]).isdecimal() or not "A" <= text[8] <= "Z":
        return False
    if not (1 <= int(text[4:6]) % 100 <= 12 and 1 <= int(text[2:4]) % 50 <= 31):
        return False
    letter = f"{ord(text[8]) - 64:02d}"
    digits = text[:8] + letter + text[9:11]
    crossed = sum(_cross(int(digit) * weight) for digit, weight in zip(digits, _PENSION_WEIGHTS, strict=True))
    return crossed % 10 == int(text[11])


def is_health_insurance(text: str) -> bool:
    """The unchangeable part of the German health insurance number (§ 290 SGB V): a letter, nine digits."""
    if not text.isascii():
        return False
    if len(text) != 10 or not "A" <= text[0] <= "Z" or not text[1:].isdecimal():
        return False
    digits = f"{ord(text[0]) - 64:02d}{text[1:9]}"
    return sum(_cross(int(d) * (1 + i % 2)) for i, d in enumerate(digits)) % 10 == int(text[9])


def is_card(text: str) -> bool:
    """A payment card: known beginning, 14 to 19 digits, Luhn's check (ISO/IEC 7812)."""
    if not text.isascii():
        return False
    if not 14 <= len(text) <= 19 or not text.isdecimal() or not text.startswith(_CARD_STARTS):
        return False
    if len(set(text)) < 4:
        return False
    return sum(_cross(int(d) * (1 + i % 2)) for i, d in enumerate(reversed(text))) % 10 == 0


def _cross(number: int) -> int:
    return number // 10 + number % 10
