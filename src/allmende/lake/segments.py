"""Raw messages in files: gzip-compressed JSON lines, one message each, named by their hash like all raw bytes."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from allmende.model.message import KeptMessage, Message


def write_segment(messages: Iterable[KeptMessage]) -> bytes:
    """The bytes of a segment. The same messages give the same bytes."""
    lines = (json.dumps(_plain(kept), ensure_ascii=False, sort_keys=True) for kept in messages)
    return gzip.compress("\n".join(lines).encode(), 6, mtime=0)


def read_segment(data: bytes) -> Iterator[KeptMessage]:
    """The messages of a segment, in their order."""
    for line in gzip.decompress(data).decode().splitlines():
        yield _kept(json.loads(line))


def _plain(kept: KeptMessage) -> dict[str, Any]:
    message = kept.message
    return {
        "id": kept.id,
        "way": message.way,
        "key": message.key,
        "topic": message.topic,
        "media_type": message.media_type,
        "received_at": message.received_at.isoformat(),
        "payload": base64.b64encode(message.payload).decode(),
        "status": kept.status,
        "reason": kept.reason,
        "device": kept.device,
    }


def _kept(plain: dict[str, Any]) -> KeptMessage:
    message = Message(
        plain["way"],
        base64.b64decode(plain["payload"]),
        datetime.fromisoformat(plain["received_at"]),
        plain["topic"],
        plain["media_type"],
        plain["key"],
    )
    return KeptMessage(plain["id"], message, plain["status"], plain["reason"], plain["device"])
