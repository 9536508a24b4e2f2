"""Payload formatters in JavaScript: `decodeUplink(input)`, `Decode(fPort, bytes)` or `Decoder(bytes, port)`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from allmende.decoders.javascript.sandbox import SANDBOX
from allmende.errors import Undecodable, Unreadable
from allmende.model.problem import Problem
from allmende.ports import Decode, Decoded, Known, Payload
from allmende.structure.payload import flatten

LARGEST_SCRIPT = 512 * 1024
LARGEST_PAYLOAD = 4096
_SIGN = "$number"
_MEANINGS = {
    "no_function": "the script has no function decodeUplink, Decode or Decoder",
    "no_values": "the script gave no object with values",
}


class JavascriptDecoder:
    """The decoder called `javascript`; options: `script` (a file of the city), `variables` (as wanted)."""

    def known(self, folder: Path) -> Sequence[Known]:
        """The scripts in the city's folder `decoders`."""
        names = sorted(path.name for path in (folder / "decoders").glob("*.js"))
        return tuple(
            Known({"script": f"decoders/{name}"}, f"the script {name}", (f"*{name[:-3]}*",)) for name in names
        )

    def check(self, options: Mapping[str, Any], folder: Path) -> list[Problem]:
        """Faults of the options; the script is loaded in the sandbox, but not run."""
        faults = [
            Problem("", f"$.options.{name}", "there is no such option", "There are: script, variables.")
            for name in options
            if name not in ("script", "variables")
        ]
        try:
            run(_script(options, folder), {"only_load": True, "variables": _variables(options)}, "")
        except (Unreadable, Undecodable) as error:
            faults.append(Problem("", error.where or "$.options.script", error.message, error.hint))
        return faults

    def open(self, options: Mapping[str, Any], folder: Path) -> Decode:
        """The function for payloads. Raises Unreadable."""
        code, variables = _script(options, folder), _variables(options)

        def decode(payload: Payload) -> Decoded:
            if len(payload.bytes) > LARGEST_PAYLOAD:
                raise Undecodable(f"the payload has more than {LARGEST_PAYLOAD} bytes", fault="too_large")
            given = {"bytes": list(payload.bytes), "port": payload.port, "variables": variables}
            return run(code, given, payload.received_at.isoformat())

        return decode


def run(code: str, given: Mapping[str, Any], received: str) -> Decoded:
    """What a script gives, flat. Raises Undecodable with the fault's name."""
    answer = SANDBOX.run(code, {"given": given, "received": received})
    fault = answer.get("fault")
    if isinstance(fault, str):
        message = _MEANINGS.get(fault) or f"the script failed: {answer.get('message', fault)}"
        raise Undecodable(message, fault=fault)
    errors, warnings = (_texts(answer.get(name)) for name in ("errors", "warnings"))
    if errors:
        raise Undecodable(f"the script refuses it: {'; '.join(errors)}", fault="refused")
    return flatten(_numbers(answer.get("data")), warnings)


def _texts(found: object) -> tuple[str, ...]:
    return tuple(str(one)[:300] for one in found) if isinstance(found, list) else ()


def _numbers(found: Any) -> Any:
    """The same with NaN and infinities where the script had them."""
    if isinstance(found, dict):
        if set(found) == {_SIGN}:
            return {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}.get(found[_SIGN])
        return {name: _numbers(value) for name, value in found.items()}
    return [_numbers(value) for value in found] if isinstance(found, list) else found


def _script(options: Mapping[str, Any], folder: Path) -> str:
    """The text of the script. Raises Unreadable."""
    name, where = options.get("script"), "$.options.script"
    if not isinstance(name, str) or not name.endswith(".js"):
        hint = 'Write script = "decoders/lse01.js".'
        raise Unreadable("the name of the script is missing", where=where, hint=hint)
    path = folder / name
    try:
        if not path.resolve().is_relative_to(folder.resolve()):
            raise Unreadable("the script lies outside of the city's folder", where=where)
        if path.stat().st_size > LARGEST_SCRIPT:
            raise Unreadable(f"the script is larger than {LARGEST_SCRIPT // 1024} KiB", where=where)
        return path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise Unreadable(f"the script cannot be read: {error}", where=where) from error


def _variables(options: Mapping[str, Any]) -> dict[str, str]:
    found = options.get("variables", {})
    if not isinstance(found, Mapping) or not all(isinstance(value, str) for value in found.values()):
        raise Unreadable("variables are texts", where="$.options.variables", hint='Write { unit = "C" }.')
    return dict(found)
