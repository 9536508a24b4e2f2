"""Addresses of MQTT brokers, and safe connections to them."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Set
from dataclasses import dataclass
from urllib.parse import urlsplit

from allmende.collect.addresses import is_public, resolve
from allmende.collect.secrets import read_secret
from allmende.errors import SourceRefused
from allmende.model.way import Broker

PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where a broker listens, and whether it speaks TLS."""

    host: str
    port: int
    tls: bool


def parse_broker_address(address: str) -> BrokerAddress:
    """`mqtt://host[:1883]` or `mqtts://host[:8883]`. Raises SourceRefused for anything else."""
    hint = "Write mqtts://broker.example.org:8883, or mqtt:// for one without encryption."
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise SourceRefused(f"this is no address of a broker: {error}", where=address, hint=hint) from error
    if parts.scheme not in PORTS or not host or parts.path.strip("/"):
        raise SourceRefused("this is no address of a broker", where=address, hint=hint)
    if parts.username or parts.password:
        raise SourceRefused(
            "user and password do not belong into the address",
            where=f"{parts.scheme}://{host}",
            hint='Write user = "env:MQTT_USER" and password = "env:MQTT_PASSWORD".',
        )
    return BrokerAddress(host, port or PORTS[parts.scheme], parts.scheme == "mqtts")


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
