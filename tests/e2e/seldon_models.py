"""Models of a few lines and requests to them, for the tests of the SeldonDeployment API."""

from __future__ import annotations

import copy
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import urllib3

Obj = dict[str, Any]
API = "machinelearning.seldon.io/v1"
SERVING = "slipway.local/serving:0.1.0"
#: Answers its own number, which is a parameter of the graph: another number is another version.
CODE = """
class Constant:
    def __init__(self, number=0):
        self.number = number

    def predict(self, X, names=None, meta=None):
        return [[self.number]]
"""
BODY = json.dumps({"data": {"names": [], "tensor": {"shape": [1, 1], "values": [0]}}})


def code(name: str, namespace: str) -> Obj:
    """The ConfigMap that the containers mount as /microservice."""
    meta = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"Constant.py": CODE}}


def predictor(config: str, number: int, name: str = "default", **more: Any) -> Obj:
    """A predictor that answers ``number``."""
    container = {
        "name": "model",
        "image": SERVING,
        "env": [{"name": "MODEL_NAME", "value": "Constant"}, {"name": "GRPC_WORKERS", "value": "0"}],
        "volumeMounts": [{"name": "code", "mountPath": "/microservice"}],
        "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"cpu": "1", "memory": "512Mi"}},
    }
    return {
        "name": name,
        "graph": {
            "name": "model",
            "type": "MODEL",
            "parameters": [{"name": "number", "value": str(number), "type": "INT"}],
        },
        "componentSpecs": [
            {"spec": {"containers": [container], "volumes": [{"name": "code", "configMap": {"name": config}}]}}
        ],
        **more,
    }


def sdep(name: str, namespace: str, *predictors: Obj, version: str = "v1", **spec: Any) -> Obj:
    """A SeldonDeployment; requests may take long, the machine is small."""
    return copy.deepcopy(
        {
            "apiVersion": f"machinelearning.seldon.io/{version}",
            "kind": "SeldonDeployment",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {
                "annotations": {"seldon.io/rest-timeout": "10000"},
                "predictors": list(predictors or [predictor(name, 1)]),
                **spec,
            },
        }
    )


def ask(pool: urllib3.PoolManager, url: str) -> int | str:
    """The number that the model answers, or what went wrong."""
    try:
        answer = pool.request("POST", url, body=BODY, headers={"Content-Type": "application/json"})
    except urllib3.exceptions.HTTPError as error:
        return repr(error)
    if answer.status != 200:
        return f"{answer.status} {answer.data[:200].decode('utf-8', 'replace')}"
    return int(json.loads(answer.data)["data"]["tensor"]["values"][0])


def client() -> urllib3.PoolManager:
    """Without retries: a failed request is a failed request."""
    return urllib3.PoolManager(retries=False, timeout=15.0)


@dataclass
class Load:
    """What the requests of a time brought, in the order of the answers."""

    answers: list[int | str] = field(default_factory=list)

    @property
    def failures(self) -> list[str]:
        return [answer for answer in self.answers if isinstance(answer, str)]

    def share(self, number: int) -> float:
        return sum(answer == number for answer in self.answers) / max(1, len(self.answers))


@contextmanager
def load(url: str, threads: int = 3, pause: float = 0.05, extra: float = 2.0) -> Iterator[Load]:
    """Requests from several threads until the block ends, and ``extra`` seconds longer."""
    result, stop = Load(), threading.Event()

    def run() -> None:
        with client() as pool:
            while not stop.is_set():
                result.answers.append(ask(pool, url))
                stop.wait(pause)

    workers = [threading.Thread(target=run, daemon=True) for _ in range(threads)]
    for worker in workers:
        worker.start()
    try:
        yield result
        time.sleep(extra)
    finally:
        stop.set()
        for worker in workers:
            worker.join(30)
