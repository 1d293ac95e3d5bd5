"""A Job cannot be changed: one whose pods would change is made anew."""

from __future__ import annotations

import pytest
from slipway.errors import SlipwayError
from slipway.kube import Client, Obj
from slipway.progress import Reporter
from slipway.release.applying.apply import apply_one
from slipway.release.refusals.classify import Expected
from slipway.waiting import Clock


def job(namespace: str, image: str) -> Obj:
    container = {"name": "main", "image": image}
    template = {"spec": {"restartPolicy": "Never", "containers": [container]}}
    meta = {"name": "once", "namespace": namespace}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": meta, "spec": {"template": template}}


def put(client: Client, obj: Obj, reporter: Reporter) -> Obj:
    return apply_one(client, obj, "test", Expected(), Clock(60), reporter)[1]


def test_another_image_makes_another_job(client: Client, reporter: Reporter, unique: str) -> None:
    client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": unique}})
    first = put(client, job(unique, "docker.io/library/busybox:1.36.1"), reporter)
    same = put(client, job(unique, "docker.io/library/busybox:1.36.1"), reporter)
    assert same["metadata"]["uid"] == first["metadata"]["uid"]
    other = put(client, job(unique, "docker.io/library/busybox:1.37.0"), reporter)
    assert other["metadata"]["uid"] != first["metadata"]["uid"]
    assert other["spec"]["template"]["spec"]["containers"][0]["image"].endswith("1.37.0")


def test_what_is_wrong_in_a_job_is_said(client: Client, reporter: Reporter, unique: str) -> None:
    client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": unique}})
    wrong = job(unique, "a:1")
    wrong["spec"]["template"]["spec"]["restartPolicy"] = "Always"
    with pytest.raises(SlipwayError, match="restartPolicy"):
        put(client, wrong, reporter)
