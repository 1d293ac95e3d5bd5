"""Which cluster, as kubectl's rules have it: files merged, a context chosen, or the service account of a Pod.

Order: what is given, else $KUBECONFIG (several files), else a service account (unless a context is asked for), else
~/.kube/config. Of several files the first that has a name, or a current context, counts, and relative paths are
those of the file in which they stand. Source: ClientConfigLoadingRules of client-go's tools/clientcmd; only the Pod's
service account comes before the usual file here, so that nothing left in a home directory can win in a Pod.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from slipway.documents.fast import LOADER
from slipway.errors import SlipwayError

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
IN_CLUSTER = "in-cluster"
REMEDY = "give --kubeconfig FILE or set KUBECONFIG"

#: What names a file, by the kind of entry.
_FILES = {"cluster": ("certificate-authority",), "user": ("client-certificate", "client-key", "tokenFile")}
#: What reading something that is not a kubeconfig ends in.
FAULTS = (OSError, ValueError, LookupError, TypeError, AttributeError, yaml.YAMLError)


@dataclass(frozen=True)
class KubeContext:
    """A context with its cluster and user. ``shown``: the files, as a message names them; ``document``: all of them."""

    shown: str
    context: str
    cluster: Mapping[str, Any]
    user: Mapping[str, Any] = field(repr=False)
    document: Mapping[str, Any] = field(repr=False)

    @property
    def server(self) -> str:
        """The API server's URL, "" where none is given."""
        return str(self.cluster.get("server") or "").rstrip("/")

    @property
    def authority(self) -> bytes:
        """The certificates that the server's is checked with (PEM), b"" where none are given or can be read."""
        with suppress(*FAULTS):
            if data := self.cluster.get("certificate-authority-data"):
                return base64.b64decode(data, validate=False).strip()
            if name := self.cluster.get("certificate-authority"):
                return Path(name).read_bytes().strip()
        return b""


def environment() -> list[Path]:
    """The files that $KUBECONFIG names, [] without."""
    return [Path(part) for part in os.environ.get("KUBECONFIG", "").split(os.pathsep) if part]


def choose(path: str | Path | None = None, context: str | None = None) -> KubeContext:
    """The context in force. Raises SlipwayError when there is none that could be used."""
    named = [Path(path)] if path else environment()
    if not named and not context and (account := _account()) is not None:
        return _chosen(IN_CLUSTER, account, None)
    files = named or [Path("~/.kube/config").expanduser()]
    names = os.pathsep.join(map(str, files))
    try:
        # Of several files some may be missing, as with kubectl.
        there = files if len(files) == 1 else [one for one in files if one.exists()]
        return _chosen(names, merged(there), context)
    except FAULTS as error:
        reason = str(error) if not isinstance(error, KeyError) else f"{error} is missing"
        what = f"no usable kubeconfig: {' '.join(reason.split())}"
        raise SlipwayError(what, names if path or named else "kubeconfig", REMEDY) from error


def merged(files: Iterable[Path]) -> dict[str, Any]:
    """One document of several files. Raises one of FAULTS for what is none."""
    whole: dict[str, Any] = {"current-context": "", "clusters": [], "users": [], "contexts": []}
    for path in files:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)  # noqa: S506  # a safe one
        if document is None:
            continue
        if not isinstance(document, dict):
            raise ValueError(f"{path} holds no mapping")
        whole["current-context"] = whole["current-context"] or document.get("current-context") or ""
        for kind in ("cluster", "user", "context"):
            known = {item["name"] for item in whole[f"{kind}s"]}
            fresh = [item for item in document.get(f"{kind}s") or [] if item["name"] not in known]
            home = path.absolute().parent
            whole[f"{kind}s"] += [{**item, kind: _placed(item.get(kind) or {}, kind, home)} for item in fresh]
    return whole


def _placed(entry: Mapping[str, Any], kind: str, home: Path) -> dict[str, Any]:
    """With absolute paths. A plugin's command is one when it has a slash."""
    paths: dict[str, Any] = {name: str(home / entry[name]) for name in _FILES.get(kind, ()) if entry.get(name)}
    plugin = entry.get("exec")
    if kind == "user" and plugin and os.sep in str(plugin.get("command", "")):
        paths["exec"] = {**plugin, "command": str(home / plugin["command"])}
    return {**entry, **paths}


def _chosen(names: str, document: Mapping[str, Any], context: str | None) -> KubeContext:
    name = context or document["current-context"]
    if not name:
        raise ValueError("it names no current context")
    chosen = _named(document, "context", name)
    user = _named(document, "user", chosen["user"]) if chosen.get("user") else {}
    return KubeContext(names, str(name), _named(document, "cluster", chosen["cluster"]), user, document)


def _named(document: Mapping[str, Any], kind: str, name: str) -> dict[str, Any]:
    for item in document[f"{kind}s"]:
        if item["name"] == name:
            return dict(item[kind])
    known = ", ".join(str(item["name"]) for item in document[f"{kind}s"])
    raise ValueError(f"it has no {kind} '{name}'; there is: {known or 'none'}")


def _account() -> dict[str, Any] | None:
    """The kubeconfig that a Pod's environment and service account amount to; None outside of one."""
    host, port = (os.environ.get(f"KUBERNETES_SERVICE_{part}", "") for part in ("HOST", "PORT"))
    token = ACCOUNT / "token"
    if not (host and port and token.is_file()):
        return None
    server = f"https://{f'[{host}]' if ':' in host else host}:{port}"
    cluster = {"server": server, "certificate-authority": str(ACCOUNT / "ca.crt")}
    return {
        "current-context": IN_CLUSTER,
        "clusters": [{"name": IN_CLUSTER, "cluster": cluster}],
        "users": [{"name": IN_CLUSTER, "user": {"tokenFile": str(token)}}],
        "contexts": [{"name": IN_CLUSTER, "context": {"cluster": IN_CLUSTER, "user": IN_CLUSTER}}],
    }
