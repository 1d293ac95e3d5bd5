"""A model of each service type, laid out by the builder, answers in the serving image: over REST and over gRPC."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import served

#: One request over gRPC, inside of the image: service, method, the message's type and JSON; prints the answer's JSON.
ASK = """
import sys
import grpc
from google.protobuf import json_format
from seldon_core.proto import prediction_pb2, prediction_pb2_grpc

port, service, method, kind, text = sys.argv[1:]
stub = getattr(prediction_pb2_grpc, service + "Stub")(grpc.insecure_channel("127.0.0.1:" + port))
message = json_format.Parse(text, getattr(prediction_pb2, kind)())
print(json_format.MessageToJson(getattr(stub, method)(message, timeout=30)))
"""


@dataclass(frozen=True)
class Case:
    """Source and settings of a model; REST path, gRPC service and method; question; what the answer's data holds."""

    settings: str
    source: str
    path: str
    method: str
    values: list[list[Any]]
    file: str = "Mine.py"
    question: dict[str, Any] = field(default_factory=lambda: {"data": {"ndarray": [[1.0, 2.0]]}})
    kind: str = "SeldonMessage"
    parameters: str = "[]"


ROUTER = """
class Mine:
    def __init__(self, branch=0):
        self.branch = branch

    def route(self, X, names=None):
        return self.branch

    def send_feedback(self, X, names, reward, truth, routing=None):
        self.branch = int(reward)
"""
DETECTOR = """
class Mine:
    def predict(self, X, names=None):
        self.found = bool((X > 1.5).any())
        return X

    def tags(self):
        return {"outlier": self.found}

    def metrics(self):
        return [{"type": "COUNTER", "key": "asked", "value": 1}]
"""
RAW = """
from seldon_core.proto import prediction_pb2
from seldon_core.user_model import SeldonComponent


class Mine(SeldonComponent):
    def predict_raw(self, msg):
        if isinstance(msg, prediction_pb2.SeldonMessage):
            return prediction_pb2.SeldonMessage(strData="raw")
        return {"strData": "raw"}

    def health_status(self):
        return [1.0]

    def init_metadata(self):
        return {"name": "mine", "versions": ["1"], "platform": "seldon", "inputs": [], "outputs": []}
"""
MODEL = """
class Model:
    def load(self):
        self.factor = 3

    def class_names(self):
        return ["a", "b"]

    def predict(self, X, names=None):
        return X * self.factor
"""
TRANSFORMER = """
class Mine:
    def transform_input(self, X, names=None):
        return X + 1

    def transform_output(self, X, names=None):
        return X - 1
"""
COMBINER = """
import numpy as np


class Mine:
    def aggregate(self, Xs, names=None):
        return np.sum(Xs, axis=0)
"""
TWO = {"seldonMessages": [{"data": {"ndarray": [[1.0, 2.0]]}}, {"data": {"ndarray": [[3.0, 4.0]]}}]}
BRANCH = json.dumps([{"name": "branch", "value": "1", "type": "INT"}])
CASES = {
    "model": Case("MODEL_NAME=pkg.inner.Model", MODEL, "/predict", "Model.Predict", [[3.0, 6.0]], "pkg/inner.py"),
    "router": Case("MODEL_NAME=Mine\nSERVICE_TYPE=ROUTER", ROUTER, "/route", "Router.Route", [[1]], parameters=BRANCH),
    "transformer": Case(
        "MODEL_NAME=Mine\nSERVICE_TYPE=TRANSFORMER\nAPI_TYPE=GRPC\nPERSISTENCE=1",
        TRANSFORMER,
        "/transform-input",
        "Transformer.TransformInput",
        [[2.0, 3.0]],
    ),
    "output": Case(
        "MODEL_NAME=Mine\nSERVICE_TYPE=TRANSFORMER",
        TRANSFORMER,
        "/transform-output",
        "OutputTransformer.TransformOutput",
        [[0.0, 1.0]],
    ),
    "combiner": Case(
        "MODEL_NAME=Mine\nSERVICE_TYPE=COMBINER",
        COMBINER,
        "/aggregate",
        "Combiner.Aggregate",
        [[4.0, 6.0]],
        question=TWO,
        kind="SeldonMessageList",
    ),
    "detector": Case(
        "MODEL_NAME=Mine\nSERVICE_TYPE=OUTLIER_DETECTOR", DETECTOR, "/predict", "Model.Predict", [[1.0, 2.0]]
    ),
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The serving image's files."""
    root = served.unpack(tmp_path_factory.mktemp("serving") / "root")
    yield root
    served.remove(root)


def lay(directory: Path, case: Case) -> Path:
    """The model's directory."""
    for name, text in {".s2i/environment": case.settings, case.file: case.source}.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)
    return directory


def rest(model: served.Served, path: str, question: Any = None) -> Any:
    """The answer over REST; a question is posted."""
    body = None if question is None else json.dumps(question).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{model.rest}{path}", body, {"Content-Type": "application/json"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=30) as answer:
        return json.load(answer)


@pytest.mark.parametrize("name", CASES)
def test_it_answers_over_rest_and_grpc(root: Path, tmp_path: Path, name: str) -> None:
    case = CASES[name]
    directory = lay(tmp_path / "model", case)
    with served.serving(root, directory, tmp_path / "work", case.parameters) as model:
        answer = rest(model, case.path, case.question)
        assert answer["data"]["ndarray"] == case.values, answer
        service, method = case.method.split(".")
        same = model.run(ASK, str(model.grpc), service, method, case.kind, json.dumps(case.question))
        assert same["data"]["ndarray"] == case.values, same
        if name == "detector":
            assert answer["meta"]["tags"] == same["meta"]["tags"] == {"outlier": True}
            assert answer["meta"]["metrics"][0]["key"] == "asked"
        if name == "model":
            assert answer["data"]["names"] == ["a", "b"]
        if name == "router":
            feedback = {"request": case.question, "response": {"meta": {"routing": {}}}, "reward": 0}
            rest(model, "/send-feedback", feedback)
            assert rest(model, case.path, case.question)["data"]["ndarray"] == [[0]]


def test_raw_methods_health_and_metadata_answer(root: Path, tmp_path: Path) -> None:
    case = Case("MODEL_NAME=Mine\nSERVICE_TYPE=MODEL", RAW, "/predict", "Model.Predict", [])
    with served.serving(root, lay(tmp_path / "model", case), tmp_path / "work") as model:
        assert rest(model, "/predict", case.question)["strData"] == "raw"
        same = model.run(ASK, str(model.grpc), "Model", "Predict", "SeldonMessage", json.dumps(case.question))
        assert same["strData"] == "raw"
        assert rest(model, "/health/status")["data"]["tensor"]["values"] == [1.0]
        assert rest(model, "/metadata")["name"] == "mine"
