"""Decoder javascript: makers' scripts give their values; hostile ones harm nobody and are named."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from allmende.decoders.javascript.decoder import JavascriptDecoder
from allmende.decoders.javascript.sandbox import Sandbox
from allmende.errors import Undecodable, Unreadable
from allmende.extensions import manifest
from allmende.ports import Decode, Decoded, Payload
from allmende.testing.decoder_contract import RECEIVED, DecoderContract, outcome

SAMPLES = manifest("decoder", "javascript").folder / "samples"


class TestContract(DecoderContract):
    """javascript keeps what every decoder must keep."""

    decoder_id = "javascript"

    def test_rubbish_is_refused_by_name(self) -> None:
        """Bytes of every kind go through a sample's script."""
        decode = JavascriptDecoder().open({"script": "moisture.js"}, SAMPLES)
        for size in (0, 1, 5, 11, 242, 5000):
            assert outcome(decode, Payload(b"\xff" * size, 2, RECEIVED))


def opened(folder: Path, code: str) -> Decode:
    """The decode function of a script."""
    (folder / "script.js").write_text(code, encoding="utf-8")
    return JavascriptDecoder().open({"script": "script.js"}, folder)


def values(folder: Path, code: str) -> dict[str, Any]:
    """The values of a script for three bytes."""
    return dict(opened(folder, code)(Payload(b"\x01\x02\x03", 1, RECEIVED)).values)


def giving(expression: str) -> str:
    """A script whose data are an expression."""
    return f"function decodeUplink(input) {{ return {{ data: {expression} }}; }}"


HOSTILE = [
    ("function decodeUplink(i) { while (true) {} }", "loops"),
    ("while (true) {}", "loops"),
    ("function decodeUplink(i) { return /(a+)+$/.test('a'.repeat(40) + 'b') }", "loops"),
    ("function decodeUplink(i) { var a = []; while (true) a.push(new Array(1000)) }", "memory"),
    ("function decodeUplink(i) { return 'a'.repeat(1e9) }", "memory"),
    ("function decodeUplink(i) { return decodeUplink(i) }", "recursion"),
    ("function decodeUplink(i) { throw new Error('no luck') }", "throws"),
    ("function decodeUplink(i) { return i.nothing.there }", "throws"),
    ("function decodeUplink(i) { throw 'no luck' }", "throws"),
    ("function decodeUplink(i) { return { errors: ['unknown port'] } }", "refused"),
    ("function decodeUplink(i) { return 7 }", "no_values"),
    ("function decodeUplink(i) { return {} }", "no_values"),
    ("function decodeUplink(i) { var a = {}; a.a = a; return { data: a } }", "no_values"),
    (giving("[1, 2]"), "no_values"),
    (giving("'rain'"), "no_values"),
    (giving("{ a: 'x'.repeat(5000) }"), "too_large"),
    (giving("{ a: 'x'.repeat(100000) }"), "too_large"),
    (giving("Object.fromEntries(Array.from({ length: 600 }, (_, n) => [n, n]))"), "too_many"),
    (giving("(() => { let a = 1; for (let n = 0; n < 50; n++) a = { a }; return a })()"), "too_deep"),
    (giving("(() => { let a = 1; for (let n = 0; n < 9e4; n++) a = { a }; return a })()"), "recursion"),
    ("def decode(payload): return 1", "not_javascript"),
    ("function decodeUplink(", "not_javascript"),
    ("function encodeDownlink(i) {}", "no_function"),
    ("", "no_function"),
    ("import fs from 'fs'", "not_javascript"),
    ("require('fs')", "throws"),
]


@pytest.mark.parametrize(("code", "fault"), HOSTILE)
def test_a_hostile_script_is_named_and_harms_nobody(tmp_path: Path, code: str, fault: str) -> None:
    """Each fault has its name, and the next script runs as if nothing had been."""
    decode = opened(tmp_path, code)
    assert outcome(decode, Payload(b"\x01", 1, RECEIVED)) == fault
    assert values(tmp_path, giving("{ n: input.bytes.length }")) == {"n": 3}


