"""Which decoder understands sample messages: each that is known is tried, and how well it fits is told."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from allmende.errors import AllmendeError, Undecodable
from allmende.extensions import decoder_ids, load_decoder
from allmende.model.uplink import Uplink
from allmende.ports import Decode, Decoded, Known, Payload
from allmende.structure.payload import flatten

MOST_SAMPLES = 100
GOOD, ENOUGH = 0.9, 0.5


@dataclass(frozen=True)
class Fit:
    """How one decoder does on the samples.

    `decoded` of `total` gave values. `agreed` is the share of its numbers that the network server's own
    decoding has, too; None when there is none to compare. `named` says that a device profile is one of its.
    """

    decoder: str
    known: Known
    total: int
    decoded: int = 0
    agreed: float | None = None
    named: bool = False
    faults: Mapping[str, int] = field(default_factory=dict)
    results: tuple[Decoded | None, ...] = ()

    @property
    def share(self) -> float:
        """The share of samples that it decodes."""
        return self.decoded / self.total if self.total else 0.0

    @property
    def rank(self) -> tuple[bool, bool, float, float, int]:
        """The better, the larger: known device, equal numbers, decoded samples, number of values."""
        values = max((len(result.values) for result in self.results if result), default=0)
        return self.named, (self.agreed or 0) >= GOOD, self.clean, self.agreed or 0, values

    @property
    def clean(self) -> float:
        """The share of samples that it decodes without a warning: bytes that are left over are a bad sign."""
        return sum(result is not None and not result.warnings for result in self.results) / max(self.total, 1)

    @property
    def name(self) -> str:
        """As it is written on the command line: `byte_map:dragino_lse01`."""
        option = next((str(value) for value in self.known.options.values()), "")
        return f"{self.decoder}:{option}" if option else self.decoder


def try_all(uplinks: Sequence[Uplink], received_at: datetime, folder: Path) -> tuple[Fit, ...]:
    """Every known decoder on the samples, the best first; those that decode none are left out."""
    samples = uplinks[:MOST_SAMPLES]
    fits = [
        _try(decoder, known, samples, received_at, folder)
        for decoder in decoder_ids()
        for known in load_decoder(decoder).known(folder)
    ]
    return tuple(sorted((fit for fit in fits if fit.decoded), key=lambda fit: fit.rank, reverse=True))


def choose(fits: Sequence[Fit]) -> Fit | None:
    """The one to propose; None when no decoder, or several alike, could be meant.

    A decoder on this side is better than the network server's: it can be mended and kept messages decoded again.
    """
    sure = [
        fit
        for fit in fits
        if fit.decoder != "object" and fit.share >= GOOD and (fit.named or (fit.agreed or 0) >= GOOD)
    ]
    if sure:
        return sure[0]
    given = [fit for fit in fits if fit.decoder == "object" and fit.share >= ENOUGH]
    if given:
        return given[0]
    whole = [fit for fit in fits if fit.clean >= GOOD]
    return whole[0] if len(whole) == 1 else None


def _try(decoder: str, known: Known, samples: Sequence[Uplink], received_at: datetime, folder: Path) -> Fit:
    profiles = {uplink.profile for uplink in samples if uplink.profile}
    named = bool(profiles) and all(_is_named(profile, known) for profile in profiles)
    try:
        decode = load_decoder(decoder).open(known.options, folder)
    except AllmendeError:
        return Fit(decoder, known, len(samples))
    faults, results = Counter[str](), list[Decoded | None]()
    for uplink in samples:
        results.append(_decode(decode, uplink, received_at, faults))
    pairs = [(uplink, result) for uplink, result in zip(samples, results, strict=True) if result is not None]
    agreed = None if decoder == "object" else _agreed(pairs)
    return Fit(decoder, known, len(samples), len(pairs), agreed, named, dict(faults), tuple(results))


def _is_named(profile: str, known: Known) -> bool:
    return any(fnmatchcase(profile.lower(), pattern.lower()) for pattern in known.profiles)


def _decode(decode: Decode, uplink: Uplink, received_at: datetime, faults: Counter[str]) -> Decoded | None:
    payload = Payload(uplink.payload or b"", uplink.port, received_at, uplink.values)
    try:
        decoded = decode(payload)
    except Undecodable as error:
        faults[error.fault] += 1
        return None
    if not decoded.values and not decoded.earlier:
        faults["no_values"] += 1
        return None
    return decoded


def _agreed(pairs: Sequence[tuple[Uplink, Decoded]]) -> float | None:
    """The share of numbers that are among those of the network server; 0 and 1 prove nothing."""
    ours = theirs = 0
    for uplink, decoded in pairs:
        given = tuple(_numbers(uplink.values)) if uplink.values else ()
        if given:
            found = [value for value in _telling(decoded.values) if not value.is_integer() or abs(value) > 1]
            ours += len(found)
            theirs += sum(any(math.isclose(value, one, rel_tol=1e-4) for one in given) for value in found)
    return theirs / ours if ours else None


def _numbers(given: Mapping[str, Any]) -> Iterator[float]:
    try:
        yield from _telling(flatten(given).values)
    except Undecodable:
        return


def _telling(values: Mapping[str, Any]) -> Iterator[float]:
    for value in values.values():
        try:
            number = float(value)
        except (TypeError, ValueError):
            continue
        if math.isfinite(number) and not isinstance(value, bool):
            yield number
