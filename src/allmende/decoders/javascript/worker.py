"""The process in which foreign scripts run. It knows nothing of the platform and may not do anything.

Started by `sandbox.py` with an empty environment; reads requests from standard input and writes answers
to standard output, each a length (four bytes) and JSON. It ends when its input ends.
"""

from __future__ import annotations

import json
import resource
import struct
import sys
from typing import Any, BinaryIO

import quickjs

MEMORY = 16 * 2**20
STACK = 512 * 2**10
SECONDS = 0.1
LARGEST_ANSWER = 64 * 2**10
MOST_SCRIPTS = 100
ADDRESS_SPACE = 1024 * 2**20
CPU_SECONDS = 3600


def limit() -> None:
    """Give up whatever a script could misuse if it broke out of the engine."""
    for what, most in (
        (resource.RLIMIT_AS, ADDRESS_SPACE),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 3),
    ):
        resource.setrlimit(what, (most, most))


def answer(code: str, prelude: str, runner: str, request: dict[str, Any]) -> str:
    """The script's answer as JSON text, or its fault by name. A context is used once."""
    context = quickjs.Context()
    context.set_memory_limit(MEMORY)
    context.set_max_stack_size(STACK)
    context.set_time_limit(SECONDS)
    try:
        context.eval(f"var RECEIVED = {json.dumps(request['received'])};\n{prelude}")
        loading = True
        context.eval(code)
        loading = False
        found = context.eval(f"({runner})({json.dumps(request['given'])})")
    except quickjs.StackOverflow:
        return fault("recursion", "it calls itself without end")
    except quickjs.JSException as error:
        return fault(*name(str(error), loading))
    if not isinstance(found, str) or len(found) > LARGEST_ANSWER:
        return fault("too_large", f"its answer is larger than {LARGEST_ANSWER // 1024} KiB")
    return found


def name(message: str, loading: bool) -> tuple[str, str]:
    """The fault in an exception of the engine: its name and what it says."""
    first = message.partition("\n")[0][:300]
    # Without memory for an error the engine throws null; so does `throw null`, which nobody writes.
    if first in ("null", "") or "out of memory" in first:
        return "memory", f"it needs more than {MEMORY // 2**20} MB"
    if first.endswith("InternalError: interrupted"):
        return "loops", f"it did not end within {SECONDS * 1000:.0f} ms"
    if loading and first.startswith("SyntaxError"):
        return "not_javascript", first
    if "circular reference" in first:
        return "no_values", "its answer contains itself"
    return "throws", first


def fault(name: str, message: str) -> str:
    """A fault as an answer."""
    return json.dumps({"fault": name, "message": message})


def read(stream: BinaryIO) -> bytes | None:
    """The next frame; None at the end."""
    head = stream.read(4)
    return stream.read(struct.unpack("!I", head)[0]) if len(head) == 4 else None


def write(stream: BinaryIO, text: str) -> None:
    """Send a frame. A script's text may be no Unicode (lone surrogates); that is replaced."""
    data = text.encode("utf-8", "replace")
    stream.write(struct.pack("!I", len(data)) + data)
    stream.flush()


def main() -> None:
    """Answer requests until there are no more."""
    source, target = sys.stdin.buffer, sys.stdout.buffer
    scripts: dict[str, str] = {}
    first = json.loads(read(source) or b"{}")
    limit()
    write(target, '{"ready": true}')
    while (frame := read(source)) is not None:
        request = json.loads(frame)
        if "code" in request:
            if len(scripts) >= MOST_SCRIPTS:
                scripts.clear()
            scripts[request["script"]] = request["code"]
        code = scripts.get(request["script"])
        text = (
            '{"fault": "unknown"}'
            if code is None
            else answer(code, first["prelude"], first["runner"], request)
        )
        write(target, text)


if __name__ == "__main__":
    main()
