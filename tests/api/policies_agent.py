"""A network of its own with an API server and network-policies in it: which of its rules are there, moment by moment.

    unshare --net --mount python policies_agent.py PROGRAM DIRECTORY

Prints a JSON object: moment → how many chains of the program the kernel has. PROGRAM gets the account and the
capabilities that the manifests give it, and no more.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import yaml
from api_server import Server, running
from slipway.kube import Client, Obj, Ref

MANIFESTS = Path(__file__).resolve().parents[2] / "manifests/network-policies/0.8.0"
NAME, NODE = "network-policies", "node"
ACCOUNT = Path("/run/secrets/kubernetes.io/serviceaccount")
HEALTH = "http://127.0.0.1:8472/healthz"
SECONDS = 60.0


def objects() -> list[Obj]:
    texts = [(MANIFESTS / f"{name}.yaml").read_text() for name in ("namespace", "account", "roles", "daemon")]
    return [obj for text in texts for obj in yaml.safe_load_all(text)]


def prepare(server: Server) -> list[Obj]:
    """What the program asks for, and its account where a Pod has it."""
    kube, made = server.client, objects()
    for obj in [
        *made,
        {"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE}, "spec": {"podCIDR": "10.1.0.0/24"}},
    ]:
        kube.create(obj)
    token = kube.request("POST", f"/api/v1/namespaces/{NAME}/serviceaccounts/{NAME}/token", body={"spec": {}})
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
    ACCOUNT.mkdir(parents=True)
    (ACCOUNT / "token").write_text(token["status"]["token"])
    config = yaml.safe_load(server.kubeconfig.read_text())
    (ACCOUNT / "ca.crt").write_bytes(Path(config["clusters"][0]["cluster"]["certificate-authority"]).read_bytes())
    return made


def capabilities(made: list[Obj]) -> str:
    """As setpriv wants them."""
    (container,) = made[-1]["spec"]["template"]["spec"]["containers"]
    return ",".join(["-all", *(f"+{name.lower()}" for name in container["securityContext"]["capabilities"]["add"])])


def start(program: str, server: Server, allowed: str) -> subprocess.Popen[bytes]:
    """The program, once its rules hold."""
    port = str(yaml.safe_load(server.kubeconfig.read_text())["clusters"][0]["cluster"]["server"]).rpartition(":")[2]
    where = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": port}
    command = ["setpriv", f"--bounding-set={allowed}", program, f"--node={NODE}"]
    process = subprocess.Popen(command, env={**os.environ, **where}, stdout=sys.stderr)
    asker, end = urllib.request.build_opener(urllib.request.ProxyHandler({})), time.monotonic() + SECONDS
    while process.poll() is None and time.monotonic() < end:
        try:
            asker.open(HEALTH, timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return process
    process.kill()
    raise SystemExit("the program's rules do not hold")


def chains() -> int:
    saved = subprocess.run(["iptables-save"], capture_output=True, text=True, check=True).stdout
    return sum(line.startswith((":SLIPWAY-WAIT ", ":SLIPWAY-JUDGE ")) for line in saved.splitlines())


def ended(process: subprocess.Popen[bytes], number: signal.Signals) -> int:
    process.send_signal(number)
    process.wait(SECONDS)
    return chains()


def uninstall(kube: Client, made: list[Obj]) -> None:
    """The DaemonSet, and what gives the program its rights at once after it."""
    for obj in reversed(made[1:]):
        kube.delete(Ref(obj["apiVersion"], obj["kind"], obj["metadata"].get("namespace", ""), obj["metadata"]["name"]))


def main() -> None:
    program, directory = sys.argv[1:]
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with running(Path(directory)) as server:
        made = prepare(server)
        allowed = capabilities(made)
        found = {"before": chains()}
        process = start(program, server, allowed)
        found["running"] = chains()
        found["restarted"] = ended(process, signal.SIGTERM)
        found["killed"] = ended(start(program, server, allowed), signal.SIGKILL)
        process = start(program, server, allowed)
        uninstall(server.client, made)
        found["uninstalled"] = ended(process, signal.SIGTERM)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
