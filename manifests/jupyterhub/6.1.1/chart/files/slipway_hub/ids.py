"""Each user's own user id: allotted at the first server, kept in the hub's database, never given to anybody else.

Files on shared volumes bear it for ever: the row of a removed user stays, and one of the same name gets it again.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing

#: The group of all users' notebooks; their own ids follow. Below what systems allot themselves, above what images use.
GROUP = 20_000
#: Above are ids that other systems use.
LAST = 59_999
_TABLE = "create table if not exists slipway_ids (number integer primary key autoincrement, name text not null unique)"
_FIND = "select number from slipway_ids where name = ?"


def id_of(path: str, name: str) -> int:
    """The user's, of the database at ``path``. Raises RuntimeError when there are no more."""
    with closing(sqlite3.connect(path, timeout=20)) as connection, connection:
        connection.execute(_TABLE)
        found = connection.execute(_FIND, (name,)).fetchone()
        if found is None:
            # Another server of the same user may be starting at the same time.
            connection.execute("insert or ignore into slipway_ids (name) values (?)", (name,))
            found = connection.execute(_FIND, (name,)).fetchone()
        number = GROUP + int(found[0])
        if number > LAST:
            raise RuntimeError(f"no user id is left for {name}: {LAST - GROUP} users have had one")
    return number
