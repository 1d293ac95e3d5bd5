"""Storage works when a non-root user and an NFS client of another kind read what the other one wrote."""

from __future__ import annotations

import secrets
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from slipway.errors import SlipwayError
from slipway.kube import ref_of
from slipway.readiness.context import ProbeContext
from slipway.readiness.probes.volumepod import IMAGE, follow, pod
from slipway.waiting import Clock, settle

CLAIM = "data"
USER, GROUP = 1000, 100
SECONDS = 120
#: A server that was restarted takes no new client before its grace period (RFC 7530, 9.6) is over: 20 s of ours.
NFS_SECONDS = 60

#: Writes the question, waits for the answer, removes both whatever happens.
EXCHANGE = """
trap 'rm -f /volume/.{name}.question /volume/.{name}.answer' EXIT
printf %s {question} >/volume/.{name}.question
test "$(cat /volume/.{name}.question)" = {question}
for step in $(seq 900); do
  [ "$(cat /volume/.{name}.answer 2>/dev/null)" = {answer} ] && exit 0
  sleep 0.1
done
echo 'the NFS client wrote no answer' >&2
exit 1
"""

#: Where the machine that probes has no NFS client of its own (libnfs-utils).
ALONE = """
trap 'rm -f /volume/.{name}.question' EXIT
printf %s {question} >/volume/.{name}.question
test "$(cat /volume/.{name}.question)" = {question}
"""


def probe_volume(ctx: ProbeContext) -> str:
    """A Pod as user 1000 writes through the claim ``data``; nfs-cat sees it, nfs-cp answers, the Pod reads that."""
    started = time.monotonic()
    server = ctx.settings.get("nfs_server", "")
    second = bool(server) and shutil.which("nfs-cat") is not None and shutil.which("nfs-cp") is not None
    words = {name: secrets.token_hex(8) for name in ("name", "question", "answer")}
    script = (EXCHANGE if second else ALONE).format(**words)
    user, group = int(ctx.settings.get("uid", USER)), int(ctx.settings.get("gid", GROUP))
    body = pod(
        ctx.project, probe="storage", claim=CLAIM, script=script, user=user, group=group, seconds=SECONDS,
        image=ctx.settings.get("helper_image", IMAGE),
    )  # fmt: skip
    ref = ref_of(ctx.kube.create(body))
    folder = url(server, ctx.settings.get("nfs_path", ""))
    try:
        follow(
            ctx.kube,
            ref,
            ctx.reporter,
            seconds=SECONDS,
            running=(lambda: converse(folder, words)) if second else None,
        )
    finally:
        ctx.kube.delete(ref)
    summary = (
        "and an NFS client exchanged files" if second else "wrote and read (no NFS client here to look from outside)"
    )
    return f"user {user} {summary} in {time.monotonic() - started:.1f} s"


def url(server: str, path: str) -> str:
    """The volume's directory as libnfs names it."""
    return f"nfs://{server}{path}/{CLAIM}"


def converse(folder: str, words: dict[str, str]) -> None:
    """Read the question over NFS, write the answer. Raises SlipwayError when the question does not come."""
    question = f"{folder}/.{words['name']}.question?version=4"
    expected = words["question"]
    seen = settle(lambda: _nfs("nfs-cat", question), lambda seen: seen == expected, Clock(NFS_SECONDS), every=0.2)
    if seen != expected:
        raise SlipwayError(
            f"a file of the claim {CLAIM} does not show over NFS: {seen or 'nothing'}",
            question,
            "is the NFS server the one that the PersistentVolume names? slipway cluster status",
        )
    with tempfile.TemporaryDirectory() as directory:
        answer = Path(directory) / "answer"
        answer.write_text(words["answer"])
        _nfs("nfs-cp", str(answer), f"{folder}/.{words['name']}.answer?version=4")


def _nfs(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except subprocess.TimeoutExpired:
        return "no answer within 10 s"
    return done.stdout if done.returncode == 0 else done.stderr.strip().rpartition("\n")[2]
