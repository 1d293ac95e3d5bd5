"""Kubeconfigs of all kinds, beside kubectl: the same user asks, or it is refused in a sentence."""

from __future__ import annotations

import json
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from api_server import Server
from slipway import artifacts
from slipway.errors import SlipwayError
from slipway.kube import Client

SERVER = "module_server"
REVIEW = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy", "ALL_PROXY", "KUBECONFIG")

Who = dict[str, Any]


@dataclass
class Relay:
    """Passes bytes to the API server: as a proxy that is asked with CONNECT, or from another address."""

    target: tuple[str, int]
    listener: socket.socket
    connects: bool
    asked: list[str] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def run(self) -> None:
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        if self.connects:
            head = b""
            while b"\r\n\r\n" not in head:
                head += near.recv(4096)
            self.asked.append(head.split(b"\r\n")[0].decode())
            near.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        far = socket.create_connection(self.target)
        for one, other in ((near, far), (far, near)):
            threading.Thread(target=_pump, args=(one, other), daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def relay(server: Server, *, connects: bool, family: socket.AddressFamily = socket.AF_INET) -> Relay:
    listener = socket.create_server(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0), family=family)
    port = int(server.client.server.rpartition(":")[2])
    made = Relay(("127.0.0.1", port), listener, connects)
    threading.Thread(target=made.run, daemon=True).start()
    return made


@pytest.fixture
def proxy(module_server: Server) -> Iterator[Relay]:
    made = relay(module_server, connects=True)
    yield made
    made.listener.close()


@pytest.fixture(autouse=True)
def without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def login(module_server: Server) -> tuple[dict[str, Any], str]:
    """The cluster and the token of the server's own kubeconfig, paths made absolute."""
    document = yaml.safe_load(module_server.kubeconfig.read_text())
    cluster = document["clusters"][0]["cluster"]
    cluster["certificate-authority"] = str(module_server.kubeconfig.parent / cluster["certificate-authority"])
    return cluster, document["users"][0]["user"]["token"]


def written(path: Path, cluster: dict[str, Any], user: dict[str, Any]) -> Path:
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    path.write_text(yaml.safe_dump(document))
    return path


def ours(path: Path | None) -> Who | str:
    """Who asks, by Slipway's client; or its one sentence."""
    try:
        client = Client.from_kubeconfig(path)
        answer = client.request("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", body=REVIEW)
    except SlipwayError as error:
        return error.what
    return _who(answer["status"]["userInfo"])


def kubectls(path: Path | None) -> Who | str:
    """Who asks, by kubectl; or what it says."""
    command = [str(artifacts.binary("kubernetes")), "kubectl", "auth", "whoami", "-o", "json", "--request-timeout=20s"]
    command += ["--kubeconfig", str(path)] if path else []
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
    return _who(json.loads(done.stdout)["status"]["userInfo"]) if done.returncode == 0 else done.stderr.strip()


def _who(info: dict[str, Any]) -> Who:
    extra = {key: value for key, value in (info.get("extra") or {}).items() if "credential-id" not in key}
    groups = sorted(info.get("groups") or [])
    return {"user": info["username"], "groups": groups, "extra": extra, "uid": info.get("uid")}


ADMIN = "admin"


@pytest.mark.parametrize(
    ("cluster", "user", "asks"),
    [
        ({}, {}, ADMIN),
        ({"tls-server-name": "kubernetes.default.svc"}, {}, ADMIN),
        ({"certificate-authority": None, "insecure-skip-tls-verify": True}, {}, ADMIN),
        ({}, {"as": "mate"}, "mate"),
        ({}, {"as": "mate", "as-groups": ["crew", "cooks"], "as-uid": "7"}, "mate"),
        ({}, {"as": "mate", "as-user-extra": {"ship/name": ["one", "two"]}}, "mate"),
    ],
)
def test_the_same_user_asks(
    tmp_path: Path, login: tuple[dict[str, Any], str], cluster: dict[str, Any], user: dict[str, Any], asks: str
) -> None:
    whole = {key: value for key, value in {**login[0], **cluster}.items() if value is not None}
    path = written(tmp_path / "config", whole, {"token": login[1], **user})
    found = ours(path)
    assert found == kubectls(path)
    assert isinstance(found, dict)
    assert found["user"] == asks