def test_numbers_that_json_does_not_know_are_kept(tmp_path: Path) -> None:
    """NaN and Infinity come through for the quality rules; 1e308 is a number; undefined is no value."""
    found = values(
        tmp_path, giving("{ a: NaN, b: 1 / 0, c: -1 / 0, d: 1e308, e: undefined, f: null, g: 10n }")
    )
    assert math.isnan(found.pop("a"))
    assert found == {"b": math.inf, "c": -math.inf, "d": 1e308, "f": None, "g": 10}


def test_a_script_knows_nothing_of_the_server(tmp_path: Path) -> None:
    """No process, files, network, modules or environment; the names that would give them are not there."""
    names = ["process", "require", "fetch", "os", "std", "Deno", "setTimeout", "importScripts", "WebAssembly"]
    told = ", ".join(f"{name}: typeof {name}" for name in names)
    assert set(values(tmp_path, giving(f"{{ {told} }}")).values()) == {"undefined"}


def test_nothing_is_left_from_one_call_to_the_next(tmp_path: Path) -> None:
    """A script that counts or breaks the language starts afresh: values depend on the bytes alone."""
    code = "var n = 0; function decodeUplink(i) { n++; JSON.stringify = () => 'x'; return { data: { n } } }"
    decode = opened(tmp_path, code)
    assert {outcome_of(decode) for _ in range(3)} == {"no_values"}
    count = opened(tmp_path, "var n = 0; function decodeUplink(i) { n++; return { data: { n } } }")
    assert [count(Payload(b"", 1, RECEIVED)).values for _ in range(3)] == [{"n": 1}] * 3


def outcome_of(decode: Decode) -> str:
    """The fault, or `values`."""
    found = outcome(decode, Payload(b"\x01", 1, RECEIVED))
    return found if isinstance(found, str) else "values"


def test_the_clock_is_the_moment_of_receipt(tmp_path: Path) -> None:
    """Decoding again next year gives the same values."""
    code = giving(
        "{ now: new Date().toISOString(), ms: Date.now(), day: new Date(2020, 0, 2).getDate(), r: Math.random() }"
    )
    assert values(tmp_path, code) == {
        "now": "2026-03-01T08:00:00.000Z", "ms": 1772352000000, "day": 2, "r": 0.5,
    }  # fmt: skip


@pytest.mark.parametrize(
    "code",
    [
        "const decodeUplink = (input) => ({ data: { n: input.bytes.length } });",
        "module.exports = { decodeUplink: (input) => ({ data: { n: input.bytes.length } }) };",
        "exports.decodeUplink = function (input) { return { data: { n: input.bytes.length } } };",
        "function Decoder(bytes, port) { return { n: bytes.length, port: undefined }; }",
        "function Decode(fPort, bytes, variables) { console.log('hello'); return { n: bytes.length }; }",
    ],
)
def test_scripts_are_taken_as_makers_write_them(tmp_path: Path, code: str) -> None:
    """The forms of The Things Stack, the LoRa Alliance and ChirpStack v3."""
    assert values(tmp_path, code) == {"n": 3}


def test_a_worker_that_dies_is_replaced(tmp_path: Path) -> None:
    """Killed from outside between two calls, the next call starts another."""
    box = Sandbox(workers=1)
    request = {"given": {"bytes": [1], "port": 1, "variables": {}}, "received": "2026-03-01T08:00:00Z"}
    code = giving("{ n: 1 }")
    first = box.run(code, request)
    (worker,) = box._all
    os.kill(worker.pid, signal.SIGKILL)
    with contextlib.suppress(Undecodable):  # the message that finds it dead may have to wait
        box.run(code, request)
    second = box.run(code, request)
    assert first["data"] == second["data"] == {"n": 1}
    box.close()


