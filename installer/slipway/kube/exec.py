"""Commands in containers that end soon, and whose output is read whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slipway.errors import NotYet
from slipway.kube.answers import ExecResult
from slipway.kube.channel import STDERR, STDOUT, Channel

if TYPE_CHECKING:
    from slipway.kube.connection import Connection


def opened(
    connection: Connection, namespace: str, pod: str, command: list[str], container: str = "", *, stdin: bool = False
) -> Channel:
    """Start a command. Raises ApiError when the server refuses it."""
    query = [("command", word) for word in command]
    query += [("stdout", "true"), ("stderr", "true"), ("stdin", str(stdin).lower()), ("tty", "false")]
    query += [("container", container)] if container else []
    return connection.channel(f"/api/v1/namespaces/{namespace}/pods/{pod}/exec", query)


def run(
    connection: Connection, namespace: str, pod: str, command: list[str], container: str, timeout: float
) -> ExecResult:
    """Run ``command``; raises NotYet after ``timeout`` seconds without an end."""
    channel = opened(connection, namespace, pod, command, container)
    if not channel.until_closed(timeout):
        channel.close()
        raise NotYet(f"{command[0]} did not end within {timeout:.0f} s", f"pod {namespace}/{pod}")
    out, errors = (channel.read(number).decode("utf-8", "replace") for number in (STDOUT, STDERR))
    return ExecResult(channel.code(), out, errors)