@pytest.mark.parametrize(
    ("cluster", "user", "words"),
    [
        ({"insecure-skip-tls-verify": True}, {}, "are said both"),
        ({"certificate-authority": None}, {}, "certificate verify failed"),
        ({"tls-server-name": "somebody.else"}, {}, "certificate verify failed"),
        ({"certificate-authority": "/no/such/file"}, {}, "No such file"),
        ({"proxy-url": "ftp://192.0.2.1"}, {}, "http, https or socks5"),
        ({}, {"token": "wrong"}, "Unauthorized"),
        ({}, {"as-groups": ["crew"]}, "without as"),
        ({}, {"auth-provider": {"name": "gcp"}}, "auth-provider gcp"),
        ({}, {"token": "a\nb"}, "has blanks, line ends"),
    ],
)
def test_both_refuse_it(
    tmp_path: Path, login: tuple[dict[str, Any], str], cluster: dict[str, Any], user: dict[str, Any], words: str
) -> None:
    whole = {key: value for key, value in {**login[0], **cluster}.items() if value is not None}
    path = written(tmp_path / "config", whole, {"token": login[1], **user})
    found, theirs = ours(path), kubectls(path)
    assert isinstance(theirs, str), theirs
    assert isinstance(found, str), found
    assert words in found


def test_a_token_that_ends_with_a_line(tmp_path: Path, login: tuple[dict[str, Any], str]) -> None:
    """In a file both take it; in the kubeconfig kubectl sends nothing, and here it is taken as it was meant."""
    (tmp_path / "token").write_text(f"{login[1]}\n")
    path = written(tmp_path / "file", login[0], {"tokenFile": str(tmp_path / "token")})
    found = ours(path)
    assert found == kubectls(path)
    assert isinstance(found, dict)
    assert ours(written(tmp_path / "text", login[0], {"token": f"{login[1]}\n"})) == found


