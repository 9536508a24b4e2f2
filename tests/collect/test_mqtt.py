"""Listening to a real broker: acknowledged only when kept, nothing lost over restarts of either side."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

import pytest

from allmende.city.ways import parse_broker_address
from allmende.collect.mqtt import MqttListener
from allmende.errors import SourceRefused, StoreBusy
from allmende.model.message import Accepted, Message
from allmende.model.way import Broker, MqttVersion, WayState
from allmende.store.sql import SqlStore
from tests.mosquitto import Mosquitto, mosquitto, wait_for

__all__ = ["mosquitto"]
TOPIC = "application/+/device/+/event/+"
UP = "application/a/device/d/event/up"
LOCAL = ("127.0.0.1",)


class Kept:
    """An intake that keeps messages in memory; `fault` is raised instead while it is set."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.fault: Exception | None = None
        self.wait = False
        self.waiting: list[tuple[Message, Future[Accepted]]] = []

    def receive(self, message: Message) -> Future[Accepted]:
        """Keep it at once, later, or not at all."""
        future: Future[Accepted] = Future()
        if self.fault is not None:
            future.set_exception(self.fault)
        elif self.wait:
            self.waiting.append((message, future))
        else:
            self.keep(message, future)
        return future

    def keep(self, message: Message, future: Future[Accepted]) -> None:
        """It is on disk now."""
        self.messages.append(message)
        future.set_result(Accepted(len(self.messages)))

    def payloads(self) -> list[bytes]:
        """What was kept, in order."""
        return [message.payload for message in self.messages]


@contextmanager
def listening(
    address: str,
    receive: Callable[[Message], Future[Accepted]],
    version: MqttVersion = "5",
    private: tuple[str, ...] = LOCAL,
) -> Iterator[WayState]:
    """A listener on the topic of ChirpStack, stopped at the end."""
    state = WayState("way")
    listener = MqttListener(state, Broker(address, (TOPIC,), version), "allmende-test", receive, private)
    listener.start()
    try:
        yield state
    finally:
        listener.stop()


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_what_is_published_is_kept_in_order(mosquitto: Mosquitto, version: MqttVersion) -> None:
    """Both versions of MQTT: payload, topic and way come as they were sent."""
    kept = Kept()
    with listening(mosquitto.address, kept.receive, version) as state:
        wait_for(lambda: state.connected)
        for number in range(5):
            mosquitto.publish(UP, str(number))
        wait_for(lambda: len(kept.messages) == 5)
    assert kept.payloads() == [b"0", b"1", b"2", b"3", b"4"]
    assert (kept.messages[0].way, kept.messages[0].topic) == ("way", UP)
    assert (state.received, state.stored, state.refused) == (5, 5, 0)


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_what_is_sent_while_we_are_away_comes_later(mosquitto: Mosquitto, version: MqttVersion) -> None:
    """The broker keeps the session over our restart."""
    kept = Kept()
    with listening(mosquitto.address, kept.receive, version) as state:
        wait_for(lambda: TOPIC in state.topics)
    mosquitto.publish(UP, "meanwhile")
    with listening(mosquitto.address, kept.receive, version):
        wait_for(lambda: kept.messages)
    assert kept.payloads() == [b"meanwhile"]


def test_a_message_that_cannot_be_kept_is_tried_again(mosquitto: Mosquitto) -> None:
    """A store that is busy for a moment costs nothing: refused, counted, and kept a moment later."""
    kept = Kept()
    kept.fault = StoreBusy("the disk is full")
    with listening(mosquitto.address, kept.receive) as state:
        wait_for(lambda: state.connected)
        mosquitto.publish(UP, "precious")
        wait_for(lambda: state.refused > 0)
        assert "the disk is full" in state.fault
        kept.fault = None
        wait_for(lambda: kept.messages)
    assert kept.payloads() == [b"precious"]


def test_what_was_never_kept_comes_again_after_a_restart(mosquitto: Mosquitto) -> None:
    """While nothing is on disk nothing is acknowledged, so the broker sends it to our next life."""
    kept = Kept()
    kept.fault = StoreBusy("the store is gone")
    with listening(mosquitto.address, kept.receive) as state:
        wait_for(lambda: state.connected)
        mosquitto.publish(UP, "precious")
        wait_for(lambda: state.refused > 0)
    kept.fault = None
    with listening(mosquitto.address, kept.receive):
        wait_for(lambda: kept.messages)
    assert kept.payloads() == [b"precious"]


