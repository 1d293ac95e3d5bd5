"""The orchestrator's program, built once, and Python's classes of its wire contracts."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from google.protobuf.message_factory import GetMessageClass
from orchestrated import Logger, Orchestrator, Unit
from slipway import paths
from slipway.artifacts import toolchain

GO = paths.distribution() / "images/executor/go"


@pytest.fixture(scope="session")
def stubs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    made = tmp_path_factory.mktemp("stubs")
    command = [sys.executable, "-m", "grpc_tools.protoc", f"--proto_path={GO / 'proto'}"]
    sources = ["seldon/prediction.proto", "tensorflow/tensor.proto"]
    subprocess.run([*command, f"--python_out={made}", f"--grpc_python_out={made}", *sources], check=True)
    for folder in ("seldon", "tensorflow"):
        # TensorFlow's own package is not installed where this runs; a namespace package of ours stands in its place.
        (made / folder / "__init__.py").write_text("")
    sys.path.insert(0, str(made))
    pb2 = importlib.import_module("seldon.prediction_pb2")
    stub = importlib.import_module("seldon.prediction_pb2_grpc")
    yield SimpleNamespace(pb2=pb2, grpc=stub, message=pb2.SeldonMessage, class_of=GetMessageClass)
    sys.path.remove(str(made))


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = tmp_path_factory.mktemp("executor") / "executor"
    subprocess.run([toolchain.program(), "build", "-o", built, "."], cwd=GO, check=True)
    return built


@pytest.fixture
def start(program: Path) -> Iterator[Callable[..., Orchestrator]]:
    """Starts the program with a graph, arguments and an environment."""
    running: list[Orchestrator] = []

    def run(graph: Unit, *arguments: str, **environment: Any) -> Orchestrator:
        running.append(Orchestrator(program, graph, *arguments, **environment))
        return running[-1]

    yield run
    for one in running:
        one.close()


@pytest.fixture
def logger() -> Iterator[Logger]:
    made = Logger()
    yield made
    made.close()
