"""Takes what the network server decoded (`object`, `decoded_payload`), or a payload that is JSON itself."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from allmende.errors import Undecodable, Unreadable
from allmende.model.problem import Problem
from allmende.ports import Decode, Decoded, Known, Payload
from allmende.structure.payload import flatten

LARGEST = 1024 * 1024


class ObjectDecoder:
    """The decoder called `object`; it has no options."""

    def known(self, folder: Path) -> Sequence[Known]:
        """One way to try it: as it is."""
        return (Known({}, "what the network server decoded"),)

    def check(self, options: Mapping[str, Any], folder: Path) -> list[Problem]:
        """There are no options."""
        hint = "Take it out; this decoder takes what is there."
        return [Problem("", f"$.options.{name}", "there is no such option", hint) for name in options]

    def open(self, options: Mapping[str, Any], folder: Path) -> Decode:
        """The function for payloads. Raises Unreadable."""
        if faults := self.check(options, folder):
            raise Unreadable(f"{faults[0].path}: {faults[0].message}", hint=faults[0].hint)
        return decode


def decode(payload: Payload) -> Decoded:
    """The values given beside the payload, or those in a payload that is a JSON object.

    Raises Undecodable (`nothing_given`, `not_json`, `no_values`, `too_deep`, `too_many`, `too_large`).
    """
    if payload.given is not None:
        return flatten(payload.given)
    if payload.bytes[:1] not in (b"{", b" ", b"\n", b"\t", b"\r"):
        hint = "Set a payload codec there, or choose another decoder here."
        raise Undecodable("the network server decoded nothing", fault="nothing_given", hint=hint)
    if len(payload.bytes) > LARGEST:
        raise Undecodable(f"the JSON is larger than {LARGEST // 2**20} MB", fault="too_large")
    try:
        return flatten(json.loads(payload.bytes))
    except RecursionError:
        raise Undecodable("the JSON is nested too deeply", fault="too_deep") from None
    except ValueError as error:
        raise Undecodable(f"the payload is not JSON: {error}", fault="not_json") from None