def test_several_files(tmp_path: Path, login: tuple[dict[str, Any], str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative paths are those of the file in which they stand; one may be missing, and one empty."""
    (tmp_path / "one").mkdir()
    authority = Path(login[0]["certificate-authority"])
    (tmp_path / "one/ca.crt").write_bytes(authority.read_bytes())
    (tmp_path / "empty").write_text("")
    cluster = {**login[0], "certificate-authority": "ca.crt"}
    one = {"clusters": [{"name": "c", "cluster": cluster}], "apiVersion": "v1", "kind": "Config"}
    (tmp_path / "one/config").write_text(yaml.safe_dump(one))
    two = {
        "apiVersion": "v1",
        "kind": "Config",
        "users": [{"name": "u", "user": {"token": login[1]}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    (tmp_path / "two").write_text(yaml.safe_dump(two))
    files = ("empty", "missing", "one/config", "two")
    monkeypatch.setenv("KUBECONFIG", ":".join(str(tmp_path / name) for name in files))
    found = ours(None)
    assert found == kubectls(None)
    assert isinstance(found, dict)


@pytest.mark.parametrize(
    ("listed", "through"),
    [("", True), ("example.com,10.0.0.0/8", True), ("server.test", False), (".test", False), ("server.test:1", True)],
)
def test_the_environments_proxy(
    tmp_path: Path, login: tuple[dict[str, Any], str], proxy: Relay, monkeypatch: pytest.MonkeyPatch,
    listed: str, through: bool,
) -> None:  # fmt: skip
    """A name that only the proxy knows: who goes past it gets no answer."""
    port = login[0]["server"].rpartition(":")[2]
    cluster = {**login[0], "server": f"https://server.test:{port}", "tls-server-name": "kubernetes.default.svc"}
    path = written(tmp_path / "config", cluster, {"token": login[1]})
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
    monkeypatch.setenv("NO_PROXY", listed)
    for ask in (ours, kubectls):
        proxy.asked.clear()
        found = ask(path)
        assert isinstance(found, dict) is through, found
        assert bool(proxy.asked) is through


def test_this_machine_is_never_reached_through_the_environments_proxy(
    tmp_path: Path, login: tuple[dict[str, Any], str], proxy: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
    path = written(tmp_path / "config", login[0], {"token": login[1]})
    assert isinstance(ours(path), dict)
    assert isinstance(kubectls(path), dict)
    assert proxy.asked == []
    # What the kubeconfig says counts for all.
    path = written(
        tmp_path / "config", {**login[0], "proxy-url": f"http://127.0.0.1:{proxy.port}"}, {"token": login[1]}
    )
    assert ours(path) == kubectls(path)
    assert len(proxy.asked) >= 2


def test_a_watch_and_a_command_go_through_the_proxy_too(
    tmp_path: Path, login: tuple[dict[str, Any], str], proxy: Relay
) -> None:
    cluster = {**login[0], "proxy-url": f"http://127.0.0.1:{proxy.port}"}
    client = Client.from_kubeconfig(written(tmp_path / "config", cluster, {"token": login[1]}))
    assert next(iter(client.watch("v1", "Namespace", timeout=5)))[0] == "ADDED"
    before = len(proxy.asked)
    with pytest.raises(SlipwayError, match="not found"):
        client.exec("default", "nobody", ["true"])
    assert len(proxy.asked) == before + 1


def test_an_address_of_ipv6(tmp_path: Path, module_server: Server, login: tuple[dict[str, Any], str]) -> None:
    made = relay(module_server, connects=False, family=socket.AF_INET6)
    cluster = {**login[0], "server": f"https://[::1]:{made.port}", "tls-server-name": "kubernetes.default.svc"}
    path = written(tmp_path / "config", cluster, {"token": login[1]})
    found = ours(path)
    assert found == kubectls(path)
    assert isinstance(found, dict)
    client = Client.from_kubeconfig(path)
    with pytest.raises(SlipwayError, match="not found"):
        client.exec("default", "nobody", ["true"])
    made.listener.close()


def test_a_command_is_run_as_whom_the_user_acts_for(tmp_path: Path, login: tuple[dict[str, Any], str]) -> None:
    """The admin may do it, the mate may not: not even ask whether the Pod is there."""
    path = written(tmp_path / "config", login[0], {"token": login[1], "as": "mate", "as-groups": ["crew"]})
    with pytest.raises(SlipwayError, match=r'User "mate" cannot .* resource "pods/exec"'):
        Client.from_kubeconfig(path).exec("default", "nobody", ["true"])


def plugin(place: Path, token: str, seconds: float | None) -> dict[str, Any]:
    """A program that counts its runs, and gives a token for so long."""
    end = "" if seconds is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))
    version = "client.authentication.k8s.io/v1"
    status = {"token": token, **({"expirationTimestamp": end} if end else {})}
    (place / "answer").write_text(json.dumps({"kind": "ExecCredential", "apiVersion": version, "status": status}))
    program = place / "login"
    program.write_text(f'#!/bin/sh\necho run >>"{place}/runs"\ncat "{place}/answer"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return {"exec": {"apiVersion": version, "command": str(program), "interactiveMode": "Never"}}


def runs(place: Path) -> int:
    file = place / "runs"
    return len(file.read_text().split()) if file.exists() else 0


@pytest.mark.parametrize("seconds", [None, 60, 3600])
def test_a_plugin_runs_once_as_with_kubectl(
    tmp_path: Path, login: tuple[dict[str, Any], str], seconds: float | None
) -> None:
    path = written(tmp_path / "config", login[0], plugin(tmp_path, login[1], seconds))
    assert isinstance(kubectls(path), dict)
    assert runs(tmp_path) == 1
    client = Client.from_kubeconfig(path)
    for _ in range(20):
        client.objects("v1", "Namespace")
    assert next(iter(client.watch("v1", "Namespace", timeout=5)))[0] == "ADDED"
    with pytest.raises(SlipwayError, match="not found"):
        client.exec("default", "nobody", ["true"])
    assert runs(tmp_path) == 2


def test_a_token_that_the_server_refuses_is_asked_for_once_more(
    tmp_path: Path, login: tuple[dict[str, Any], str]
) -> None:
    path = written(tmp_path / "config", login[0], plugin(tmp_path, "stale", 3600))
    client = Client.from_kubeconfig(path)
    with pytest.raises(SlipwayError, match="Unauthorized"):
        client.objects("v1", "Namespace")
    tried = runs(tmp_path)
    plugin(tmp_path, login[1], 3600)
    assert client.objects("v1", "Namespace")
    assert tried == 2
    assert runs(tmp_path) <= 4


def test_a_plugin_that_fails_ends_the_command(tmp_path: Path, login: tuple[dict[str, Any], str]) -> None:
    user = plugin(tmp_path, login[1], None)
    (tmp_path / "login").write_text("#!/bin/sh\necho 'no session: log in first' >&2\nexit 4\n")
    path = written(tmp_path / "config", login[0], user)
    assert isinstance(kubectls(path), str)
    found = ours(path)
    assert isinstance(found, str)
    assert "ended with exit code 4" in found
    command = ["-m", "slipway.cli.main", "status", "--kubeconfig", str(path), "--overlay", "onprem"]
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 1
    assert "no session: log in first" in done.stderr
    assert "Traceback" not in done.stderr
