"""Directories of models on the claim `outputs`, filled from the ConfigMap of a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from slipway.kube import Obj, ref_of
from slipway.naming import own_image
from slipway.smoke import judges, names
from slipway.smoke.context import Context
from slipway.smoke.objects import jobs, pods

Create = Callable[[Obj], Obj]


@contextmanager
def model_directory(context: Context, create: Create, directory: str, put: str) -> Iterator[None]:
    """``put`` (shell) fills /outputs/DIRECTORY from /files, the ConfigMap with the run's name; removed at the end."""
    _shell(context, create, "put", f"mkdir -p /outputs/{directory} && {put}")
    yield
    _shell(context, create, "clean", f"rm -rf /outputs/{directory}")


def _shell(context: Context, create: Create, step: str, script: str) -> None:
    main = pods.container("main", own_image("base"), ["sh", "-euc", script], memory="64Mi")
    main["volumeMounts"].append({"name": "files", "mountPath": "/files"})
    volume = {"name": "files", "configMap": {"name": context.run, "optional": True}}
    template = pods.template(names.labels(context.run, "shell"), main, volume)
    job = create(jobs.job(context.options, context.run, f"{context.run}-{step}", "shell", template))
    context.wait(ref_of(job), judges.job, "shell")
