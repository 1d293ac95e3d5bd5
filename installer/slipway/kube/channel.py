"""A command in a container over a websocket: its streams are numbered channels of one connection.

Source: v4.channel.k8s.io of Kubernetes' remotecommand: the first byte of a frame is the channel; 0 standard input, 1
output, 2 errors, 3 the command's end as a Status.
"""

from __future__ import annotations

import json
import ssl
import time
from typing import Any, cast
from urllib.parse import unquote, urlencode, urlsplit

from slipway.errors import SlipwayError
from slipway.kube.answers import ApiError, NoConnection

PROTOCOL = "v4.channel.k8s.io"
STDIN, STDOUT, STDERR, STATUS = 0, 1, 2, 3
CONNECT_SECONDS = 30


class Channel:
    """Frames are taken in by ``update``; ``read`` gives what came on a channel, and forgets it."""

    def __init__(
        self, host: str, path: str, query: list[tuple[str, str]], headers: list[str], tls: ssl.SSLContext | None,
        name: str, proxy: str,
    ) -> None:  # fmt: skip
        import websocket

        self._where, self._open = path, True
        self._held: dict[int, bytes] = {}
        parts = urlsplit(host)
        url = f"{'wss' if parts.scheme == 'https' else 'ws'}{host.removeprefix(parts.scheme)}{path}?{urlencode(query)}"
        options: dict[str, Any] = {"context": tls} if tls else {}
        if tls is not None:
            # websocket-client would check the name of the host, whatever the context says.
            options |= {"check_hostname": tls.check_hostname, **({"server_hostname": name} if name else {})}
        self._socket = cast(Any, websocket.WebSocket(sslopt=options, enable_multithread=True))
        self._socket.settimeout(CONNECT_SECONDS)
        try:
            self._socket.connect(url, header=headers, subprotocols=[PROTOCOL], suppress_origin=True, **_through(proxy))
        except websocket.WebSocketBadStatusException as error:
            raise _refused(error, path) from error
        except (websocket.WebSocketException, OSError) as error:
            raise NoConnection(
                f"no answer: {error}", host, "slipway cluster status; or give --kubeconfig FILE"
            ) from error

    def update(self, timeout: float) -> bool:
        """Take in the next frame, waiting at most ``timeout`` seconds for it; whether one came."""
        import websocket

        if not self._open:
            return False
        self._socket.settimeout(max(timeout, 0.001))
        try:
            code, data = self._socket.recv_data(control_frame=True)
        except websocket.WebSocketTimeoutException:
            return False
        except (websocket.WebSocketException, OSError, ssl.SSLError):
            self._open = False
            return False
        if code == websocket.ABNF.OPCODE_CLOSE:
            self._open = False
        elif code in (websocket.ABNF.OPCODE_BINARY, websocket.ABNF.OPCODE_TEXT) and data:
            self._held[data[0]] = self._held.get(data[0], b"") + data[1:]
        return True

    def read(self, number: int) -> bytes:
        """What came on a channel since it was read last."""
        return self._held.pop(number, b"")

    def write(self, data: bytes) -> None:
        """To the command's standard input. Raises SlipwayError when nobody is there any more."""
        import websocket

        try:
            self._socket.settimeout(None)
            self._socket.send_binary(bytes([STDIN]) + data)
        except (websocket.WebSocketException, OSError) as error:
            self._open = False
            raise SlipwayError(f"the connection ended: {error}", self._where) from error

    def is_open(self) -> bool:
        """Whether more may come."""
        return self._open

    def close(self) -> None:
        """End it; the command is not waited for."""
        self._open = False
        self._socket.shutdown()

    def until_closed(self, seconds: float) -> bool:
        """Take in all that comes until the command's end; whether that was within ``seconds``."""
        end = time.monotonic() + seconds
        while self._open and (rest := end - time.monotonic()) > 0:
            self.update(rest)
        return not self._open

    def code(self) -> int:
        """The command's exit code, after its end. Raises SlipwayError when it had none."""
        try:
            status: dict[str, Any] = json.loads(self.read(STATUS) or b"{}")
        except ValueError:
            status = {}
        if status.get("status") == "Success":
            return 0
        for cause in (status.get("details") or {}).get("causes") or []:
            if cause.get("reason") == "ExitCode":
                return int(cause["message"])
        raise SlipwayError(status.get("message") or "the connection ended before the command", self._where)


def _through(proxy: str) -> dict[str, Any]:
    """websocket-client's own options. Without a proxy it would look into the environment by other rules than ours."""
    if not proxy:
        return {"http_no_proxy": ["*"]}
    parts = urlsplit(proxy)
    if parts.scheme == "https":
        raise SlipwayError("commands in containers cannot go through a proxy that is itself spoken to by TLS", proxy)
    login = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    return {
        "http_proxy_host": parts.hostname,
        "http_proxy_port": parts.port or (1080 if parts.scheme.startswith("socks") else 80),
        "http_proxy_auth": login,
        "proxy_type": "socks5h" if parts.scheme.startswith("socks") else "http",
        "http_no_proxy": ["none.invalid"],
    }


def _refused(error: Any, path: str) -> ApiError:
    text = (error.resp_body or b"").decode("utf-8", "replace")
    try:
        body = json.loads(text)
    except ValueError:
        body = {}
    message = str(body.get("message") or text[:500] or error)
    return ApiError(message, f"exec {path}", status=error.status_code, reason=str(body.get("reason", "")), body=body)