def test_a_broker_that_restarts_loses_and_doubles_nothing(mosquitto: Mosquitto) -> None:
    """Messages that were on their way to disk when the connection broke are answered, not stored twice."""
    kept = Kept()
    kept.wait = True
    with listening(mosquitto.address, kept.receive) as state:
        wait_for(lambda: TOPIC in state.topics)
        for number in range(3):
            mosquitto.publish(UP, str(number))
        wait_for(lambda: len(kept.waiting) == 3)
        time.sleep(1.2)  # the broker writes its sessions every second
        mosquitto.stop()
        wait_for(lambda: not state.connected)
        mosquitto.start()
        wait_for(lambda: state.connected and state.received >= 6)
        for message, future in kept.waiting:
            kept.keep(message, future)
        kept.wait = False
        mosquitto.publish(UP, "after")
        wait_for(lambda: b"after" in kept.payloads())
    assert kept.payloads() == [b"0", b"1", b"2", b"after"]
    assert state.stored == 4
    again = Kept()
    with listening(mosquitto.address, again.receive) as state:
        wait_for(lambda: TOPIC in state.topics)
        time.sleep(0.5)
    assert again.messages == []


def test_a_broker_that_is_not_there_is_told_and_tried_again(tmp_path: Path) -> None:
    """The fault names the address; when the broker comes, it goes on by itself."""
    folder = tmp_path / "late"
    folder.mkdir()
    broker, kept = Mosquitto(folder), Kept()
    with listening(broker.address, kept.receive) as state:
        wait_for(lambda: state.fault)
        assert "cannot be reached" in state.fault
        assert state.connected is False
        broker.start()
        try:
            wait_for(lambda: TOPIC in state.topics)
            broker.publish(UP, "late")
            wait_for(lambda: kept.messages)
        finally:
            broker.stop()


def test_private_brokers_need_to_be_allowed(mosquitto: Mosquitto) -> None:
    """The same rule as for every other address: private networks only by name."""
    with listening(mosquitto.address, Kept().receive, private=()) as state:
        wait_for(lambda: state.fault)
    assert "ALLMENDE_PRIVATE_HOSTS" in state.fault


@pytest.mark.parametrize(
    "address",
    ["http://x.org", "x.org", "mqtt://", "mqtt://x.org/path", "mqtt://u:secret@x.org", "mqtt://x:y"],
)
def test_what_is_no_address_of_a_broker_is_said(address: str) -> None:
    """The refusal has a hint and no secret."""
    with pytest.raises(SourceRefused) as raised:
        parse_broker_address(address)
    assert raised.value.hint
    assert "secret" not in str(raised.value)


def test_ports_follow_from_the_scheme() -> None:
    """1883 without, 8883 with encryption."""
    assert parse_broker_address("mqtt://x.org").port == 1883
    secure = parse_broker_address("mqtts://x.org")
    assert (secure.port, secure.tls) == (8883, True)


def make_certificates(folder: Path) -> None:
    """An authority, and certificates for the broker at 127.0.0.1 and for us."""

    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
            "-subj", "/CN=test-authority", "-days", "2")  # fmt: skip
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1")
    for name in ("broker", "client"):
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr",
                "-subj", f"/CN={name}")  # fmt: skip
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                "-out", f"{name}.pem", "-days", "2", "-extfile", "names")  # fmt: skip
    for path in folder.iterdir():
        path.chmod(0o644)


def test_tls_with_certificates_on_both_sides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The broker's name is checked, ours too; without our certificate or with another authority nothing comes."""
    make_certificates(tmp_path)
    folder = tmp_path / "broker"
    folder.mkdir()
    broker = Mosquitto(
        folder,
        f"allow_anonymous true\ncafile {tmp_path}/ca.pem\ncertfile {tmp_path}/broker.pem\n"
        f"keyfile {tmp_path}/broker.key\nrequire_certificate true",
    )
    broker.start()
    monkeypatch.setenv("CA", str(tmp_path / "ca.pem"))
    monkeypatch.setenv("CERTIFICATE", str(tmp_path / "client.pem"))
    monkeypatch.setenv("KEY", str(tmp_path / "client.key"))
    address, kept = f"mqtts://127.0.0.1:{broker.port}", Kept()
    good = Broker(address, (TOPIC,), ca_file="env:CA", certificate_file="env:CERTIFICATE", key_file="env:KEY")
    strange = Broker(address, (TOPIC,), certificate_file="env:CERTIFICATE", key_file="env:KEY")
    nameless = Broker(address, (TOPIC,), ca_file="env:CA")
    states = {}
    try:
        for name, wanted in {"good": good, "strange": strange, "nameless": nameless}.items():
            state = states[name] = WayState(name)
            listener = MqttListener(state, wanted, f"test-{name}", kept.receive, LOCAL)
            listener.start()
            wait_for(lambda state=state: TOPIC in state.topics if state.way == "good" else state.fault)
            listener.stop()
    finally:
        broker.stop()
    assert "certificate verify failed" in states["strange"].fault.lower().replace("_", " ")
    assert states["nameless"].since is None


