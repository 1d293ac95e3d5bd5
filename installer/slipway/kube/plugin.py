"""Credentials from a program that the kubeconfig names, run as seldom as kubectl does it.

Source: client.authentication.k8s.io v1 and v1beta1 (ExecCredential), and client-go's plugin/pkg/client/auth/exec: what
it gave is kept until its expirationTimestamp, or until the server answers 401.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from slipway.errors import BadInput, SlipwayError

VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
EXTENSION = "client.authentication.k8s.io/exec"
#: Seconds for a program that asks nobody.
PATIENCE = 120
_CLUSTER = (
    "server", "tls-server-name", "insecure-skip-tls-verify", "certificate-authority-data", "proxy-url",
    "disable-compression",
)  # fmt: skip


@dataclass(frozen=True)
class Credential:
    """A token, or a certificate with its key (PEM), or both; until ``expires`` (seconds since 1970), None for ever."""

    token: str = field(default="", repr=False)
    certificate: str = ""
    key: str = field(default="", repr=False)
    expires: float | None = None


class Plugin:
    """The program of a user's ``exec``. Thread-safe."""

    def __init__(self, spec: Mapping[str, Any], cluster: Mapping[str, Any], where: str) -> None:
        self._spec, self._cluster, self._where = spec, cluster, where
        self._kept: Credential | None = None
        self._lock = threading.Lock()

    def credential(self) -> Credential:
        """What it gave, or gives now. Raises SlipwayError when it gives nothing that can be used."""
        with self._lock:
            if self._kept is None or (self._kept.expires is not None and self._kept.expires <= time.time()):
                self._kept = self._run()
            return self._kept

    def forget(self, used: Credential) -> None:
        """The server did not take ``used``: the next request asks anew, unless another thread's did meanwhile."""
        with self._lock:
            if self._kept is used:
                self._kept = None

    def _run(self) -> Credential:
        spec, command = self._spec, str(self._spec.get("command") or "")
        version = spec.get("apiVersion")
        if version not in VERSIONS or not command:
            raise BadInput(
                f"exec: apiVersion {version or 'none'}, command {command or 'none'}",
                self._where,
                f"apiVersion {' or '.join(VERSIONS)}, and a command",
            )
        interactive = self._interactive()
        try:
            done = subprocess.run(
                [command, *map(str, spec.get("args") or ())],
                env=self._environment(interactive),
                stdin=None if interactive else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=None if interactive else subprocess.PIPE,
                text=True,
                timeout=None if interactive else PATIENCE,
                check=False,
            )
        except OSError as error:
            raise self._failed(f"cannot be run: {error.strerror}") from error
        except subprocess.TimeoutExpired as error:
            raise self._failed(f"did not end within {PATIENCE} s") from error
        if done.returncode != 0:
            raise self._failed(f"ended with exit code {done.returncode}", done.stderr or "")
        return self._read(done.stdout, version)

    def _interactive(self) -> bool:
        mode, terminal = str(self._spec.get("interactiveMode") or "IfAvailable"), sys.stdin and sys.stdin.isatty()
        if mode == "Always" and not terminal:
            raise self._failed("wants to ask at a terminal (interactiveMode: Always), and there is none")
        return bool(terminal) and mode != "Never"

    def _environment(self, interactive: bool) -> dict[str, str]:
        asked: dict[str, Any] = {"interactive": interactive}
        if self._spec.get("provideClusterInfo"):
            cluster = {key: self._cluster[key] for key in _CLUSTER if key in self._cluster}
            for extension in self._cluster.get("extensions") or ():
                if extension.get("name") == EXTENSION:
                    cluster["config"] = extension.get("extension")
            asked["cluster"] = cluster
        info = {"kind": "ExecCredential", "apiVersion": self._spec["apiVersion"], "spec": asked}
        more = {str(item["name"]): str(item["value"]) for item in self._spec.get("env") or ()}
        return {**os.environ, **more, "KUBERNETES_EXEC_INFO": json.dumps(info)}

    def _read(self, text: str, version: str) -> Credential:
        try:
            value = json.loads(text)
            status = value["status"]
            if value["kind"] != "ExecCredential" or value["apiVersion"] != version:
                raise ValueError(f"{value['kind']} of {value['apiVersion']}")
            expiry = status.get("expirationTimestamp")
            expires = datetime.fromisoformat(expiry.replace("Z", "+00:00")).timestamp() if expiry else None
            credential = Credential(
                str(status.get("token") or ""),
                str(status.get("clientCertificateData") or ""),
                str(status.get("clientKeyData") or ""),
                expires,
            )
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise self._failed(f"printed no ExecCredential of {version}") from error
        if bool(credential.certificate) != bool(credential.key) or not (credential.token or credential.certificate):
            raise self._failed("gave neither a token nor a certificate with its key")
        if expires is not None and expires <= time.time():
            raise self._failed(f"gave a credential that has expired already ({expiry})")
        return credential

    def _failed(self, what: str, stderr: str = "") -> SlipwayError:
        hint = " ".join(str(self._spec.get("installHint") or "").split())
        command = self._spec["command"]
        lines = tuple(stderr.strip().splitlines()[-5:])
        return SlipwayError(f"the credential plugin {command} {what}", self._where, hint or f"run it: {command}", lines)
