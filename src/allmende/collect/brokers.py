"""Safe connections to MQTT brokers."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Set
from typing import cast

import paho.mqtt.client as paho

from allmende.city.secrets import read_secret
from allmende.collect.addresses import is_public, resolve
from allmende.errors import SourceRefused
from allmende.model.way import Broker

CONNECT_SECONDS = 10.0


def connect_checked(host: str, port: int, private_hosts: Set[str], seconds: float) -> socket.socket:
    """A connection to an address of `host` that was checked; private ones only for hosts named by the operator.

    Raises SourceRefused for a private address, OSError when nobody answers.
    """
    addresses = resolve(host, port)
    if host.lower() not in private_hosts and not all(map(is_public, addresses)):
        raise SourceRefused(
            "this broker lies inside a private network",
            where=host,
            hint="If that is meant, allow the host by name (ALLMENDE_PRIVATE_HOSTS).",
        )
    failure: OSError | None = None
    for address in addresses:
        try:
            return socket.create_connection((str(address), port), timeout=seconds)
        except OSError as error:
            failure = error
    raise failure or OSError(f"{host} has no address")


def tls_context(broker: Broker) -> ssl.SSLContext:
    """TLS 1.2 or newer that checks the broker's name; with our certificate when there is one."""
    try:
        context = ssl.create_default_context(cafile=read_secret(broker.ca_file) or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if broker.certificate_file:
            context.load_cert_chain(
                read_secret(broker.certificate_file), read_secret(broker.key_file) or None
            )
    except (OSError, ssl.SSLError) as error:
        hint = "The variables name files that this process may read: PEM, the key without a password."
        raise SourceRefused(
            f"a certificate cannot be read: {error}", where=broker.address, hint=hint
        ) from error
    return context


class CheckedClient(paho.Client):
    """A client that only connects to addresses that were checked (no second look-up of the name)."""

    private_hosts: frozenset[str] = frozenset()

    def _create_socket_connection(self) -> socket.socket:
        return connect_checked(self._host, self._port, self.private_hosts, CONNECT_SECONDS)

    def _ssl_wrap_socket(self, tcp_sock: socket.socket) -> ssl.SSLSocket:
        context = cast(ssl.SSLContext, self._ssl_context)
        wrapped = context.wrap_socket(tcp_sock, server_hostname=self._host, do_handshake_on_connect=False)
        try:
            wrapped.settimeout(CONNECT_SECONDS)
            wrapped.do_handshake()
        except BaseException:
            wrapped.close()
            raise
        return wrapped
