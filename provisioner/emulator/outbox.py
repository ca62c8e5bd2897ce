"""What the emulated org would have sent to people, kept instead of sent."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from provisioner.emulator.clock import iso, parse_instant
from provisioner.emulator.store import Store

CHANNELS = ("bell", "email", "task", "chatter", "slack", "webhook")


@dataclass(frozen=True)
class Message:
    """One message: `to` holds email addresses (email) or usernames and queue/group developer names (bell)."""

    at: datetime
    channel: str
    to: tuple[str, ...]
    subject: str
    body: str
    record_id: str | None
    source: str

    def to_json(self) -> dict[str, Any]:
        return {
            "at": iso(self.at),
            "channel": self.channel,
            "to": list(self.to),
            "subject": self.subject,
            "body": self.body,
            "record": self.record_id,
            "source": self.source,
        }


class Outbox:
    """Messages in sending order. They live in the store, so a rolled-back transaction sends nothing."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._store.execute(
            "CREATE TABLE IF NOT EXISTS _outbox (n INTEGER PRIMARY KEY, at TEXT, channel TEXT, receivers TEXT, "
            "subject TEXT, body TEXT, record_id TEXT, source TEXT)"
        )

    def record(
        self, at: datetime, channel: str, to: Sequence[str], subject: str, body: str, record_id: str | None, source: str
    ) -> None:
        """Keep one message. `source` is "Flow/Path" or the like. Raises ValueError for an unknown channel."""
        if channel not in CHANNELS:
            raise ValueError(f"{channel!r} is not a channel; there are {', '.join(CHANNELS)}.")
        values = (iso(at), channel, json.dumps(list(to)), subject, body, record_id, source)
        self._store.execute(
            "INSERT INTO _outbox (at, channel, receivers, subject, body, record_id, source) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            values,
        )

    def messages(self) -> list[Message]:
        rows = self._store.execute(
            "SELECT at, channel, receivers, subject, body, record_id, source FROM _outbox ORDER BY n"
        )
        return [
            Message(parse_instant(at), channel, tuple(json.loads(to)), subject, body, record_id, source)
            for at, channel, to, subject, body, record_id, source in rows
        ]

    def clear(self) -> None:
        self._store.execute("DELETE FROM _outbox")
