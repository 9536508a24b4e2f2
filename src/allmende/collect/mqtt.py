"""Listening to an MQTT broker: every message goes into the intake, and is acknowledged when it is on disk.

MQTT 5 (OASIS 2019) or 3.1.1, QoS 1, with a session that the broker keeps while we are away: what is
sent in the meantime comes later, what was not acknowledged comes again. What comes again after a
crash is recognised by the sender's own id of the message.
"""

from __future__ import annotations

import logging
import random
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, cast

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from allmende.city.secrets import read_secret
from allmende.city.ways import BrokerAddress, parse_broker_address
from allmende.collect.brokers import CONNECT_SECONDS, CheckedClient, tls_context
from allmende.errors import AllmendeError, SourceRefused
from allmende.model.message import Accepted, Message
from allmende.model.way import Broker, WayState

_log = logging.getLogger(__name__)
LARGEST_PACKET = 32 * 1024 * 1024
AT_ONCE = 200
KEEPALIVE = 30
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0
DRAIN_SECONDS = 5.0
Receive = Callable[[Message], Future[Accepted]]


@dataclass(slots=True)
class _Delivery:
    """A message on its way to disk: under which number and in which connection the broker sent it."""

    mid: int
    qos: int
    connection: int
    message: Message
    future: Future[Accepted] | None = None
    tries: int = 0
    due: float = 0.0


@dataclass(slots=True)
class _Link:
    """What the two threads (the network's and the writer's) share."""

    connection: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    again: deque[_Delivery] = field(default_factory=deque)
    open: dict[int, _Delivery] = field(default_factory=dict)


