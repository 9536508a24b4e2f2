"""`make demo-sensors`: a broker, Musterstadt served, and its invented sensors sending, until stopped.

python -m allmende.testing.musterstadt.demo CITY [--port 8000] [--days 7] [--every 1.0]

The broker is Debian's Mosquitto, for this machine only. First comes what the sensors would have sent in
the last days, then one message every so many seconds, of one sensor after another.
"""

from __future__ import annotations

import argparse
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from shapely.geometry import Point

from allmende.testing.musterstadt.geography import to_wgs84
from allmende.testing.musterstadt.sensors import Uplink, backlog, devices, is_alive, uplink
from allmende.testing.musterstadt.truth import Truth

BROKER_PORT = 18_830
"""The same as in `cities/musterstadt/ways/radio.toml`."""
_QUEUE = 200_000
_PATIENCE = 600.0
_SUBSCRIPTIONS = "$SYS/broker/subscriptions/count"


def main(arguments: list[str]) -> int:
    """Start all three and wait; gives the exit status."""
    asked = _parser().parse_args(arguments)
    truth = Truth()
    signal.signal(signal.SIGTERM, _stop)
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            broker(Path(folder)),
            served(asked.city, asked.port) as city,
            sender(BROKER_PORT) as client,
        ):
            wait_for_listener(client, city)
            send_all(client, truth, asked.days)
            print("The sensors send. Stop with Ctrl+C.", flush=True)
            send_on(client, truth, asked.every, city)
    except KeyboardInterrupt:
        return 0
    except DemoFailed as error:
        print(error, file=sys.stderr)
        return 1
    return 0


class DemoFailed(Exception):
    """Why the demonstration cannot go on, in a sentence."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Musterstadt with sensors that send.")
    parser.add_argument("city", type=Path)
    parser.add_argument("--port", type=int, default=8000, help="where the city is served")
    parser.add_argument("--days", type=int, default=7, help="how far back the sensors have sent")
    parser.add_argument("--every", type=float, default=1.0, help="seconds between two messages")
    return parser


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


@contextmanager
def broker(folder: Path, port: int = BROKER_PORT) -> Iterator[None]:
    """A Mosquitto that only this machine can reach."""
    program = shutil.which(
        "mosquitto", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    )
    if program is None:
        raise DemoFailed("Mosquitto is missing. Install it: apt install mosquitto")
    file = folder / "mosquitto.conf"
    file.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages {_QUEUE}\nsys_interval 1\n"
    )
    process = subprocess.Popen([program, "-c", str(file)], stderr=subprocess.DEVNULL)  # noqa: S603
    try:
        yield
    finally:
        _end(process)


@contextmanager
def served(city: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """The city, kept up to date and served, listening to this machine's broker."""
    hosts = ",".join(filter(None, [os.environ.get("ALLMENDE_PRIVATE_HOSTS", ""), "127.0.0.1"]))
    # With recorded answers nothing outside would be listened to.
    kept = {name: value for name, value in os.environ.items() if name != "ALLMENDE_REPLAY"}
    environment = {**kept, "ALLMENDE_PRIVATE_HOSTS": hosts}
    command = [sys.executable, "-m", "allmende", "up", str(city), "--port", str(port)]
    process = subprocess.Popen(command, env=environment)  # noqa: S603
    try:
        until_served(process, f"http://127.0.0.1:{port}/healthz")
        yield process
    finally:
        _end(process)


def until_served(process: subprocess.Popen[bytes], address: str) -> None:
    """Wait for the first answer. Raises DemoFailed when the city ended or took too long."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        if process.poll() is not None:
            raise DemoFailed("The city could not be served; what is wrong stands above.")
        try:
            with urllib.request.urlopen(address, timeout=2):  # noqa: S310 (our own address)
                return
        except OSError:
            time.sleep(0.3)
    raise DemoFailed("The city was not served in ten minutes.")


@contextmanager
def sender(port: int) -> Iterator[mqtt.Client]:
    """A client that publishes; `user_data_get()` is the number of subscriptions at the broker."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="musterstadt-sensors", userdata=[0])
    client.on_message = _count
    client.on_connect = _ask
    for _ in range(50):
        try:
            client.connect("127.0.0.1", port)
            break
        except OSError:
            time.sleep(0.1)
    else:
        raise DemoFailed(f"Mosquitto does not answer on port {port}; is the port taken?")
    client.loop_start()
    try:
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


def _ask(client: mqtt.Client, *_: object) -> None:
    client.subscribe(_SUBSCRIPTIONS)


def _count(client: mqtt.Client, seen: list[int], message: mqtt.MQTTMessage) -> None:
    if message.payload.isdigit():
        seen[0] = int(message.payload)


def wait_for_listener(client: mqtt.Client, city: subprocess.Popen[bytes]) -> None:
    """What is published before anybody listens is lost: wait for the city's subscription beside our own."""
    end = time.monotonic() + 60
    while client.user_data_get()[0] < 2:
        if time.monotonic() > end or city.poll() is not None:
            raise DemoFailed("The city does not listen to the broker; look at /stand.")
        time.sleep(0.2)


def send_all(client: mqtt.Client, truth: Truth, days: int) -> int:
    """What the sensors would have sent in the last days, oldest first; returns how many messages."""
    now = datetime.now(UTC)
    moments = sorted(
        (at, number) for number, one in enumerate(devices(truth)) for at in backlog(truth, one, now, days)
    )
    for at, number in moments:
        publish(client, uplink(truth, devices(truth)[number], at, gateway()))
    print(f"{len(moments)} messages of the last {days} days were sent.", flush=True)
    return len(moments)


def send_on(client: mqtt.Client, truth: Truth, every: float, city: subprocess.Popen[bytes]) -> None:
    """One message after another, as long as the city is served."""
    for device in itertools.cycle([one for one in devices(truth) if is_alive(truth, one)]):
        if city.poll() is not None:
            return
        publish(client, uplink(truth, device, datetime.now(UTC).replace(microsecond=0), gateway()))
        time.sleep(every)


def publish(client: mqtt.Client, found: Uplink) -> None:
    """Hand a message to the broker and wait until it has it."""
    client.publish(found.topic, found.payload, qos=1).wait_for_publish(30)


def gateway() -> tuple[float, float]:
    """Where the gateway stands: in the middle of the city."""
    west, south, _, _ = to_wgs84(Point(0, 0)).bounds
    return round(west, 5), round(south, 5)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
