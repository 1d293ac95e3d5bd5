"""PredictionService and ModelService of TensorFlow Serving, by gRPC."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Any

import grpc
import tensorflow as tf
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_management_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
)

from slipway_tensorflow import examples, service
from slipway_tensorflow.errors import CODES, ServingError, invalid
from slipway_tensorflow.metrics import Metrics
from slipway_tensorflow.model import DEFAULT_SIGNATURE, Model
from slipway_tensorflow.paths import Which
from slipway_tensorflow.registry import Registry

#: Messages of any size, as upstream; what a Pod may use limits them.
OPTIONS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1), ("grpc.so_reuseport", 0)]


def which(spec: Any) -> Which:
    """The model of a ModelSpec."""
    choice = spec.WhichOneof("version_choice")
    return Which(
        spec.name,
        spec.version.value if choice == "version" else None,
        spec.version_label if choice == "version_label" else None,
    )


def serialized(given: Any) -> list[bytes]:
    """The examples of an Input, each with the common context."""
    if given.WhichOneof("kind") == "example_list_with_context":
        both = given.example_list_with_context
        # Messages one after the other are their union; a feature of the example is the later one.
        context = both.context.SerializeToString()
        return [context + one.SerializeToString() for one in both.examples]
    return [one.SerializeToString() for one in given.example_list.examples]


class Rpc:
    """Both services, in the shape that the stubs' add_…_to_server take. Safe for threads."""

    def __init__(self, registry: Registry, metrics: Metrics) -> None:
        self._registry, self._metrics = registry, metrics

    def Predict(self, request: Any, context: Any) -> Any:
        def do() -> Any:
            model, name = self._asked(request.model_spec)
            inputs = {key: _array(key, value) for key, value in request.inputs.items()}
            outputs = service.predict(model, name, inputs, request.output_filter)
            response = predict_pb2.PredictResponse()
            _fill_spec(response.model_spec, model, name)
            for key, array in outputs.items():
                dtype = model.signatures[name or DEFAULT_SIGNATURE].outputs[key].dtype
                response.outputs[key].CopyFrom(tf.make_tensor_proto(array, dtype=dtype, shape=array.shape))
            return response

        return self._guarded("Predict", request.model_spec.name, context, do)

    def Classify(self, request: Any, context: Any) -> Any:
        def do() -> Any:
            model, name = self._asked(request.model_spec)
            response = classification_pb2.ClassificationResponse()
            _fill_spec(response.model_spec, model, name)
            _classify(model, name, serialized(request.input), response.result)
            return response

        return self._guarded("Classify", request.model_spec.name, context, do)

    def Regress(self, request: Any, context: Any) -> Any:
        def do() -> Any:
            model, name = self._asked(request.model_spec)
            response = regression_pb2.RegressionResponse()
            _fill_spec(response.model_spec, model, name)
            _regress(model, name, serialized(request.input), response.result)
            return response

        return self._guarded("Regress", request.model_spec.name, context, do)

    def MultiInference(self, request: Any, context: Any) -> Any:
        def do() -> Any:
            if not request.tasks:
                raise invalid("Inference request must contain at least one task")
            given, response = serialized(request.input), inference_pb2.MultiInferenceResponse()
            for task in request.tasks:
                model, name = self._asked(task.model_spec)
                result = response.results.add()
                _fill_spec(result.model_spec, model, name)
                if task.method_name == service.METHODS["classify"][0]:
                    _classify(model, name, given, result.classification_result)
                elif task.method_name == service.METHODS["regress"][0]:
                    _regress(model, name, given, result.regression_result)
                else:
                    raise ServingError("UNIMPLEMENTED", f"Unsupported signature method_name: {task.method_name}")
            return response

        name = request.tasks[0].model_spec.name if request.tasks else ""
        return self._guarded("MultiInference", name, context, do)

    def GetModelMetadata(self, request: Any, context: Any) -> Any:
        def do() -> Any:
            if list(request.metadata_field) != ["signature_def"]:
                given = ", ".join(request.metadata_field) or "none"
                raise invalid(f"GetModelMetadataRequest must specify the metadata_field signature_def; it has {given}")
            model = self._registry.model(which(request.model_spec))
            response = get_model_metadata_pb2.GetModelMetadataResponse()
            response.model_spec.name, response.model_spec.version.value = model.name, model.version
            signatures = get_model_metadata_pb2.SignatureDefMap()
            for key, signature in model.signatures.items():
                signatures.signature_def[key].CopyFrom(signature)
            response.metadata["signature_def"].Pack(signatures)
            return response

        return self._guarded("", request.model_spec.name, context, do)

    def GetModelStatus(self, request: Any, context: Any) -> Any:
        def do() -> Any:
            response = get_model_status_pb2.GetModelStatusResponse()
            for version, state in self._registry.states(which(request.model_spec)).items():
                one = response.model_version_status.add(version=version, state=state.state)
                one.status.error_code, one.status.error_message = CODES[state.code][0], state.message
            return response

        return self._guarded("", request.model_spec.name, context, do)

    def HandleReloadConfigRequest(self, request: Any, context: Any) -> Any:
        context.set_code(grpc.StatusCode.UNIMPLEMENTED)
        context.set_details("Change --model_config_file instead, with --model_config_file_poll_wait_seconds.")
        return model_management_pb2.ReloadConfigResponse()

    def _asked(self, spec: Any) -> tuple[Model, str]:
        return self._registry.model(which(spec)), spec.signature_name

    def _guarded(self, api: str, name: str, context: Any, do: Callable[[], Any]) -> Any:
        started, code = time.monotonic(), "INTERNAL"
        try:
            response, code = do(), "OK"
            return response
        except ServingError as error:
            code = error.code
            context.abort(grpc.StatusCode[code], str(error))
        finally:
            if api and code != "NOT_FOUND":
                self._metrics.record(name, api, "GRPC", code, time.monotonic() - started)


def _array(name: str, value: Any) -> Any:
    try:
        return tf.make_ndarray(value)
    except (TypeError, ValueError) as error:
        raise invalid(f"tensor parsing error: {name}: {error}") from error


def _fill_spec(spec: Any, model: Model, name: str) -> None:
    spec.name, spec.version.value = model.name, model.version
    spec.signature_name = name or DEFAULT_SIGNATURE


def _classify(model: Model, name: str, given: Sequence[bytes], result: Any) -> None:
    outputs = service.of_examples(model, "classify", name, given)
    for one in examples.classes(outputs, len(given)):
        classifications = result.classifications.add()
        for label, score in one:
            classifications.classes.add(label=label.decode("utf-8", "replace"), score=score)


def _regress(model: Model, name: str, given: Sequence[bytes], result: Any) -> None:
    for number in examples.regressions(service.of_examples(model, "regress", name, given), len(given)):
        result.regressions.add(value=number)


def server(rpc: Rpc, port: int, pool: Executor) -> Any:
    """A started server, or None where the port cannot be opened."""
    made = grpc.server(pool, options=OPTIONS)
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(rpc, made)
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(rpc, made)
    try:
        made.add_insecure_port(f"0.0.0.0:{port}")
    except RuntimeError:
        return None
    made.start()
    return made
