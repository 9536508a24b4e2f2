"""Cell keys: every count gets a little noise, and the same cell always the same.

A key is drawn from a secret of the family and from what the cell is about, so repeated questions and other tables of
the family bring nothing new (Fraser and Wooton 2005). The noise has mean 0, a set variance and at most some size, makes
nothing of nothing, and never shows a small count; among such distributions it is the one with the largest
entropy (Marley and Leaver 2011).
"""

from __future__ import annotations

import hashlib
import hmac
import math
from collections.abc import Iterable
from functools import lru_cache

from allmende.guard.disclosure.cube import Name

Table = tuple[tuple[int, float], ...]
"""What a count may become, each with the probability up to it."""
_STEPS = 80


def cell_key(secret: bytes, family: str, name: Name, count: int) -> float:
    """The key of a cell, from 0 to 1: by what it is about and how many it counts."""
    said = "\x1f".join([family, str(count), *(f"{axis}\x1e{value}" for axis, value in sorted(name))])
    return int.from_bytes(hmac.digest(secret, said.encode(), hashlib.sha256)[:8], "big") / 2**64


def record_key(secret: bytes, record: str) -> int:
    """The key of one record of microdata, for keys of cells that follow the people in them."""
    return int.from_bytes(hmac.digest(secret, record.encode(), hashlib.sha256)[:8], "big")


def key_of_records(keys: Iterable[int]) -> float:
    """The key of a cell from those of its records, from 0 to 1."""
    return (sum(keys) % 2**64) / 2**64


def perturb(count: int, key: float, noise: int, variance: float, minimum: int) -> int:
    """The count that is shown for a cell with this key."""
    if count <= 0:
        return 0
    # Beyond this the small counts are out of reach, and all distributions are alike.
    alike = min(count, 2 * noise + minimum)
    shown = next(value for value, up_to in transitions(alike, noise, variance, minimum) if key <= up_to)
    return shown + count - alike


@lru_cache(maxsize=4_096)
def transitions(count: int, noise: int, variance: float, minimum: int) -> Table:
    """What a count may become: unbiased, no smaller than `minimum` unless 0, at most `noise` away where possible."""
    values = [n for n in range(max(0, count - noise), count + noise + 1) if n == 0 or n >= minimum]
    if values and values[0] > count:
        values = [0, *values]
    if values[-1] < count or (len(values) > 1 and values[-1] == count):
        values.append(max(minimum, count + 1))
    chances = _chances(values, count, variance)
    told, total = [], 0.0
    for value, chance in zip(values, chances, strict=True):
        total += chance
        told.append((value, total))
    told[-1] = (told[-1][0], 1.0)
    return tuple(told)


def _chances(values: list[int], mean: int, variance: float) -> list[float]:
    """The chances of the largest entropy with this mean and, as far as there is one, this variance."""
    low, high = -5.0, 50.0  # how strongly values far from the mean are avoided
    for _ in range(_STEPS):
        middle = (low + high) / 2
        chances = _with_mean(values, mean, middle)
        spread = sum(p * (v - mean) ** 2 for v, p in zip(values, chances, strict=True))
        low, high = (middle, high) if spread > variance else (low, middle)
    return _with_mean(values, mean, high)


def _with_mean(values: list[int], mean: int, steep: float) -> list[float]:
    low, high = -200.0, 200.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        chances = _soft([middle * (v - mean) - steep * (v - mean) ** 2 for v in values])
        found = sum(p * v for v, p in zip(values, chances, strict=True))
        low, high = (middle, high) if found < mean else (low, middle)
    return chances


def _soft(weights: list[float]) -> list[float]:
    largest = max(weights)
    found = [math.exp(weight - largest) for weight in weights]
    return [one / sum(found) for one in found]
