"""Each user's password, as a salted hash in the hub's database.

Hashes are scrypt's (RFC 7914), as ``scrypt$N$r$p$salt$hash`` with both in base64. The table is this module's alone; it
is opened for one statement at a time, so that it does not stand in the hub's way.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

#: About 0.1 s and 32 MiB a try.
N, R, P, SALT, LENGTH = 1 << 15, 8, 1, 16, 32
SHORTEST, LONGEST = 10, 512
_TABLE = (
    "create table if not exists slipway_passwords (name text primary key, hash text not null, changed text not null)"
)


class Unusable(ValueError):
    """A password that nobody should have."""


def hashed(password: str) -> str:
    """The text that is kept of a password."""
    salt = os.urandom(SALT)
    return "$".join(["scrypt", str(N), str(R), str(P), _text(salt), _text(_derive(password, salt, N, R, P))])


def matches(password: str, kept: str) -> bool:
    """Whether it is the password that ``kept`` was made of; False for what is no such text."""
    try:
        kind, n, r, p, salt, expected = kept.split("$")
        if kind != "scrypt":
            return False
        found = _derive(password, base64.b64decode(salt), int(n), int(r), int(p))
        return hmac.compare_digest(found, base64.b64decode(expected))
    except ValueError:
        return False


def check(name: str, password: str) -> None:
    """Raises Unusable, in words."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Unusable(f"a password has {SHORTEST} to {LONGEST} characters")
    if name.lower() in password.lower():
        raise Unusable("a password does not contain the user's name")
    if len(set(password)) < 5:
        raise Unusable("a password has at least 5 different characters")


class Passwords:
    """The table in the SQLite file ``path``."""

    def __init__(self, path: str) -> None:
        self._path = path

    def put(self, name: str, password: str) -> None:
        """Set a password. Raises Unusable."""
        check(name, password)
        changed = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        with self._open() as table:
            table.execute(
                "insert or replace into slipway_passwords values (?, ?, ?)", (name, hashed(password), changed)
            )

    def remove(self, name: str) -> bool:
        """Whether there was one."""
        with self._open() as table:
            return table.execute("delete from slipway_passwords where name = ?", (name,)).rowcount > 0

    def right(self, name: str, password: str) -> bool:
        """Whether it is the user's."""
        with self._open() as table:
            row = table.execute("select hash from slipway_passwords where name = ?", (name,)).fetchone()
        if len(password) > LONGEST:
            password = ""
        return matches(password, row[0] if row else _NOBODYS) and row is not None

    def changed(self) -> dict[str, str]:
        """Whose there are: name → when it was set (RFC 3339)."""
        with self._open() as table:
            return dict(table.execute("select name, changed from slipway_passwords order by name").fetchall())

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=20)) as connection, connection:
            connection.execute(_TABLE)
            yield connection


def _derive(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=256 * n * r, dklen=LENGTH)


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


#: What is compared when there is nothing to compare with: an unknown name takes as long as a known one.
_NOBODYS = hashed(os.urandom(16).hex())