def test_user_and_password_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret that is missing or wrong is named, but never told."""
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(tmp_path / "users"), "reader", "right"], check=True)
    (tmp_path / "users").chmod(0o644)
    folder = tmp_path / "broker"
    folder.mkdir()
    broker = Mosquitto(folder, f"allow_anonymous false\npassword_file {tmp_path}/users")
    broker.start()
    monkeypatch.setenv("USER_NAME", "reader")
    monkeypatch.setenv("RIGHT", "right")
    monkeypatch.setenv("WRONG", "not-the-one")
    faults = {}
    try:
        for name in ("RIGHT", "WRONG", "MISSING"):
            state = WayState("way")
            wanted = Broker(broker.address, (TOPIC,), user="env:USER_NAME", password=f"env:{name}")
            listener = MqttListener(state, wanted, f"test-{name}", Kept().receive, LOCAL)
            listener.start()
            wait_for(lambda state=state: TOPIC in state.topics or state.fault)
            listener.stop()
            faults[name] = state.fault
    finally:
        broker.stop()
    assert faults["RIGHT"] == ""
    assert "does not let us in" in faults["WRONG"]
    assert "not-the-one" not in faults["WRONG"]
    assert "MISSING" in faults["MISSING"]


LIFE = """
    import os, sys, time
    from concurrent.futures import Future
    from pathlib import Path
    from allmende.collect.mqtt import MqttListener
    from allmende.model.message import Arrival, Message
    from allmende.model.observation import Observation
    from allmende.model.way import Broker, WayState
    from allmende.store.sql import SqlStore
    from allmende.store.writer import GroupWriter

    address, store_address, datastream, most = sys.argv[1:]
    received = 0
    store = SqlStore.open(store_address)
    writer = GroupWriter(store.observations)

    def receive(message: Message):
        global received
        received += 1
        number = int(message.payload)
        keyed = Message(message.way, message.payload, message.received_at, message.topic, key=f"m-{number}")
        row = Observation(int(datastream), number * 1_000_000, 0, number=float(number))
        future = writer.submit(Arrival([row], keyed))
        if received == int(most):  # in the middle of a commit
            os.kill(os.getpid(), 9)
        return future

    state = WayState("way")
    broker = Broker(address, ("application/+/device/+/event/+",))
    listener = MqttListener(state, broker, "allmende-life", receive, ("127.0.0.1",))
    listener.start()
    time.sleep(2)
    os.kill(os.getpid(), 9)
"""


def test_killed_again_and_again_nothing_is_lost_or_doubled(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """Our process dies by `kill -9` in the middle of commits, the broker restarts: each message is stored exactly once."""
    store_address = f"sqlite:///{tmp_path / 'store.sqlite'}"
    store = SqlStore.open(store_address)
    datastream = 1
    program = tmp_path / "life.py"
    program.write_text(textwrap.dedent(LIFE))
    expected = 200

    def live(most: int) -> subprocess.Popen[bytes]:
        words = [
            sys.executable,
            str(program),
            mosquitto.address,
            store_address,
            str(datastream),
            str(most),
        ]
        return subprocess.Popen(words, env=os.environ | {"PYTHONPATH": "src"})

    live(0).wait(30)  # the first life makes the session
    publisher = subprocess.Popen(
        ["mosquitto_pub", "-p", str(mosquitto.port), "-q", "1", "-t", UP, "-l"], stdin=subprocess.PIPE
    )
    assert publisher.stdin is not None
    publisher.stdin.write(b"".join(b"%d\n" % number for number in range(expected)))
    publisher.stdin.close()
    publisher.wait(60)
    time.sleep(1.2)
    lives = 0
    while stored(store, datastream) < expected:
        lives += 1
        assert lives < 60, stored(store, datastream)
        assert live(30 + 9 * lives).wait(60) == -signal.SIGKILL
        if lives == 2:
            mosquitto.stop()
            mosquitto.start()
    assert lives > 3
    latest = store.observations.latest([datastream])[datastream]
    assert latest.count == expected


def stored(store: SqlStore, datastream: int) -> int:
    """How many observations are on disk."""
    latest = store.observations.latest([datastream]).get(datastream)
    return latest.count if latest else 0
