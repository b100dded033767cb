"""Refresh coordination over SQLite: processes of one host share a file, one process alone keeps it in memory.

Reason for one implementation of both: the rules of a claim are the heart of the matter, and two copies would drift.
`BEGIN IMMEDIATE` makes a claim atomic between processes; the write-ahead log keeps readers from waiting.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
import threading
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from hardtack.sessions.coordination.store import Busy, Claim, Claimed, Ended, RefusedBefore, Settled

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

__all__ = ["Snapshot", "SqliteStore"]

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS refresh (
    key TEXT PRIMARY KEY, state TEXT NOT NULL, lease TEXT NOT NULL, session TEXT NOT NULL,
    sealed BLOB, successor TEXT NOT NULL DEFAULT '', code TEXT NOT NULL DEFAULT '',
    access_until REAL NOT NULL DEFAULT 0, until REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS refresh_successor ON refresh (successor);
CREATE INDEX IF NOT EXISTS refresh_session ON refresh (session);
CREATE INDEX IF NOT EXISTS refresh_until ON refresh (until);
CREATE TABLE IF NOT EXISTS ended (session TEXT PRIMARY KEY, until REAL NOT NULL) WITHOUT ROWID;
"""
_BUSY_TIMEOUT: Final = 3.0  # seconds that one process waits for another's short transaction
_MOST_IN_MEMORY: Final = 20_000  # records of a store without a file: at about 6 KB each, 120 MB at the very most
_PURGE_EVERY: Final = 256  # claims between two clean-ups

Snapshot: TypeAlias = "tuple[tuple[tuple[Any, ...], ...], tuple[tuple[Any, ...], ...]]"
"""The records of a store: refreshes and ended sessions, as rows."""


