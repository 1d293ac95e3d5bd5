"""A small client for JupyterHub and a user's server, as a browser would use them: login form, REST, kernel channel.

By urllib, not clients.direct: a login is cookies and redirections, which urllib has and urllib3 leaves to its users.
"""

from __future__ import annotations

import http.cookiejar
import json
import re
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from typing import Any

from slipway.errors import NotYet, SlipwayError
from slipway.waiting import Clock, settle


class HubClient:
    """One user's dealings with the hub at ``base`` (URL without a trailing slash); ``tls``: whom to believe there."""

    def __init__(self, base: str, user: str, tls: ssl.SSLContext | None = None) -> None:
        self.base, self.user, self.token, self._tls = base, user, "", tls
        self._jar = http.cookiejar.CookieJar()
        cookies, secure = urllib.request.HTTPCookieProcessor(self._jar), urllib.request.HTTPSHandler(context=tls)
        # A proxy of this machine's environment is for the world outside.
        direct = urllib.request.ProxyHandler({})
        self._open = urllib.request.build_opener(direct, cookies, secure).open

    def _http(self, method: str, path: str, data: bytes | None, headers: dict[str, str]) -> tuple[int, str, str]:
        """(status, text, final URL). Raises NotYet when there is no answer or a gateway error."""
        request = urllib.request.Request(self.base + path, data=data, method=method, headers=headers)  # noqa: S310
        try:
            with self._open(request, timeout=30) as response:
                return response.status, response.read().decode(), response.url
        except urllib.error.HTTPError as error:
            text = error.read().decode("utf-8", "replace") or _who(error)
            if error.code in (502, 503, 504):
                raise NotYet(f"HTTP {error.code}: {_short(text)}", f"{method} {path}") from error
            return error.code, text, error.url or ""
        except OSError as error:
            raise NotYet(f"no answer: {error}", f"{method} {path}") from error

    def _xsrf(self) -> str:
        for cookie in self._jar:
            if cookie.name == "_xsrf" and cookie.path.startswith("/hub"):
                return cookie.value or ""
        return ""

    def login(self, password: str) -> bool:
        """Fill in the login form; whether the hub let the user in."""
        status, text, _ = self._http("GET", "/hub/login", None, {})
        if status != 200:
            raise NotYet(f"HTTP {status}: {_short(text)}", "GET /hub/login")
        form = urllib.parse.urlencode({"username": self.user, "password": password, "_xsrf": self._xsrf()}).encode()
        path = f"/hub/login?next={urllib.parse.quote('/hub/token')}"
        status, _, url = self._http("POST", path, form, {"Content-Type": "application/x-www-form-urlencoded"})
        return status == 200 and urllib.parse.urlparse(url).path == "/hub/token"

    def change_password(self, old: str, new: str) -> str:
        """Fill in the form of /hub/password, after the login; the page that answers."""
        self._http("GET", "/hub/password", None, {})
        form = urllib.parse.urlencode({"old": old, "new": new, "again": new, "_xsrf": self._xsrf()}).encode()
        return self._http("POST", "/hub/password", form, {"Content-Type": "application/x-www-form-urlencoded"})[1]

    def make_token(self) -> None:
        """Exchange the login for an API token of ten minutes."""
        body = json.dumps({"note": "slipway probe", "expires_in": 600}).encode()
        headers = {"Content-Type": "application/json", "X-XSRFToken": self._xsrf()}
        status, text, _ = self._http("POST", f"/hub/api/users/{self.user}/tokens", body, headers)
        if status not in (200, 201):
            raise SlipwayError(f"no API token: HTTP {status}: {_short(text)}", "POST /hub/api/users/…/tokens")
        self.token = json.loads(text)["token"]

    def api(self, method: str, path: str, body: Any = None, *, ok: tuple[int, ...] = (200, 201, 202, 204)) -> Any:
        """A REST call with the token; raises SlipwayError for any other status than ``ok``."""
        headers = {"Authorization": f"token {self.token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        status, text, _ = self._http(method, path, data, headers)
        if status not in ok:
            raise SlipwayError(f"HTTP {status}: {_short(text)}", f"{method} {path}")
        return json.loads(text) if text else {}

    def start_server(self, name: str, seconds: float) -> None:
        """Spawn the named server and wait until it is ready. Raises SlipwayError when it is not, or gave up."""
        self.api("POST", f"/hub/api/users/{self.user}/servers/{name}", {})

        def look() -> dict[str, Any] | None:
            servers: dict[str, Any] = self.api("GET", f"/hub/api/users/{self.user}").get("servers", {})
            return servers.get(name)

        server = settle(look, lambda server: server is None or bool(server.get("ready")), Clock(seconds))
        if not (server or {}).get("ready"):
            raise SlipwayError("the notebook server did not become ready", f"server {self.user}/{name}")

    def stop_server(self, name: str) -> None:
        """Stop the server and remove it with its volume; no error when it is gone."""
        self.api("DELETE", f"/hub/api/users/{self.user}/servers/{name}", {"remove": True}, ok=(202, 204, 404))

    def run_cell(self, name: str, code: str, timeout: float) -> str:
        """Run ``code`` in a fresh kernel of the server; its standard output.

        Source: Jupyter messaging protocol 5.3 over the server's kernel websocket.
        """
        root = f"/user/{self.user}/{name}"
        kernel = self.api("POST", f"{root}/api/kernels", {"name": "python3"})["id"]
        try:
            return self._execute(f"{root}/api/kernels/{kernel}/channels", code, timeout)
        finally:
            self.api("DELETE", f"{root}/api/kernels/{kernel}", ok=(204, 404))

    def _execute(self, path: str, code: str, timeout: float) -> str:
        import websocket

        url = self.base.replace("http", "ws", 1) + path
        try:
            channel = websocket.create_connection(
                url,
                timeout=timeout,
                header=[f"Authorization: token {self.token}"],
                http_no_proxy=["*"],
                sslopt={"context": self._tls} if self._tls else None,
            )
        except (OSError, websocket.WebSocketException) as error:
            raise SlipwayError(f"no websocket to the kernel: {error}", path) from error
        try:
            message = _execute_request(code)
            channel.send(json.dumps(message))
            return _collect(channel, message["header"]["msg_id"], time.monotonic() + timeout)
        except websocket.WebSocketTimeoutException as error:
            raise SlipwayError(f"the kernel gave no answer within {timeout:.0f} s", path) from error
        finally:
            channel.close()


def _who(error: urllib.error.HTTPError) -> str:
    """Who said no without a word: the gateway itself, which has no route, or what stands behind it."""
    behind = "what is behind the gateway" if error.headers.get("x-envoy-upstream-service-time") else "nobody behind it"
    return f"(no text; {error.headers.get('server', 'a server without a name')}, {behind}, for {error.url})"


def _short(page: str) -> str:
    """The words of a page on one line: whoever answers introduces itself there."""
    return " ".join(re.sub(r"<(script|style).*?</\1>|<[^>]*>", " ", page, flags=re.DOTALL).split())[:200] or "(no text)"


def _execute_request(code: str) -> dict[str, Any]:
    identity = uuid.uuid4().hex
    header = {"msg_id": identity, "username": "slipway", "session": identity, "msg_type": "execute_request",
              "version": "5.3"}  # fmt: skip
    content = {"code": code, "silent": False, "store_history": False, "user_expressions": {}, "allow_stdin": False}
    return {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}


def _collect(channel: Any, identity: str, deadline: float) -> str:
    """Standard output of one execution, until the kernel says that it is idle again."""
    output = ""
    while time.monotonic() < deadline:
        message = json.loads(channel.recv())
        if message.get("parent_header", {}).get("msg_id") != identity:
            continue
        kind, content = message.get("msg_type"), message.get("content", {})
        if kind == "stream" and content.get("name") == "stdout":
            output += content["text"]
        elif kind == "error":
            raise SlipwayError(f"{content.get('ename')}: {content.get('evalue')}", "cell")
        elif kind == "status" and content.get("execution_state") == "idle":
            return output
    raise SlipwayError("the cell did not end in time", "cell")
