"""NFS NULL calls against real sockets, certificates that openssl made."""

from __future__ import annotations

import datetime
import socket
import ssl
import struct
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from slipway.certificates import authority, ends
from slipway.doctor.cluster import endpoint, rpc

XID = 0x534C4950


@contextmanager
def answering(reply: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """A server on a free port that reads one call and sends ``reply``."""
    seen: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                seen.append(connection.recv(4096))
                connection.sendall(reply)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1], seen
        thread.join(30)


def reply(*words: int) -> bytes:
    body = struct.pack(f">{len(words)}I", *words)
    return struct.pack(">I", 0x80000000 | len(body)) + body


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (reply(XID, 1, 0, 0, 0, 0), ""),
        (reply(XID, 1, 0, 0, 0, 1), "the server has no NFS"),
        (reply(XID, 1, 0, 0, 0, 2), "the server has no NFS of this version"),
        (reply(XID, 1, 1, 0, 0, 0), "the server denies the call"),
        (reply(XID + 1, 1, 0, 0, 0, 0), "the answer is not of an RPC server"),
        (reply(XID, 1), "the answer is cut short"),
        (b"", "no connection to port {port}: the server hangs up"),
    ],
)
def test_a_null_call(answer: bytes, said: str) -> None:
    with answering(answer) as (port, seen):
        assert rpc.null("127.0.0.1", port=port) == said.format(port=port)
    assert seen == [rpc.call(4)]
    assert len(rpc.call(4)) == 44


def test_nobody_listens() -> None:
    assert rpc.null("127.0.0.1", port=1) == "no connection to port 1: Connection refused"


@pytest.mark.parametrize("days", [3, 36500])
def test_the_end_of_a_certificate(tmp_path: Path, days: int) -> None:
    """Before 2050 it is a UTCTime, afterwards a GeneralizedTime."""
    path = tmp_path / "c.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-days", str(days)]
    subprocess.run([*command, "-keyout", str(tmp_path / "k.pem"), "-out", str(path)], check=True, capture_output=True)
    text = path.read_text()
    (end,) = ends(text)
    left = end - datetime.datetime.now(datetime.UTC)
    assert abs(left - datetime.timedelta(days=days)) < datetime.timedelta(hours=1)
    one = ssl.PEM_cert_to_DER_cert(text)
    assert ends(one) == [end]
    assert ends(f"of two\n{text}and\n{text}") == [end, end]
    assert ends((tmp_path / "k.pem").read_text()) == ends("") == []
    for length in (1, 10, 60, 100):
        with pytest.raises(ValueError):
            ends(one[:length])


def test_a_certificate_of_no_known_version() -> None:
    """The library's own error for it is not a ValueError."""
    der = ssl.PEM_cert_to_DER_cert(authority("x", datetime.datetime.now(datetime.UTC))["tls.crt"])
    with pytest.raises(ValueError, match="version"):
        ends(der.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x09", 1))


def test_a_date_header() -> None:
    assert endpoint.date("Thu, 01 Jan 1970 00:01:00 GMT") == 60
    assert endpoint.date("") == endpoint.date("yesterday") == 0
