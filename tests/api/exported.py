"""Running the commands of an export's README, and reading back what they made."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from slipway.kube import Client, Obj, Ref, ref_of
from slipway.kube.objects import identity

Identity = tuple[str, str, str, str]

#: What the API server, its controllers and Helm write.
SERVERS_META = ("managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink")
#: Notes of tools on their own work; of a Service, what the server chose for it.
NOTES = re.compile(r"^(meta\.helm\.sh|helm\.sh|pv\.kubernetes\.io|kubectl\.kubernetes\.io)/")
CHOSEN = ("clusterIP", "clusterIPs")
#: Controllers make these in every namespace.
EVERYWHERE = {("ConfigMap", "kube-root-ca.crt"), ("ServiceAccount", "default")}
OTHERS = {"Event", "Lease", "Endpoints", "EndpointSlice", "ControllerRevision"}


def commands(readme: str) -> list[str]:
    """The shell blocks, each as one program."""
    return re.findall(r"^```sh\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)


def run(program: str, directory: Path, tools: Path, kubeconfig: Path) -> None:
    """A block of the README, in the export's directory. Fails with what it said."""
    homes = {f"HELM_{part}_HOME": str(tools / part) for part in ("CONFIG", "CACHE", "DATA")}
    # python3 with bcrypt, for the script of the Secrets, is the one that runs the test.
    path = f"{tools}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, **homes, "PATH": path, "KUBECONFIG": str(kubeconfig)}
    words = ["bash", "-euo", "pipefail", "-c", program]
    done = subprocess.run(
        words, cwd=directory, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, f"{program}\n{done.stdout}\n{done.stderr}"


def state(client: Client, refs: Iterable[Ref]) -> dict[Ref, Obj | None]:
    """The objects as they are, comparable."""
    found = {}
    for ref in refs:
        obj = client.get(ref.api_version, ref.kind, ref.name, ref.namespace)
        found[ref] = comparable(obj) if obj else None
    return found


def comparable(obj: Obj) -> Obj:
    """Without status, without what the server or a tool wrote about itself, and without random values."""
    meta = {key: value for key, value in obj["metadata"].items() if key not in SERVERS_META}
    # Helm puts its name there; of objects that two components bring, either may be named.
    own = ("app.kubernetes.io/managed-by", "slipway.dev/component")
    meta["labels"] = {k: v for k, v in (meta.get("labels") or {}).items() if k not in own}
    meta["annotations"] = {k: v for k, v in (meta.get("annotations") or {}).items() if not NOTES.match(k)}
    rest: dict[str, Any] = {k: v for k, v in obj.items() if k not in ("status", "metadata")}
    match obj["kind"]:
        case "Secret":
            rest["data"] = sorted(rest.get("data") or {})
            meta["annotations"].pop("slipway.dev/source-uid", None)
        case "Service":
            rest["spec"] = {k: v for k, v in rest["spec"].items() if k not in CHOSEN}
        case "PersistentVolume":
            rest["spec"] = {k: v for k, v in rest["spec"].items() if k != "claimRef"} | {
                "claimRef": (rest["spec"].get("claimRef") or {}).get("name")
            }
        case "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration":
            # The thread that plays the components writes these, sooner or later.
            for hook in rest["webhooks"]:
                hook.pop("failurePolicy", None)
                hook["clientConfig"].pop("caBundle", None)
    return {"metadata": meta, **rest}


def identities_in(client: Client, namespaces: set[str]) -> set[Identity]:
    """Everything in these namespaces but what controllers put into each, in whatever version of its API."""
    found: set[Identity] = set()
    for resource in client.served():
        if resource.namespaced and "list" in resource.verbs and resource.kind not in OTHERS:
            found |= {identity(ref_of(obj)) for obj in client.objects(resource.api_version, resource.kind)}
    inside = {item for item in found if item[2] in namespaces and (item[1], item[3]) not in EVERYWHERE}
    return {item for item in inside if not item[3].startswith("sh.helm.release.")}
