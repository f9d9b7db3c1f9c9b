"""Where events take effect, each once."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path

from .events import ReceivedEvent


class Store:
    """The effect and the proof that it happened, in one file and one transaction."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")
        self._database.executescript(
            """
            CREATE TABLE IF NOT EXISTS handled (event_id TEXT PRIMARY KEY) WITHOUT ROWID;
            CREATE TABLE IF NOT EXISTS entry (
                number INTEGER PRIMARY KEY, type TEXT, subject TEXT, time TEXT, body TEXT
            );
            CREATE TABLE IF NOT EXISTS progress (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
            """
        )

    def handle(self, event: ReceivedEvent) -> bool:
        """Let the event take effect, unless it already has; returns whether it did now."""
        with self._transaction():
            inserted = self._database.execute(
                "INSERT INTO handled VALUES (?) ON CONFLICT DO NOTHING", (event.id,)
            ).rowcount
            if inserted:
                # The effect. Replace it by your own; whatever it is, keep it within this transaction.
                self._database.execute(
                    "INSERT INTO entry (type, subject, time, body) VALUES (?, ?, ?, ?)",
                    (event.type, event.subject, event.time, event.body),
                )
        return bool(inserted)

    def recall(self, name: str) -> datetime | None:
        """A moment that `remember` kept."""
        row = self._database.execute("SELECT value FROM progress WHERE name = ?", (name,)).fetchone()
        return datetime.fromisoformat(row[0]) if row else None

    def remember(self, name: str, moment: datetime | None) -> None:
        """Keep a moment; None forgets it."""
        if moment is None:
            self._database.execute("DELETE FROM progress WHERE name = ?", (name,))
        else:
            self._database.execute(
                "INSERT INTO progress VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (name, moment.isoformat()),
            )

    def close(self) -> None:
        self._database.close()

    def _transaction(self) -> sqlite3.Connection:
        self._database.execute("BEGIN IMMEDIATE")
        return self._database  # as a context manager: commits, or rolls back when its block raises