class SqliteStore:
    """The embedded back end. Safe between threads, between processes, and across a fork.

    Args:
        path: the database file, made with mode 0600 if it is missing; None keeps everything in this process.
        busy_timeout: seconds that a call waits while another process holds the file.
        lease: fresh random text for each claim.

    Raises:
        OSError: the file can't be made.
        sqlite3.Error: the file is no database, or can't be written.
    """

    def __init__(
        self,
        path: str | Path | None = None,
        *,
        busy_timeout: float = _BUSY_TIMEOUT,
        lease: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> None:
        self.blocking = path is not None
        self._path = path
        self._lease = lease
        self._busy_timeout = busy_timeout
        self._lock = threading.Lock()
        self._claims = 0
        if path is not None:
            Path(path).touch(mode=0o600, exist_ok=True)
        self._db = self._connect()
        self._inherited: list[sqlite3.Connection] = []
        if path is not None:
            _shared.add(self)

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(
            str(self._path or ":memory:"), timeout=self._busy_timeout, isolation_level=None, check_same_thread=False
        )
        if self._path is not None:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=NORMAL")
        db.executescript(_SCHEMA)
        return db

    def reopen(self) -> None:
        """Use a connection of this process's own; the one inherited through a fork is left alone, not even closed."""
        self._lock = threading.Lock()
        self._inherited.append(self._db)
        self._db = self._connect()

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._db.close()

    def __del__(self) -> None:
        with contextlib.suppress(Exception):  # half made, or the interpreter is going down
            self._db.close()

    def claim(self, key: str, *, session: str, now: float, lease_seconds: float, fresh_until: float) -> Claim:
        """See `RefreshStore.claim`."""
        with self._transaction() as db:
            self._purge(db, now)
            if session and db.execute("SELECT 1 FROM ended WHERE session = ? AND until > ?", (session, now)).fetchone():
                return Ended()
            row = db.execute(
                "SELECT state, sealed, successor, code, access_until FROM refresh WHERE key = ? AND until > ?",
                (key, now),
            ).fetchone()
            if row is not None:
                state, sealed, successor, code, access_until = row
                if state == "leased":
                    return Busy()
                if state == "refused":
                    return RefusedBefore(str(code))
                if successor != key or access_until > fresh_until:
                    return Settled(bytes(sealed))
            lease = self._lease()
            db.execute(
                "INSERT OR REPLACE INTO refresh (key, state, lease, session, until) VALUES (?, 'leased', ?, ?, ?)",
                (key, lease, session, now + lease_seconds),
            )
            return Claimed(lease)

    def settle(
        self,
        key: str,
        lease: str,
        *,
        session: str,
        sealed: bytes,
        successor: str,
        access_until: float,
        now: float,
        until: float,
    ) -> bool:
        """See `RefreshStore.settle`. A lease that was taken over still settles: its answer is as good."""
        del lease
        with self._transaction() as db:
            if session and db.execute("SELECT 1 FROM ended WHERE session = ? AND until > ?", (session, now)).fetchone():
                db.execute("DELETE FROM refresh WHERE key = ?", (key,))
                return False
            db.execute(
                "INSERT OR REPLACE INTO refresh (key, state, lease, session, sealed, successor, access_until, until)"
                " VALUES (?, 'settled', '', ?, ?, ?, ?, ?)",
                (key, session, sealed, successor, access_until, until),
            )
            return True

    def refuse(self, key: str, lease: str, *, code: str, until: float) -> None:
        """See `RefreshStore.refuse`."""
        with self._transaction() as db:
            db.execute(
                "UPDATE refresh SET state = 'refused', lease = '', code = ?, until = ?"
                " WHERE key = ? AND state = 'leased' AND lease = ?",
                (code, until, key, lease),
            )

    def release(self, key: str, lease: str) -> None:
        """See `RefreshStore.release`."""
        with self._transaction() as db:
            db.execute("DELETE FROM refresh WHERE key = ? AND state = 'leased' AND lease = ?", (key, lease))

    def acknowledge(self, successor: str, *, until: float) -> None:
        """See `RefreshStore.acknowledge`; looks before it writes, since most requests acknowledge nothing."""
        query = "SELECT 1 FROM refresh WHERE successor = ? AND until > ? LIMIT 1"
        with self._lock:
            if self._db.execute(query, (successor, until)).fetchone() is None:
                return
        with self._transaction() as db:
            db.execute("UPDATE refresh SET until = ? WHERE successor = ? AND until > ?", (until, successor, until))

    def end_session(self, session: str, *, until: float) -> None:
        """See `RefreshStore.end_session`."""
        with self._transaction() as db:
            db.execute("DELETE FROM refresh WHERE session = ?", (session,))
            db.execute("INSERT OR REPLACE INTO ended (session, until) VALUES (?, ?)", (session, until))

    def snapshot(self) -> Snapshot:
        """Every record, in the order of its key: what `restore` takes back."""
        with self._lock:
            refreshes = self._db.execute("SELECT * FROM refresh ORDER BY key").fetchall()
            ended = self._db.execute("SELECT * FROM ended ORDER BY session").fetchall()
        return tuple(refreshes), tuple(ended)

    def restore(self, snapshot: Snapshot) -> None:
        """Hold these records and no others."""
        refreshes, ended = snapshot
        with self._transaction() as db:
            db.execute("DELETE FROM refresh")
            db.execute("DELETE FROM ended")
            db.executemany("INSERT INTO refresh VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", refreshes)
            db.executemany("INSERT INTO ended VALUES (?, ?)", ended)

    def count(self) -> int:
        """How many records are kept."""
        with self._lock:
            return int(self._db.execute("SELECT count(*) FROM refresh").fetchone()[0])

    def _purge(self, db: sqlite3.Connection, now: float) -> None:
        self._claims += 1
        if self._claims % _PURGE_EVERY:
            return
        db.execute("DELETE FROM refresh WHERE until <= ?", (now,))
        db.execute("DELETE FROM ended WHERE until <= ?", (now,))
        if not self.blocking:
            surplus = int(db.execute("SELECT count(*) FROM refresh").fetchone()[0]) - _MOST_IN_MEMORY
            if surplus > 0:
                db.execute(
                    "DELETE FROM refresh WHERE key IN"
                    " (SELECT key FROM refresh WHERE state != 'leased' ORDER BY until LIMIT ?)",
                    (surplus,),
                )

    @contextlib.contextmanager
    def _transaction(self) -> Generator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # a full disk has ended it already
                    self._db.execute("ROLLBACK")
                raise


_shared: weakref.WeakSet[SqliteStore] = weakref.WeakSet()


def _reopen_all() -> None:
    for store in list(_shared):
        store.reopen()


os.register_at_fork(after_in_child=_reopen_all)
