"""Users of the hub: listed, added, given a new password, removed.

The hub's package ``slipway_hub.manage`` does it in the hub's pod. Passwords come over the API server's connection and
are nowhere else: not in an argument list, not in a log, not in an object of the cluster.
"""

from __future__ import annotations

import base64
import json
import secrets
import string
from dataclasses import dataclass
from typing import Any

from slipway.errors import BadInput, NotYet, SlipwayError
from slipway.kube import Client, Obj, Ref
from slipway.progress import Reporter
from slipway.waiting import Clock, poll

NAMESPACE = "jupyterhub"
SECRET = Ref("v1", "Secret", NAMESPACE, "hub-secrets")
ADMIN, ADMIN_KEY, ADMIN_LENGTH = "admin", "admin_password", 40
LABELS = "app.kubernetes.io/name=jupyterhub,app.kubernetes.io/component=hub"
#: Seconds until the hub answers with a new password of the admin's.
PATIENCE = 120
_PROGRAM = "from slipway_hub import manage; manage.command()"
_INSTALL = "slipway status; slipway install --only jupyterhub"


@dataclass(frozen=True)
class User:
    """``password`` says when it was set, "" for never; ``servers`` are those that run."""

    name: str
    admin: bool
    password: str
    last_activity: str
    servers: tuple[str, ...]


def listed(client: Client) -> list[User]:
    """All users that the hub knows, by name."""
    users = [User(**{**item, "servers": tuple(item["servers"])}) for item in _ask(client, "list")]
    return sorted(users, key=lambda user: user.name)


def add(client: Client, name: str) -> str:
    """A new user; his first password. Raises BadInput when there is one of this name, or none can be."""
    return str(_ask(client, "add", name)["password"])


def reset(client: Client, name: str, reporter: Reporter) -> str:
    """A new password for a user; the old one counts no more. Raises BadInput for an unknown one."""
    if name == ADMIN:
        return _reset_admin(client, reporter)
    return str(_ask(client, "reset", name)["password"])


def remove(client: Client, name: str) -> None:
    """The user, with his servers and tokens; his volume stays. Raises BadInput for an unknown one and the admin."""
    if name == ADMIN:
        raise BadInput("the admin is the installation's own user, and stays", name)
    _ask(client, "remove", name)


def _ask(client: Client, action: str, name: str = "") -> Any:
    pod = _pod(client)["metadata"]["name"]
    done = client.exec(NAMESPACE, pod, ["python3", "-c", _PROGRAM, action, *([name] if name else [])], "hub")
    where = f"Pod {NAMESPACE}/{pod}"
    try:
        answer = json.loads(done.stdout)
    except ValueError as error:
        lines = tuple(done.stderr.strip().splitlines()[-5:])
        raise SlipwayError("the hub's own program failed", where, _INSTALL, lines) from error
    if isinstance(answer, dict) and "error" in answer:
        kind = BadInput if answer["status"] in (400, 404, 409) else SlipwayError
        raise kind(str(answer["error"]), name or where, "slipway users list" if name else _INSTALL)
    return answer


def _pod(client: Client) -> Obj:
    """The running hub's. Raises SlipwayError when there is none."""
    for pod in client.objects("v1", "Pod", NAMESPACE, labels=LABELS):
        ready = {item["type"]: item["status"] for item in (pod.get("status") or {}).get("conditions") or []}
        if ready.get("Ready") == "True" and "deletionTimestamp" not in pod["metadata"]:
            return pod
    raise NotYet("no Pod of the hub is ready", f"namespace {NAMESPACE}", _INSTALL)


def _reset_admin(client: Client, reporter: Reporter) -> str:
    """The admin's is the installation's: in a Secret, which the hub reads when it starts."""
    secret = client.get(SECRET.api_version, SECRET.kind, SECRET.name, SECRET.namespace)
    if secret is None:
        raise SlipwayError("is not there", str(SECRET), _INSTALL)
    letters = string.ascii_letters + string.digits
    password = "".join(secrets.choice(letters) for _ in range(ADMIN_LENGTH))
    client.patch(SECRET, {"data": {ADMIN_KEY: base64.b64encode(password.encode()).decode()}})
    before = _pod(client)["metadata"]
    client.delete(Ref("v1", "Pod", NAMESPACE, before["name"]))

    def anew() -> None:
        if _pod(client)["metadata"]["uid"] == before["uid"]:
            raise NotYet("its old Pod has not ended")

    def say(reason: NotYet) -> None:
        reporter.waiting("hub", f"waiting for its new start: {reason.what}")

    try:
        poll(anew, Clock(PATIENCE), waiting=say)
    except NotYet as error:
        what = f"the hub did not start anew within {PATIENCE} s"
        raise SlipwayError(what, f"namespace {NAMESPACE}", _INSTALL) from error
    return password