class MqttListener:
    """Listens to one broker for one way in, in a thread of its own, until stopped.

    `state` tells how it is doing. It connects again by itself, with growing pauses.
    """

    def __init__(
        self, state: WayState, broker: Broker, client_id: str, receive: Receive, private: Iterable[str] = ()
    ) -> None:
        self.state = state
        self._broker = broker
        self._client_id = broker.client_id or client_id
        self._receive = receive
        self._private = frozenset(host.lower() for host in private)
        self._link = _Link()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name=f"mqtt-{state.way}", daemon=True)
        self._client: CheckedClient | None = None
        self._failures = 0

    def start(self) -> None:
        """Begin to listen; never raises, faults are told in `state`."""
        self.state.connected = False
        self._thread.start()

    def stop(self) -> None:
        """Let what was received reach the disk, acknowledge it, and leave. The session stays."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(DRAIN_SECONDS + CONNECT_SECONDS + 1)

    # --- the network's thread -----------------------------------------------------------------

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                address = parse_broker_address(self._broker.address)
                self._client = self._client or self._make_client(address)
                self._connect(self._client, address)
                self._listen(self._client)
            except (OSError, ValueError, AllmendeError) as error:
                self._fail(_reason(error, self._broker.address))
            except Exception as error:
                _log.exception("the way %s failed", self.state.way, exc_info=error)
                self._fail(f"{type(error).__name__}: {error}")
            self.state.connected = False
            self._stopping.wait(self._pause())

    def _make_client(self, address: BrokerAddress) -> CheckedClient:
        five = self._broker.version == "5"
        client = CheckedClient(
            CallbackAPIVersion.VERSION2,
            client_id=self._client_id,
            clean_session=None if five else False,
            protocol=paho.MQTTv5 if five else paho.MQTTv311,
            manual_ack=True,
            reconnect_on_failure=False,
        )
        client.private_hosts = self._private
        if self._broker.user:
            password = read_secret(self._broker.password) or None
            client.username_pw_set(read_secret(self._broker.user), password)
        if address.tls:
            client.tls_set_context(tls_context(self._broker))
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_disconnect = self._on_disconnect
        # With this set, an acknowledgement from the writer's thread only wakes ours, which then sends it.
        client.on_socket_register_write = _leave_it
        return client

    def _connect(self, client: CheckedClient, address: BrokerAddress) -> None:
        with self._link.lock:
            self._link.connection += 1
            self._link.again.clear()
        properties = None
        if self._broker.version == "5":
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.SessionExpiryInterval = self._broker.keep_hours * 3600
            properties.ReceiveMaximum = AT_ONCE
            properties.MaximumPacketSize = LARGEST_PACKET
            client.connect(address.host, address.port, KEEPALIVE, clean_start=False, properties=properties)
        else:
            client.connect(address.host, address.port, KEEPALIVE)

    def _listen(self, client: CheckedClient) -> None:
        while client.loop(0.2 if self._link.again else 1.0) == paho.MQTT_ERR_SUCCESS:
            self._try_again()
            if self._stopping.is_set():
                self._leave(client)
                return

    def _leave(self, client: CheckedClient) -> None:
        """What is under way may still reach the disk, so that it need not come a second time."""
        end = time.monotonic() + DRAIN_SECONDS
        while self._link.open and time.monotonic() < end and client.loop(0.05) == paho.MQTT_ERR_SUCCESS:
            pass
        client.loop(0.05)
        client.disconnect()
        client.loop(0.05)

    def _on_connect(self, client: paho.Client, _: Any, flags: Any, reason: Any, properties: Any) -> None:
        if reason.is_failure:
            self._fail(f"the broker does not let us in: {reason}")
            return
        if not flags.session_present:
            # The broker has forgotten us: its numbers mean other messages from now on.
            with self._link.lock:
                self._link.open.clear()
        self._failures = 0
        self.state.connected, self.state.since, self.state.fault = True, datetime.now(UTC), ""
        wanted = [(topic, self._how_to_subscribe()) for topic in self._broker.topics]
        client.subscribe(cast(Any, wanted))

    def _how_to_subscribe(self) -> SubscribeOptions | int:
        """QoS 1; with MQTT 5 a retained message comes only once, not at every connection."""
        if self._broker.version == "5":
            return SubscribeOptions(qos=1, retainHandling=SubscribeOptions.RETAIN_SEND_IF_NEW_SUB)
        return 1

    def _on_subscribe(self, _: paho.Client, __: Any, ___: int, reasons: Any, ____: Any) -> None:
        for topic, reason in zip(self._broker.topics, reasons, strict=False):
            self.state.topics[topic] = str(reason)
            if reason.is_failure:
                self._fail(f"the broker does not let us listen to {topic}: {reason}")

    def _on_disconnect(self, _: paho.Client, __: Any, ___: Any, reason: Any, ____: Any) -> None:
        self.state.connected = False
        if not self._stopping.is_set() and not self.state.fault:
            self._fail(f"the connection to the broker ended: {reason}")

    def _on_message(self, _: paho.Client, __: Any, received: paho.MQTTMessage) -> None:
        message = Message(self.state.way, bytes(received.payload), datetime.now(UTC), _topic(received))
        self.state.received += 1
        self.state.last_received_at = message.received_at
        delivery = _Delivery(received.mid, received.qos, self._link.connection, message)
        with self._link.lock:
            known = self._link.open.get(delivery.mid) if received.dup else None
            if known is not None and _is_same(known, delivery):
                # It came before in this process and is on its way to disk: only the answer is owed.
                delivery.future = known.future
            if delivery.qos:
                self._link.open[delivery.mid] = delivery
        self._submit(delivery)

    def _submit(self, delivery: _Delivery) -> None:
        future = delivery.future
        if future is None:
            future = delivery.future = self._receive(delivery.message)
            future.add_done_callback(partial(_count, self.state))
        future.add_done_callback(partial(self._settle, delivery))

    def _try_again(self) -> None:
        now = time.monotonic()
        for _ in range(len(self._link.again)):
            delivery = self._link.again.popleft()
            if delivery.due > now:
                self._link.again.append(delivery)
            else:
                delivery.future = None
                self._submit(delivery)

    def _pause(self) -> float:
        """Seconds until the next attempt: doubling, with chance, so that many do not come at once."""
        longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(self._failures, 10))
        return longest * random.uniform(0.5, 1.0)  # noqa: S311 - no secret depends on it

    def _fail(self, reason: str) -> None:
        self._failures += 1
        self.state.fault, self.state.fault_at = reason, datetime.now(UTC)
        _log.warning("way %s: %s", self.state.way, reason)

    # --- the writer's thread ------------------------------------------------------------------

    def _settle(self, delivery: _Delivery, future: Future[Accepted]) -> None:
        """On disk: acknowledge. Not on disk: once more, later, and no acknowledgement until then."""
        if future.cancelled() or future.exception() is not None:
            self._postpone(delivery, future)
            return
        with self._link.lock:
            if delivery.connection != self._link.connection:
                return  # that connection is gone; the broker sends the message again
            if self._link.open.get(delivery.mid) is delivery:
                del self._link.open[delivery.mid]
            if self._client is not None:
                self._client.ack(delivery.mid, delivery.qos)

    def _postpone(self, delivery: _Delivery, future: Future[Accepted]) -> None:
        reason = "cancelled" if future.cancelled() else str(future.exception())
        self.state.refuse(reason, datetime.now(UTC))
        delivery.tries += 1
        delivery.due = time.monotonic() + min(30.0, 0.5 * 2 ** min(delivery.tries, 7))
        with self._link.lock:
            if delivery.connection == self._link.connection:
                self._link.again.append(delivery)


def _count(state: WayState, future: Future[Accepted]) -> None:
    if not future.cancelled() and future.exception() is None:
        state.count(future.result())


def _topic(received: paho.MQTTMessage) -> str:
    try:
        return received.topic
    except UnicodeDecodeError:
        return bytes(received._topic).decode("utf-8", "backslashreplace")


def _is_same(known: _Delivery, again: _Delivery) -> bool:
    one, other = known.message, again.message
    return known.future is not None and (one.topic, one.payload) == (other.topic, other.payload)


def _leave_it(*_: Any) -> None:
    """Our loop looks by itself whether there is something to send."""


def _reason(error: Exception, address: str) -> str:
    """The fault in words for people; never with a secret in it."""
    if isinstance(error, SourceRefused):
        return str(error)
    if isinstance(error, ssl.SSLError):
        return f"the encrypted connection to {address} failed: {error.reason or error}"
    return f"{address} cannot be reached: {error}"
