"""Two users' notebooks: whose files are whose, what a user installs, what his terminal has."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from slipway.hub import users
from slipway.kube import Client
from slipway.readiness.probes.hubclient import HubClient

SERVER = "files"
OWNER, OTHER = "e2e-owner", "e2e-other"

#: Each line of the attack is tried on its own; what is printed is what came of it.
TRY = """
import json, os, subprocess
def outcome(code):
    try:
        exec(code, {{"os": os}})
        return "done"
    except OSError as error:
        return type(error).__name__
print(json.dumps([outcome(code) for code in {codes!r}]))
"""


@pytest.fixture(scope="module")
def servers(kube: Client, gateway: str) -> Iterator[dict[str, HubClient]]:
    """A running server of each of two users."""
    with ExitStack() as stack:
        made: dict[str, HubClient] = {}
        for name in (OWNER, OTHER):
            password = users.add(kube, name)
            stack.callback(users.remove, kube, name)
            hub = made[name] = HubClient(gateway, name)
            assert hub.login(password)
            hub.make_token()
            stack.callback(hub.stop_server, SERVER)
        for hub in made.values():
            hub.start_server(SERVER, time.monotonic() + 150)
        yield made


def tried(hub: HubClient, *codes: str) -> list[str]:
    found: list[str] = json.loads(hub.run_cell(SERVER, TRY.format(codes=list(codes)), 60))
    return found


def shell(hub: HubClient, command: str, timeout: float = 60) -> str:
    """Standard output of a login shell, as a terminal's is."""
    code = (
        f"import subprocess; print(subprocess.run(['bash', '-lc', {command!r}], capture_output=True, text=True).stdout)"
    )
    return hub.run_cell(SERVER, code, timeout).strip()


def test_users_have_ids_of_their_own_and_homes_that_are_theirs_alone(servers: dict[str, HubClient]) -> None:
    say = "import os; s = os.stat(os.path.expanduser('~')); print(os.getuid(), s.st_uid, oct(s.st_mode & 0o777))"
    (own, home, mode), (other, _, _) = (hub.run_cell(SERVER, say, 60).split() for hub in servers.values())
    assert own == home != other
    assert mode == "0o700"
    assert 0 not in (int(own), int(other)) and "1000" not in (own, other)


def test_no_user_removes_or_changes_what_is_anothers(servers: dict[str, HubClient]) -> None:
    place = "os.path.expanduser('~/outputs/e2e-owner')"
    made = tried(
        servers[OWNER],
        f"os.umask(0); os.makedirs({place} + '/deep')",
        f"open({place} + '/deep/file', 'w').write('mine')",
        f"open({place} + '.txt', 'w').write('mine')",
    )
    assert made == ["done"] * 3
    try:
        attacks = (
            f"os.remove({place} + '.txt')",
            f"os.rename({place} + '.txt', {place} + '.gone')",
            f"open({place} + '.txt', 'a').write('x')",
            f"os.chmod({place} + '.txt', 0o777)",
            f"os.rename({place}, {place} + '-gone')",
            f"os.remove({place} + '/deep/file')",
            f"open({place} + '/deep/other', 'w')",
            f"os.rmdir({place} + '/deep')",
        )
        found = tried(servers[OTHER], *attacks)
        assert dict(zip(attacks, found, strict=True)) == dict.fromkeys(attacks, "PermissionError")
        # What is shared is there to be read.
        read = "print(open(__import__('os').path.expanduser('~/outputs/e2e-owner/deep/file')).read())"
        assert servers[OTHER].run_cell(SERVER, read, 60).strip() == "mine"
    finally:
        clean = f"os.remove({place} + '/deep/file'); os.rmdir({place} + '/deep'); os.rmdir({place})"
        assert tried(servers[OWNER], clean, f"os.remove({place} + '.txt')") == ["done", "done"]


def test_a_server_is_as_restricted_as_pod_security_asks(kube: Client, servers: dict[str, HubClient]) -> None:
    pods = kube.objects("v1", "Pod", "workbench", labels="component=singleuser-server")
    found = [pod for pod in pods if pod["metadata"]["annotations"].get("hub.jupyter.org/username") in servers]
    assert len(found) == 2
    for pod in found:
        assert not pod["spec"].get("initContainers")
        (container,) = pod["spec"]["containers"]
        security = container["securityContext"]
        assert security["runAsNonRoot"] and security["runAsUser"] > 20000
        assert security["capabilities"]["drop"] == ["ALL"] and security["allowPrivilegeEscalation"] is False


def test_a_terminal_has_the_kernels_path_and_the_tools(servers: dict[str, HubClient]) -> None:
    hub = servers[OWNER]
    kernel = hub.run_cell(SERVER, "import os; print(os.environ['PATH'])", 60).strip()
    assert shell(hub, "echo $PATH") == kernel
    assert shell(hub, "whoami; echo ~") == f"{OWNER}\n/home/jovyan"
    for program in (
        "git --version",
        "curl --version",
        "less --version",
        "vim --version",
        "kubectl version --client",
        "argo version",
    ):
        assert shell(hub, f"{program} >/dev/null 2>&1 && echo there") == "there", program


WHEEL = """
import os, zipfile
os.makedirs("/tmp/own", exist_ok=True)
with zipfile.ZipFile("/tmp/own/e2e_own-1-py3-none-any.whl", "w") as wheel:
    wheel.writestr("e2e_own.py", "WORD = 42")
    wheel.writestr("e2e_own-1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: e2e-own\\nVersion: 1\\n")
    wheel.writestr("e2e_own-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr("e2e_own-1.dist-info/RECORD", "")
"""


def test_pip_installs_into_the_home(servers: dict[str, HubClient]) -> None:
    """A package that is made here: no index is asked, so that it holds on machines without a network, too."""
    hub = servers[OWNER]
    hub.run_cell(SERVER, WHEEL, 60)
    done = shell(hub, "pip install --no-index /tmp/own/*.whl 2>&1", 120)
    assert "Successfully installed e2e-own-1" in done
    found = hub.run_cell(SERVER, "import e2e_own; print(e2e_own.WORD, e2e_own.__file__)", 60)
    assert found.startswith("42 /home/jovyan/.local/")


def test_clients_in_a_notebook_use_the_projects_trust(kube: Client, servers: dict[str, HubClient]) -> None:
    trust = kube.get("v1", "ConfigMap", "slipway-trust", "workbench")
    assert trust is not None
    names = {"ca.crt": "SSL_CERT_FILE", "pip.conf": "PIP_CONFIG_FILE"}
    for key, variable in names.items():
        found = servers[OWNER].run_cell(SERVER, f"import os; print(os.environ.get('{variable}'))", 60).strip()
        assert found == (f"/etc/slipway/trust/{key}" if trust["data"][key] else "None")
