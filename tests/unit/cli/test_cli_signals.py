"""Signals while a command waits for a server that never answers: an exit code, a sentence, no traceback."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

#: Those that ask the server before anything else.
COMMANDS = (
    ("status",), ("history",), ("get", "manifests"), ("rollback",), ("uninstall",), ("install",), ("upgrade",),
    ("smoke",),
)  # fmt: skip
#: Not every command with every signal: what they share is in one place.
CASES = [(words, (signal.SIGTERM, signal.SIGHUP)[index % 2]) for index, words in enumerate(COMMANDS)]


@pytest.mark.parametrize(("words", "number"), CASES, ids=[words[0] for words in COMMANDS])
def test_every_command(tmp_path: Path, words: tuple[str, ...], number: signal.Signals) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        place = {"server": f"http://127.0.0.1:{server.getsockname()[1]}"}
        named = {"clusters": [{"cluster": place, "name": "x"}], "users": [{"name": "x", "user": {}}]}
        context = {"context": {"cluster": "x", "user": "x"}, "name": "x"}
        config = {"apiVersion": "v1", "kind": "Config", **named, "contexts": [context], "current-context": "x"}
        (tmp_path / "kubeconfig").write_text(json.dumps(config))
        line = [sys.executable, "-m", "slipway.cli.main", "--kubeconfig", "kubeconfig", *words, "--overlay", "onprem"]
        process = subprocess.Popen(
            line, cwd=tmp_path, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        try:
            connection, _ = server.accept()
            with connection:
                process.send_signal(number)
                told, said = process.communicate(timeout=60)
        finally:
            process.kill()
            process.wait()
    assert process.returncode == 128 + number, told + said
    assert f"✗ interrupted by {number.name}; run it again to go on" in said
    assert "Traceback" not in said
