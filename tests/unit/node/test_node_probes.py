"""The probes of volumes: their pods, and their scripts run by a real shell."""

from __future__ import annotations

import subprocess
import threading
import time
from pathlib import Path

import pytest
from slipway.diagnosis.causes import state
from slipway.readiness.probes import storage, volumepod

WORDS = {"name": "n", "question": "who", "answer": "me"}


def run(script: str, volume: Path) -> subprocess.CompletedProcess[str]:
    text = script.format(**WORDS).replace("/volume", str(volume))
    return subprocess.run(["/bin/sh", "-ec", text], capture_output=True, text=True, timeout=60)


def test_the_pod_is_nobody_special() -> None:
    made = volumepod.pod("ns", probe="storage", claim="data", script="true", user=1000, group=100, seconds=9)
    spec = made["spec"]
    assert spec["securityContext"]["runAsUser"] == 1000 and spec["securityContext"]["runAsNonRoot"]
    assert spec["containers"][0]["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert spec["volumes"][0]["persistentVolumeClaim"] == {"claimName": "data"}
    assert spec["activeDeadlineSeconds"] == 9
    assert spec["automountServiceAccountToken"] is False


def test_the_exchange_ends_when_the_answer_is_right_and_leaves_nothing(tmp_path: Path) -> None:
    def answer() -> None:
        question = tmp_path / ".n.question"
        while not (question.exists() and question.read_text() == "who"):
            time.sleep(0.02)
        (tmp_path / ".n.answer").write_text("wrong")
        time.sleep(0.2)
        (tmp_path / ".n.answer").write_text("me")

    thread = threading.Thread(target=answer)
    thread.start()
    done = run(storage.EXCHANGE, tmp_path)
    thread.join()
    assert done.returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_without_an_answer_the_exchange_fails_and_leaves_nothing(tmp_path: Path) -> None:
    script = storage.EXCHANGE.replace("seq 900", "seq 3")
    done = run(script, tmp_path)
    assert done.returncode == 1
    assert "no answer" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_volume_that_cannot_be_written_fails(tmp_path: Path) -> None:
    assert run(storage.ALONE, tmp_path / "not-there").returncode != 0


@pytest.mark.parametrize(
    ("server", "path", "url"),
    [("192.0.2.2", "", "nfs://192.0.2.2/data"), ("nas.lab", "/srv/ml", "nfs://nas.lab/srv/ml/data")],
)
def test_the_directory_by_the_nfs_clients_name(server: str, path: str, url: str) -> None:
    assert storage.url(server, path) == url


@pytest.mark.parametrize(
    ("status", "says"),
    [
        ({"phase": "Pending"}, "Pending"),
        ({"conditions": [{"type": "PodScheduled", "status": "False", "message": "0/1 nodes"}]}, "0/1 nodes"),
        (
            {"containerStatuses": [{"state": {"waiting": {"reason": "ErrImagePull", "message": "none"}}}]},
            "ErrImagePull: none",
        ),
        ({}, "not scheduled"),
    ],
)
def test_where_a_pod_is(status: dict[str, object], says: str) -> None:
    assert state({"status": status}) == says
