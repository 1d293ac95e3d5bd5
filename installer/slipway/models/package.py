"""Packaging: the directory goes to a Pod, a Workflow makes the image, and what was sent goes again."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from slipway.backup import carrier
from slipway.kube import Client, Obj, ref_of
from slipway.models import objects, pack
from slipway.progress import Reporter
from slipway.smoke import judges
from slipway.waiting.objects import Judge
from slipway.waiting.pods import until_done


def package(
    client: Client,
    project: str,
    directory: Path,
    name: str,
    image: str,
    reporter: Reporter,
    *,
    more: Mapping[str, str] | None = None,
    seconds: float = 900.0,
) -> str:
    """Make and push ``image``; its name. ``more``: parameters of the WorkflowTemplate.

    Raises BadInput for a directory that cannot be sent, SlipwayError with the builder's last words.
    """
    with tempfile.TemporaryFile() as tar:
        size = pack.write(directory, tar)
        with carrier.running(client, objects.uploader(project), reporter) as pod:
            folder = f"{objects.FOLDER}/{pod.name}"
            path = shlex.quote(f"/outputs/{folder}")
            # The protocol cannot end standard input: head does.
            unpack = f"mkdir -p {path} && head -c {size} | tar -C {path} -xf -"
            try:
                client.exec_input(project, pod.name, ["sh", "-c", unpack], tar)
                values = {"model": folder, "image": image, "method": pack.method(directory), **(more or {})}
                created = client.create(objects.package(project, name, values))
                selector = f"workflows.argoproj.io/workflow={created['metadata']['name']}"
                _wait(client, created, judges.workflow, selector, seconds, reporter)
            finally:
                client.exec(project, pod.name, ["rm", "-rf", f"/outputs/{folder}"])
    return image


def deploy(
    client: Client, project: str, name: str, image: str, kind: str, reporter: Reporter, *, seconds: float = 600.0
) -> None:
    """Serve ``image`` as the SeldonDeployment ``name``, and wait for it. Raises SlipwayError with the cause."""
    applied = client.apply(objects.deployment(project, name, image, kind))
    _wait(client, applied, judges.seldon, f"seldon-deployment-id={name}", seconds, reporter)


def _wait(client: Client, obj: Obj, judge: Judge, pods: str, seconds: float, reporter: Reporter) -> None:
    ref = ref_of(obj)
    say, remedy = partial(reporter.waiting, str(ref)), "look at the causes above"
    until_done(client, ref, judge, pods, seconds, say, remedy)
