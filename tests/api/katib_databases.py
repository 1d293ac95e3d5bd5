"""A real PostgreSQL or MariaDB for Katib's db-manager, from Debian's packages where they are installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from eventually import eventually
from upstream_programs import free_ports, started

#: Neither runs as root.
USER = 65534
TIED = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"]
PASSWORD = "only-of-this-test"


def found(name: str) -> Path | None:
    """A program on the PATH, or where Debian has the servers'."""
    places = [os.environ["PATH"], "/usr/sbin", *map(str, Path("/usr/lib/postgresql").glob("*/bin"))]
    path = shutil.which(name, path=":".join(reversed(places)))
    return Path(path) if path else None


def missing(kind: str) -> bool:
    """Whether a database cannot be run here."""
    needed = ("postgres", "initdb", "psql") if kind == "postgres" else ("mariadbd", "mariadb-install-db", "mariadb")
    return not all(map(found, needed))


@contextmanager
def database(kind: str) -> Iterator[int]:
    """The port on 127.0.0.1 of an empty database ``katib`` whose owner ``katib`` logs in with PASSWORD."""
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="slipway-database-") as name:
        directory = Path(name)
        (port,) = free_ports(1)
        os.chown(directory, USER, USER)
        with (_postgres if kind == "postgres" else _mariadb)(directory, port):
            yield port


def _run(*words: str | Path, text: str = "") -> bool:
    env = {**os.environ, "PGPASSWORD": PASSWORD}
    done = subprocess.run(words, input=text, capture_output=True, text=True, timeout=120, env=env)
    return done.returncode == 0


def _make(*words: str | Path) -> None:
    """A new database's files."""
    done = subprocess.run([*TIED, *words], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-1000:]


@contextmanager
def _postgres(directory: Path, port: int) -> Iterator[None]:
    secret = directory / "password"
    secret.write_text(PASSWORD)
    os.chown(secret, USER, USER)
    data = directory / "data"
    words = ["--username=katib", f"--pwfile={secret}", "--auth=scram-sha-256", "--no-sync", "--no-locale"]
    _make(found("initdb") or "", f"--pgdata={data}", "--encoding=UTF8", *words)
    flags: list[str | Path] = ["-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", directory, "-F"]
    with started([*TIED, found("postgres") or "", *flags], {}, directory / "log"):
        query = [found("psql") or "", f"postgresql://katib@127.0.0.1:{port}/postgres"]
        eventually(lambda: _run(*query, text="CREATE DATABASE katib;"), "PostgreSQL has its database")
        yield


@contextmanager
def _mariadb(directory: Path, port: int) -> Iterator[None]:
    data, socket = directory / "data", directory / "socket"
    flags = ["--no-defaults", f"--datadir={data}"]
    _make(found("mariadb-install-db") or "", *flags, "--auth-root-authentication-method=normal", "--skip-test-db")
    flags += [f"--port={port}", "--bind-address=127.0.0.1", f"--socket={socket}"]
    with started([*TIED, found("mariadbd") or "", *flags], {}, directory / "log"):
        words = [found("mariadb") or "", "--no-defaults", f"--socket={socket}", "--user=root"]
        owner = f"GRANT ALL ON katib.* TO 'katib'@'%' IDENTIFIED BY '{PASSWORD}';"
        eventually(
            lambda: _run(*words, text=f"CREATE DATABASE IF NOT EXISTS katib; {owner}"), "MariaDB has its database"
        )
        yield