def test_a_worker_that_hangs_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that does not answer in time is ended, whatever it is doing, and the fault is named."""
    monkeypatch.setattr("allmende.decoders.javascript.sandbox.SECONDS", 0.3)
    box = Sandbox(workers=1)
    request = {"given": {"bytes": [1], "port": 1, "variables": {}}, "received": "2026-03-01T08:00:00Z"}
    box.run(giving("{ n: 1 }"), request)
    (worker,) = box._all
    os.kill(worker.pid, signal.SIGSTOP)
    with pytest.raises(Undecodable) as caught:
        box.run(giving("{ n: 1 }"), request)
    assert caught.value.fault == "hangs"
    assert box.run(giving("{ n: 1 }"), request)["data"] == {"n": 1}
    box.close()


def test_many_threads_share_the_workers(tmp_path: Path) -> None:
    """Every call gets its own answer."""
    decode = opened(tmp_path, giving("{ n: input.bytes[0] }"))
    found: dict[int, Decoded] = {}

    def ask(number: int) -> None:
        found[number] = decode(Payload(bytes([number]), 1, RECEIVED))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {number: decoded.values["n"] for number, decoded in found.items()} == {n: n for n in range(20)}


def test_the_worker_may_not_open_write_or_fork(tmp_path: Path) -> None:
    """Its limits leave three open files, no file growth, no further process and a bounded memory."""
    values(tmp_path, giving("{ n: 1 }"))
    from allmende.decoders.javascript.sandbox import SANDBOX

    (worker, *_) = SANDBOX._all
    limits = Path(f"/proc/{worker.pid}/limits").read_text(encoding="ascii")
    found = {line[:25].strip(): line[25:].split()[0] for line in limits.splitlines()}
    wanted = {"Max file size": "0", "Max open files": "3", "Max processes": "0", "Max core file size": "0"}
    assert {name: found[name] for name in wanted} == wanted
    assert int(found["Max address space"]) <= 2**30
    assert Path(f"/proc/{worker.pid}/environ").read_bytes() == b"TZ=UTC\x00"


FAULTS = [
    ({}, "$.options.script", "missing"),
    ({"script": 7}, "$.options.script", "missing"),
    ({"script": "none.js"}, "$.options.script", "cannot be read"),
    ({"script": "../../../../../../etc/passwd.js"}, "$.options.script", "outside"),
    ({"script": "script.js", "variables": {"a": 1}}, "$.options.variables", "texts"),
    ({"script": "script.js", "codec": 1}, "$.options.codec", "no such option"),
]


@pytest.mark.parametrize(("options", "path", "words"), FAULTS)
def test_faults_of_options_are_told(tmp_path: Path, options: dict[str, Any], path: str, words: str) -> None:
    """Each with its path."""
    (tmp_path / "script.js").write_text(giving("{}"), encoding="utf-8")
    (fault,) = JavascriptDecoder().check(options, tmp_path)
    assert fault.path == path
    assert words in fault.message


def test_a_broken_script_is_told_by_check(tmp_path: Path) -> None:
    """`allmende check` finds it before the first message does."""
    (tmp_path / "script.js").write_text("function decodeUplink(", encoding="utf-8")
    (fault,) = JavascriptDecoder().check({"script": "script.js"}, tmp_path)
    assert fault.path == "$.options.script"
    assert "SyntaxError" in fault.message


def test_options_with_faults_do_not_open(tmp_path: Path) -> None:
    """A missing script is no decoder."""
    with pytest.raises(Unreadable, match="cannot be read"):
        JavascriptDecoder().open({"script": "none.js"}, tmp_path)


def test_workers_end_with_the_server_however_it_ends(tmp_path: Path) -> None:
    """Killed without a chance to say goodbye, it leaves no process behind."""
    code = (
        "import os; from allmende.decoders.javascript.sandbox import SANDBOX as box;"
        "box.run('function decodeUplink(i) { return { data: {} } }',"
        " {'given': {'bytes': [], 'port': 1}, 'received': '2026-03-01T08:00:00Z'});"
        "print(next(iter(box._all)).pid, flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    worker = Path(f"/proc/{int(done.stdout)}")
    end = time.monotonic() + 20
    while worker.exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert done.returncode == -signal.SIGKILL
    assert not worker.exists()
