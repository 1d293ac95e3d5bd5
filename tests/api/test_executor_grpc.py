"""The orchestrator over gRPC, as grpcio's clients see the built program: its units are gRPC servers of grpcio."""

from __future__ import annotations

import importlib
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from certificate import self_signed
from executor_grpc import Logger, Orchestrator, Unit, served
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from slipway import paths

PROTO = paths.distribution() / "images/executor/go/proto"
Stubs = Any
Start = Callable[..., Orchestrator]


@pytest.fixture(scope="module")
def stubs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stubs]:
    """Python's classes and clients of the protocol seldon, made of our contracts."""
    made = tmp_path_factory.mktemp("stubs")
    command = [sys.executable, "-m", "grpc_tools.protoc", f"--proto_path={PROTO}"]
    sources = ["seldon/prediction.proto", "tensorflow/tensor.proto"]
    subprocess.run([*command, f"--python_out={made}", f"--grpc_python_out={made}", *sources], check=True)
    sys.path.insert(0, str(made))
    pb2 = importlib.import_module("seldon.prediction_pb2")
    stub = importlib.import_module("seldon.prediction_pb2_grpc")
    yield SimpleNamespace(pb2=pb2, grpc=stub, message=pb2.SeldonMessage, class_of=GetMessageClass)
    sys.path.remove(str(made))


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts the program with a graph, flags and an environment."""
    running: list[Orchestrator] = []

    def run(graph: Unit, *flags: str, **environment: str) -> Orchestrator:
        running.append(Orchestrator(graph, *flags, **environment))
        return running[-1]

    yield run
    for one in running:
        one.close()


@pytest.fixture
def logger() -> Iterator[Logger]:
    made = Logger()
    yield made
    made.close()


def test_a_graph_of_grpc_units_answers_and_learns(stubs: Stubs, start: Start) -> None:
    message, pb2 = stubs.message, stubs.pb2
    got: list[Any] = []

    def feedback(request: Any, _: Any) -> Any:
        got.append(request)
        return message(strData="learned")

    def tagged(name: str) -> Callable[[Any, Any], Any]:
        def predict(request: Any, _: Any) -> Any:
            answer = message()
            answer.CopyFrom(request)
            answer.meta.tags[name].bool_value = True
            return answer

        return predict

    def route(_: Any, __: Any) -> Any:
        return message(data=pb2.DefaultData(tensor=pb2.Tensor(shape=[1, 1], values=[1])))

    with (
        served(stubs, Model={"Predict": tagged("a"), "SendFeedback": feedback}) as a,
        served(stubs, Model={"Predict": tagged("b"), "SendFeedback": feedback}) as b,
        served(stubs, Router={"Route": route}, Model={"SendFeedback": feedback}) as router,
    ):
        children = [Unit("a", "MODEL", a), Unit("b", "MODEL", b)]
        program = start(Unit("router", "ROUTER", router, children), SELDON_ENABLE_ROUTING_INJECTION="1")
        stub = stubs.grpc.SeldonStub(program.channel)
        sent = message(data=pb2.DefaultData(names=["x"], tensor=pb2.Tensor(shape=[1], values=[0.1])))
        answer, call = stub.Predict.with_call(sent, timeout=20, metadata=[("seldon-puid", "mine")])
        assert answer.data == sent.data
        assert list(answer.meta.tags) == ["b"]
        assert answer.meta.routing["router"] == 1
        assert ("seldon-puid", "mine") in [(key, value) for key, value in call.initial_metadata()]
        stub.SendFeedback(pb2.Feedback(request=sent, response=answer, reward=1), timeout=20)
        assert len(got) == 2  # the child that answered, then the router


def test_a_units_error_comes_with_its_own_code(stubs: Stubs, start: Start) -> None:
    def refuse(_: Any, context: grpc.ServicerContext) -> Any:
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, "column x is missing")

    with served(stubs, Model={"Predict": refuse}) as model:
        stub = stubs.grpc.SeldonStub(start(Unit("m", "MODEL", model)).channel)
        with pytest.raises(grpc.RpcError) as caught:
            stub.Predict(stubs.message(strData="x"), timeout=20)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert caught.value.details() == "column x is missing"


def test_reflection_tells_what_is_served(stubs: Stubs, start: Start) -> None:
    program = start(Unit("m", "MODEL", 1))
    database = ProtoReflectionDescriptorDatabase(program.channel)
    assert "seldon.protos.Seldon" in database.get_services()
    assert database.FindFileContainingSymbol("seldon.protos.SeldonMessage").name == "seldon/prediction.proto"


def test_a_request_under_way_is_answered_after_sigterm(stubs: Stubs, start: Start) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def wait(request: Any, _: Any) -> Any:
        begun.set()
        go_on.wait(20)
        return request

    with served(stubs, Model={"Predict": wait}) as model:
        program = start(Unit("m", "MODEL", model))
        answer = stubs.grpc.SeldonStub(program.channel).Predict.future(stubs.message(strData="x"), timeout=20)
        assert begun.wait(20)
        program.process.send_signal(signal.SIGTERM)
        program.wait_for("ending")
        go_on.set()
        assert answer.result().strData == "x"
        assert program.process.wait(20) == 0


def test_requests_and_calls_are_counted_by_upstreams_names(stubs: Stubs, start: Start) -> None:
    with served(stubs, Model={"Predict": lambda request, _: request}) as model:
        program = start(Unit("m", "MODEL", model), "--prometheus_path=/prometheus")
        stubs.grpc.SeldonStub(program.channel).Predict(stubs.message(strData="x"), timeout=20)
        with urllib.request.urlopen(f"{program.http}/prometheus") as page:
            lines = page.read().decode().splitlines()
    whose = 'deployment_name="example",method="unary"'
    where = 'predictor_name="main",predictor_version="",service'
    server = (
        f'{{code="OK",{whose},predictor_name="main",predictor_version="",service="/seldon.protos.Seldon/Predict"}} 1'
    )
    assert f"seldon_api_executor_server_requests_seconds_count{server}" in lines
    unit = 'model_image="",model_name="m",model_version=""'
    client = f'{{code="OK",{whose},{unit},{where}="/seldon.protos.Model/Predict"}} 1'
    assert f"seldon_api_executor_client_requests_seconds_summary_count{client}" in lines


def test_payloads_are_logged_as_cloud_events_the_last_ones_too(stubs: Stubs, start: Start, logger: Logger) -> None:
    with served(stubs, Model={"Predict": lambda request, _: request}) as model:
        unit = Unit("m", "MODEL", model, more={"logger": {"mode": "all", "url": logger.url}})
        program = start(unit)
        sent = stubs.message(strData="x")
        stub = stubs.grpc.SeldonStub(program.channel)
        stub.Predict(sent, timeout=20, metadata=[("seldon-puid", "mine")])
        stub.Predict(sent, timeout=20, metadata=[("seldon-skip-logging", "true")])
        program.process.send_signal(signal.SIGTERM)
        assert program.process.wait(20) == 0
    kinds = sorted(headers["ce-type"] for headers, _ in logger.events)
    assert kinds == ["io.seldon.serving.inference.request", "io.seldon.serving.inference.response"]
    for headers, body in logger.events:
        assert headers["ce-requestid"] == "mine"
        assert headers["ce-inferenceservicename"] == "example"
        assert headers["content-type"] == "application/protobuf"
        assert stubs.message.FromString(body) == sent


def test_a_trace_goes_on_in_the_unit_and_its_spans_are_exported(stubs: Stubs, start: Start, logger: Logger) -> None:
    trace, caller = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    seen: list[dict[str, str]] = []

    def predict(request: Any, context: grpc.ServicerContext) -> Any:
        seen.append(dict(context.invocation_metadata()))
        return request

    with served(stubs, Model={"Predict": predict}) as model:
        headers = [("traceparent", f"00-{trace}-{caller}-01")]
        for environment in ({}, {"OTEL_EXPORTER_OTLP_ENDPOINT": logger.url}):
            program = start(Unit("m", "MODEL", model), **environment)
            stub = stubs.grpc.SeldonStub(program.channel)
            stub.Predict(stubs.message(strData="x"), timeout=20, metadata=headers)
            program.process.send_signal(signal.SIGTERM)
            assert program.process.wait(20) == 0
    assert seen[0]["traceparent"] == headers[0][1]  # nothing is exported: the caller's own
    _, continued, span, _ = seen[1]["traceparent"].split("-")
    assert continued == trace
    assert span != caller
    spans = b"".join(body for _, body in logger.events)
    assert bytes.fromhex(span) in spans
    assert b"/seldon.protos.Seldon/Predict" in spans


def test_a_certificate_serves_grpc_with_tls_and_compressed_requests_are_read(
    stubs: Stubs, start: Start, tmp_path: Path
) -> None:
    certificate, key = self_signed(tmp_path, 1)
    with served(stubs, Model={"Predict": lambda request, _: request}) as model:
        names = {"SELDON_CERT_FILE_NAME": certificate.name, "SELDON_CERT_KEY_FILE_NAME": key.name}
        program = start(Unit("m", "MODEL", model), SELDON_CERT_MOUNT_PATH=str(tmp_path), **names)
        trusted = grpc.ssl_channel_credentials(certificate.read_bytes())
        with grpc.secure_channel(f"localhost:{program.grpc_port}", trusted) as channel:
            stub = stubs.grpc.SeldonStub(channel)
            sent = stubs.message(strData="x" * 100_000)
            assert stub.Predict(sent, timeout=20, compression=grpc.Compression.Gzip) == sent
        with pytest.raises(grpc.RpcError):
            stubs.grpc.SeldonStub(program.channel).Predict(sent, timeout=5)


def test_the_server_of_v2_is_ready_when_its_units_are(start: Start) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        program = start(Unit("m", "MODEL", listening.getsockname()[1]), "--protocol=v2")
        ask = program.channel.unary_unary("/inference.GRPCInferenceService/ServerReady")
        assert ask(b"", timeout=20) == b"\x08\x01"  # ready: true
    assert ask(b"", timeout=20) == b""
