"""JupyterHub works when a user can log in through the gateway, get a server, and run a cell on the project's data."""

from __future__ import annotations

import base64
import time

from slipway.errors import NotYet, SlipwayError
from slipway.kube.gateway_address import trust
from slipway.readiness.context import ProbeContext
from slipway.readiness.probes.hubclient import HubClient
from slipway.waiting import Clock, settle

SERVER = "probe"
#: Users' own ids begin above.
NOBODYS = 20_000
#: os.path.ismount() does not see a bind mount within one file system; the kernel's table does.
CELL = """
import os, uuid, numpy
points = {{line.split()[1] for line in open("/proc/self/mounts")}}
def usable(volume):
    path = os.path.realpath(os.path.expanduser("~/" + volume))
    if path not in points:
        return False
    file = os.path.join(path, ".slipway-probe-" + uuid.uuid4().hex)
    with open(file, "x") as stream:
        stream.write("x")
    os.remove(file)
    return True
home = os.stat(os.path.expanduser("~"))
own = os.getuid() > {nobodys} and home.st_uid == os.getuid() and home.st_mode & 0o777 == 0o700
print(int(numpy.arange(7).sum()), "own" if own else os.getuid(), ",".join(v for v in {volumes!r} if usable(v)))
"""


def _password(ctx: ProbeContext) -> str:
    secret = ctx.kube.get("v1", "Secret", "hub-secrets", "jupyterhub")
    if secret is None:
        raise SlipwayError("Secret hub-secrets is missing", "jupyterhub", "run 'slipway install --only jupyterhub'")
    return base64.b64decode(secret["data"]["admin_password"]).decode()


def probe_notebook(ctx: ProbeContext) -> str:
    """Log in as admin, spawn a named server, run a cell in its kernel, stop and remove the server."""
    hub = HubClient(ctx.gateway, "admin", trust(ctx.kube, ctx.gateway))
    if hub.login("wrong-" * 8):
        raise SlipwayError(
            "the hub lets a wrong password in",
            "POST /hub/login",
            "look at the authenticator in ConfigMap jupyterhub/hub-config",
        )
    if not hub.login(_password(ctx)):
        raise NotYet("the hub refuses the admin's password", "POST /hub/login")
    hub.make_token()
    volumes = [name for name in ctx.settings.get("volumes", "data,outputs,repos").split(",") if name]
    start = time.monotonic()
    # A server that an interrupted probe left behind would hold the name.
    hub.stop_server(SERVER)
    _wait_gone(hub, 60)
    try:
        hub.start_server(SERVER, 150)
        answer = hub.run_cell(SERVER, CELL.format(volumes=volumes, nobodys=NOBODYS), 60).split()
    finally:
        hub.stop_server(SERVER)
    if answer != ["21", "own", ",".join(volumes)]:
        raise SlipwayError(
            f"the cell answered {answer}",
            "server admin/probe",
            "are the project's claims bound, and does the home belong to its user?",
        )
    return f"login, server, cell with {', '.join(volumes)} in {time.monotonic() - start:.0f} s"


def _wait_gone(hub: HubClient, seconds: float) -> None:
    def there() -> bool:
        return SERVER in hub.api("GET", f"/hub/api/users/{hub.user}").get("servers", {})

    if settle(there, lambda there: not there, Clock(seconds)):
        raise NotYet("an earlier probe's server does not stop", f"server {hub.user}/{SERVER}")
