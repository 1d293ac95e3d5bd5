"""Users, from within the hub's pod: list, add, reset and remove, with a name; what is printed is JSON.

It speaks to the hub's API as the service ``slipway``, whose token follows from the hub's cookie secret: who can run it
here could read the database, too. New passwords are made here, and are nowhere but in what is printed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import sys
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

API = "http://127.0.0.1:8081/hub/api"
#: Bytes of randomness of a first password.
RANDOM = 12
SERVICE, ROLE = "slipway", "slipway-users"
SCOPES = ["admin:users", "admin:servers", "list:users"]


def token(cookie_secret: str) -> str:
    """The service's."""
    return hmac.new(cookie_secret.encode(), b"slipway users", hashlib.sha256).hexdigest()


def ask(method: str, path: str, body: Any = None) -> Any:
    """One request. Raises urllib.error.HTTPError."""
    headers = {"Authorization": f"token {token(os.environ['JPY_COOKIE_SECRET'])}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(API + path, data=data, method=method, headers=headers)  # noqa: S310
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        text = answer.read()
    return json.loads(text) if text else None


def users() -> list[dict[str, Any]]:
    """All, with whether they have a password."""
    changed, admin = ask("GET", "/slipway/passwords"), "the installation's"
    return [
        {
            "name": user["name"],
            "admin": user["admin"],
            "password": admin if user["admin"] else changed.get(user["name"], ""),
            "last_activity": user.get("last_activity") or "",
            "servers": sorted(user.get("servers") or {}),
        }
        for user in ask("GET", "/users?limit=1000")
    ]


def give(name: str) -> dict[str, str]:
    """A new password for a user that there is."""
    password = secrets.token_urlsafe(RANDOM)
    ask("PUT", f"/slipway/passwords/{urllib.parse.quote(name, safe='')}", {"password": password})
    return {"name": name, "password": password}


def main(action: str, name: str = "") -> Any:
    """What is printed. Raises urllib.error.HTTPError."""
    path = f"/users/{urllib.parse.quote(name, safe='')}"
    if action == "list":
        return users()
    if action == "add":
        ask("POST", path)
        return give(name)
    if action == "reset":
        return give(name)
    for server in (ask("GET", path).get("servers") or {}).values():
        ask(
            "DELETE",
            f"{path}/servers/{urllib.parse.quote(server['name'], safe='')}" if server["name"] else f"{path}/server",
        )
    ask("DELETE", path)
    return {"name": name}


def command() -> None:
    """Do what the arguments say, and print it: a JSON document, with ``error`` where it failed."""
    try:
        print(json.dumps(main(*sys.argv[1:3])))
    except urllib.error.HTTPError as error:
        try:
            message = json.loads(error.read()).get("message", "")
        except ValueError:
            message = ""
        print(json.dumps({"error": message or str(error.reason), "status": error.code}))
    except OSError as error:
        print(json.dumps({"error": f"the hub does not answer: {error}", "status": 0}))
