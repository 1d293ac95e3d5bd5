"""Fixtures of the black-box suites: they know a cluster and a gateway's URL, not who made them.

The same suites judge upstream's controllers: set KUBECONFIG, SLIPWAY_GATEWAY (a URL), SLIPWAY_GATEWAY_CA
(a file, for https) and SLIPWAY_PROJECT (a namespace).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from slipway.kube import Client, Obj, ref_of
from slipway.paths import KUBECONFIG


@pytest.fixture(scope="session")
def kube() -> Client:
    """A client of the cluster. Without one the tests fail, they are never skipped."""
    client = Client.from_kubeconfig(os.environ.get("KUBECONFIG") or str(KUBECONFIG))
    client.request("GET", "/readyz")
    return client


@pytest.fixture(scope="session")
def gateway(kube: Client) -> str:
    """The gateway's URL without a slash at its end."""
    if url := os.environ.get("SLIPWAY_GATEWAY"):
        return url.rstrip("/")
    addresses = kube.objects("v1", "Node")[0]["status"]["addresses"]
    return f"http://{next(item['address'] for item in addresses if item['type'] == 'InternalIP')}:30080"


@pytest.fixture(scope="session")
def project() -> str:
    """The namespace in which the tests may create what they need."""
    return os.environ.get("SLIPWAY_PROJECT", "workbench")


@pytest.fixture(scope="session")
def create_once(kube: Client) -> Iterator[Callable[[Obj], Obj]]:
    """Create an object that all tests share; deleted at the end."""
    yield from _creator(kube)


@pytest.fixture
def create(kube: Client) -> Iterator[Callable[[Obj], Obj]]:
    """Create an object; deleted when the test is over."""
    yield from _creator(kube)


def _creator(kube: Client) -> Iterator[Callable[[Obj], Obj]]:
    made: list[Obj] = []

    def make(obj: Obj) -> Obj:
        made.append(kube.create(obj))
        return made[-1]

    yield make
    for obj in reversed(made):
        kube.delete(ref_of(obj))
