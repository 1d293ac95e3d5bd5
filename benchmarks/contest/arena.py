"""The API server of the api tests, with an audit log by which a contestant's requests are counted."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from api_server import CONTROLLERS, running

from contest.node import AGENT, playing

POLICY = """apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
rules:
  - level: Metadata
"""
#: Whose requests are not a contestant's: the node's, and those of the control plane.
OTHERS = (AGENT, "kube-")


@dataclass(frozen=True)
class Arena:
    """A running server: ``log`` is its audit log, ``pid`` the API server's process."""

    kubeconfig: Path
    log: Path
    pid: int

    def mark(self) -> int:
        """Where the audit log ends now."""
        return self.log.stat().st_size

    def requests(self, since: int) -> dict[str, int]:
        """verb → number of requests that contestants have ended since a mark."""
        found: dict[str, int] = {}
        with self.log.open("rb") as log:
            # The server writes meanwhile: what was half written then was another's, and what is half written now is.
            log.seek(max(since - 1, 0))
            lines = log.read().splitlines(keepends=True)[1 if since else 0 :]
            for line in (line for line in lines if line.endswith(b"\n")):
                event = json.loads(line)
                if not event.get("userAgent", "").startswith(OTHERS):
                    found[event["verb"]] = found.get(event["verb"], 0) + 1
        return found

    def cpu(self) -> float:
        """Processor seconds of the API server so far."""
        words = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def arena(directory: Path) -> Iterator[Arena]:
    """A fresh server; a thread plays the node."""
    home = directory / "api"
    home.mkdir()
    policy, log = home / "audit.yaml", home / "audit.log"
    policy.write_text(POLICY)
    flags = (f"--audit-policy-file={policy}", f"--audit-log-path={log}", "--audit-log-maxsize=4096")
    with running(home, CONTROLLERS, *flags) as server, playing(server.client):
        yield Arena(server.kubeconfig, log, server.programs["kube-apiserver"].process.pid)
