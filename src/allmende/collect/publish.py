"""Publishing to an MQTT broker: a message counts as told when the broker has acknowledged it (QoS 1)."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from allmende.city.secrets import read_secret
from allmende.city.ways import parse_broker_address
from allmende.collect.brokers import CheckedClient, tls_context
from allmende.errors import SourceUnreachable
from allmende.model.way import Broker

KEEPALIVE = 30
_SECONDS = 10.0
_AT_ONCE = 500


class BrokerPublisher:
    """A Publisher over one connection, made when it is needed and dropped when anything fails.

    So nothing stays queued in here that the caller believes untold. The operator named the broker,
    so it may lie in a private network.
    """

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._client: paho.Client | None = None
        self._lock = threading.Lock()

    def publish(self, messages: Sequence[tuple[str, bytes]]) -> None:
        """Publish topics with payloads in their order; all are acknowledged when this returns.

        Raises SourceUnreachable (transient); then some may have been published.
        """
        with self._lock:
            try:
                for start in range(0, len(messages), _AT_ONCE):
                    self._publish(messages[start : start + _AT_ONCE])
            except (OSError, ValueError, RuntimeError) as error:
                self._drop()
                raise self._unreachable(str(error)) from error
            except BaseException:
                self._drop()
                raise

    def close(self) -> None:
        """End the connection."""
        with self._lock:
            self._drop()

    def _publish(self, messages: Sequence[tuple[str, bytes]]) -> None:
        client = self._connected()
        sent = [client.publish(topic, payload, qos=1) for topic, payload in messages]
        end = time.monotonic() + _SECONDS
        for info in sent:
            while not info.is_published():
                if not client.is_connected():
                    raise self._unreachable("the connection ended")
                if time.monotonic() > end:
                    raise self._unreachable("no acknowledgement in time")
                info.wait_for_publish(0.5)

    def _connected(self) -> paho.Client:
        if self._client is not None and self._client.is_connected():
            return self._client
        self._drop()
        address = parse_broker_address(self._broker.address)
        client = CheckedClient(
            CallbackAPIVersion.VERSION2, client_id=self._broker.client_id, reconnect_on_failure=False
        )
        client.private_hosts = frozenset({address.host.lower()})
        client.max_inflight_messages_set(_AT_ONCE)
        if self._broker.user:
            client.username_pw_set(read_secret(self._broker.user), read_secret(self._broker.password) or None)
        if address.tls:
            client.tls_set_context(tls_context(self._broker))
        client.connect(address.host, address.port, KEEPALIVE)
        self._client = client
        client.loop_start()
        self._await_welcome(client)
        return client

    def _await_welcome(self, client: paho.Client) -> None:
        end = time.monotonic() + _SECONDS
        while not client.is_connected():
            if time.monotonic() > end:
                raise self._unreachable("the broker does not let us in")
            time.sleep(0.01)

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.disconnect()
            client.loop_stop()

    def _unreachable(self, reason: str) -> SourceUnreachable:
        return SourceUnreachable(
            f"the broker cannot be reached: {reason}", where=self._broker.address, hint="It is tried again."
        )
