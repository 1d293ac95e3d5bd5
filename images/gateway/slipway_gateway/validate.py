"""Envoy's own opinion of a configuration before the running Envoy sees it, and whose fault a bad one is."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable, Collection
from pathlib import Path

from slipway_gateway.cluster_state import Cluster
from slipway_gateway.compiler import Compiled, compile_all, fingerprint
from slipway_gateway.listening import validation_bootstrap
from slipway_gateway.model import Document, Source

#: Says "" for a configuration that Envoy takes, else why not.
Check = Callable[[Compiled], str]


class Interrupted(Exception):
    """Envoy was killed while it validated (by the kernel, for memory): that says nothing about the configuration."""


class Validator:
    """Runs `envoy --mode validate`: about a tenth of a second, and only when routes or clusters changed."""

    def __init__(self, binary: str, directory: str | Path) -> None:
        self._binary = binary
        self._file = Path(directory) / ".validate.json"

    def __call__(self, compiled: Compiled) -> str:
        config = validation_bootstrap(compiled.routes, list(compiled.clusters.values()), compiled.shape)
        self._file.touch(0o600)
        self._file.write_text(json.dumps(config))
        command = [self._binary, "--mode", "validate", "-c", str(self._file), "-l", "critical"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        except subprocess.TimeoutExpired:
            return "the validation took longer than 60 s"
        if done.returncode == -signal.SIGKILL:
            raise Interrupted("Envoy was killed while it validated a configuration")
        return "" if done.returncode == 0 else _cause(done.stderr + done.stdout)


def _cause(output: str) -> str:
    """The sentence in Envoy's output, without the dump of the configuration before it."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    for line in reversed(lines):
        if "Proto constraint validation failed" in line:
            return line[line.index("Proto constraint validation failed") :][:500]
    for line in reversed(lines):
        if "error initializing configuration" in line:
            return line.split("': ", 1)[-1][:500]
    return (lines[-1] if lines else "no reason given")[:500]


class Acceptance:
    """Compiles, and leaves out what only Envoy itself finds faulty."""

    def __init__(self, check: Check) -> None:
        self._check = check
        self._good: str = ""
        self._trusted: set[str] = set()
        self._bad: dict[str, str] = {}

    def accept(self, documents: Collection[Document], cluster: Cluster) -> Compiled:
        """A configuration that Envoy takes. Never raises because of a Mapping."""
        refused = {document.source: why for document in documents if (why := self._bad.get(_key(document)))}
        compiled = compile_all(documents, cluster, refused)
        if compiled.version == self._good:
            return compiled
        if error := self._check(compiled):
            suspects = [
                document for document in documents if compiled.prints.get(document.source, "") not in self._trusted
            ]
            found = self._culprits(documents, suspects, cluster, refused)
            # Without a culprit the check itself may have failed for a moment (memory, threads): it is asked again.
            if not found and (error := self._check(compiled)):
                # Each alone is good, together they are not: none of the new ones gets in.
                found = dict.fromkeys((document.source for document in suspects or documents), error)
            if found:
                keys = {_key(document): found[document.source] for document in documents if document.source in found}
                self._bad |= keys
                compiled = compile_all(documents, cluster, refused | found)
        self._good = compiled.version
        self._trusted = set(compiled.prints.values())
        present = {_key(document) for document in documents}
        self._bad = {key: why for key, why in self._bad.items() if key in present}
        return compiled

    def forgive(self) -> None:
        """Those that were left out are asked for again at the next time."""
        if self._bad:
            self._bad, self._good = {}, ""

    def _culprits(
        self,
        documents: Collection[Document],
        suspects: Collection[Document],
        cluster: Cluster,
        refused: dict[Source, str],
    ) -> dict[Source, str]:
        """The faulty ones: of the objects beside Mappings, then of the Mappings that are suspects, with the others."""
        beside = [document for document in documents if document.kind != "Mapping"]
        found: dict[Source, str] = {}
        if beside and self._check(compile_all(beside, cluster, refused)):
            found = self._blame(beside, [], cluster)
            if found and not self._check(compile_all(documents, cluster, refused | found)):
                return found
        mappings = [document for document in suspects if document.kind == "Mapping"]
        good = [document for document in beside if document.source not in found]
        return found | self._blame(mappings, good, cluster)

    def _blame(
        self, suspects: Collection[Document], always: Collection[Document], cluster: Cluster
    ) -> dict[Source, str]:
        """The faulty ones among the suspects, by halving; ``always`` are objects that they may need."""
        items = list(suspects)
        if not items or not (error := self._check(compile_all([*always, *items], cluster))):
            return {}
        if len(items) == 1:
            return {items[0].source: f"Envoy refuses it: {error}"}
        middle = len(items) // 2
        return self._blame(items[:middle], always, cluster) | self._blame(items[middle:], always, cluster)


def _key(document: Document) -> str:
    return fingerprint([str(document.source), document.namespace, repr(document.spec)])
