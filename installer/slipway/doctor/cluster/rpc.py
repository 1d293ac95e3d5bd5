"""One NFS NULL call: does a server answer at all? Source: RFC 5531, 9 and 11 (messages, record marking)."""

from __future__ import annotations

import socket
import struct

PORT, PROGRAM = 2049, 100003
_CALL = struct.Struct(">10I")
_XID, _REPLY = 0x534C4950, 1
SECONDS = 5.0


def call(version: int) -> bytes:
    """Procedure 0 of NFS of a version, without credentials, as one record."""
    body = _CALL.pack(_XID, 0, 2, PROGRAM, version, 0, 0, 0, 0, 0)
    return struct.pack(">I", 0x80000000 | len(body)) + body


def understood(reply: bytes) -> str:
    """What is wrong with a reply (without its record mark); "" for success."""
    if len(reply) < 24:
        return "the answer is cut short"
    xid, kind, state, _, length = struct.unpack(">5I", reply[:20])
    if xid != _XID or kind != _REPLY:
        return "the answer is not of an RPC server"
    if state != 0:
        return "the server denies the call"
    place = 20 + length
    code = int.from_bytes(reply[place : place + 4], "big")
    return {0: "", 1: "the server has no NFS", 2: "the server has no NFS of this version"}.get(
        code, f"RPC error {code}"
    )


def null(host: str, version: int = 4, port: int = PORT) -> str:
    """Ask; "" when the server answers well, else what is wrong."""
    try:
        with socket.create_connection((host, port), SECONDS) as connection:
            connection.settimeout(SECONDS)
            connection.sendall(call(version))
            head = _exactly(connection, 4)
            return understood(_exactly(connection, int.from_bytes(head, "big") & 0x7FFFFFFF))
    except OSError as error:
        return f"no connection to port {port}: {error.strerror or error}"


def _exactly(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < min(count, 4096):
        part = connection.recv(count - len(data))
        if not part:
            raise OSError("the server hangs up")
        data += part
    return data
