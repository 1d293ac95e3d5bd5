"""A namespace of the doctor's own, always removed again."""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from slipway.errors import SlipwayError
from slipway.kube import Client, Obj, Ref
from slipway.waiting import Clock
from slipway.waiting.objects import gone

LABEL = "slipway.dev/probe"
WHO = "doctor"
#: A namespace this old was left by a doctor that was killed.
STALE_SECONDS = 900
GONE_SECONDS = 90


def body(name: str) -> Obj:
    """The namespace: pods in it keep to the restricted Pod Security Standard."""
    labels = {LABEL: WHO, "pod-security.kubernetes.io/enforce": "restricted"}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def stale(namespaces: Iterable[Obj], now: datetime.datetime) -> list[str]:
    """Names of those that are older than any doctor lives."""
    limit = now - datetime.timedelta(seconds=STALE_SECONDS)
    return [
        str(each["metadata"]["name"])
        for each in namespaces
        if datetime.datetime.fromisoformat(each["metadata"]["creationTimestamp"].replace("Z", "+00:00")) < limit
    ]


@contextmanager
def space(kube: Client) -> Iterator[str]:
    """The name of a new namespace; it and all in it are gone afterwards, as far as the deadline allows.

    Raises SlipwayError when it cannot be made.
    """
    name = f"slipway-doctor-{secrets.token_hex(4)}"
    kube.create(body(name))
    try:
        for old in stale(kube.objects("v1", "Namespace", labels=f"{LABEL}={WHO}"), datetime.datetime.now(datetime.UTC)):
            kube.delete(Ref("v1", "Namespace", "", old))
        yield name
    finally:
        _remove(kube, name)


def _remove(kube: Client, name: str) -> None:
    ref = Ref("v1", "Namespace", "", name)
    kube.delete(ref)
    if gone(kube, [ref], Clock(GONE_SECONDS), every=0.5):
        raise SlipwayError(f"is not gone within {GONE_SECONDS} s", str(ref), f"kubectl describe namespace {name}")
